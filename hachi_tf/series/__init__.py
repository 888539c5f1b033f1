"""Time series in files: dates, frequencies, calendars, and panels of series.

Nothing here needs TensorFlow.
"""

from hachi_tf.series.calendar import calendar_columns, calendar_values
from hachi_tf.series.dates import parse_dates, show_date
from hachi_tf.series.frequency import Frequency, infer_frequency
from hachi_tf.series.judging import check_positive, suggest_transform
from hachi_tf.series.known import dates_of, known_rows
from hachi_tf.series.panel import Panel, Series, make_panel
from hachi_tf.series.reading import Columns, Sheet, read_sheet

__all__ = [
    "Columns",
    "Frequency",
    "Panel",
    "Series",
    "Sheet",
    "calendar_columns",
    "calendar_values",
    "check_positive",
    "dates_of",
    "infer_frequency",
    "known_rows",
    "make_panel",
    "parse_dates",
    "read_sheet",
    "show_date",
    "suggest_transform",
]
