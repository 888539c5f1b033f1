"""What the calendar says of a date: numbers that come back after a day, a week or a year."""

from collections.abc import Sequence

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.series.frequency import Frequency

_DAY, _WEEK, _YEAR = 86_400, 7 * 86_400, round(365.25 * 86_400)
CYCLES = {"hour_of_day": _DAY, "day_of_week": _WEEK, "day_of_year": _YEAR}
"""Names of calendar features, and the length of their cycle in seconds."""


def calendar_columns(calendar: str | Sequence[str], frequency: Frequency) -> list[str]:
    """The columns of calendar features: a sine and a cosine for each.

    Args:
        calendar: names out of `CYCLES`, or `"auto"` for those that suit the frequency: cycles
            that a step is at most a third of.
        frequency: of the series.

    Raises:
        UserError: for another name.
    """
    if calendar == "auto":
        names = [name for name, length in CYCLES.items() if 3 * _seconds(frequency) <= length]
    else:
        names = [calendar] if isinstance(calendar, str) else list(calendar)
    for name in names:
        if name not in CYCLES:
            raise UserError(f"calendar='auto' or names out of {', '.join(CYCLES)}", repr(name))
    return [f"{name}_{part}" for name in names for part in ("sin", "cos")]


def calendar_values(dates: np.ndarray, columns: Sequence[str]) -> np.ndarray:
    """Calendar features, float64 `[n, K]`, each from -1 to 1.

    Args:
        dates: datetime64[s] `[n]`.
        columns: as `calendar_columns` names them.
    """
    seconds = dates.astype("datetime64[s]").astype(np.int64)
    starts = {
        "hour_of_day": dates.astype("datetime64[D]"),
        "day_of_week": None,
        "day_of_year": dates.astype("datetime64[Y]"),
    }
    values = np.zeros([len(dates), len(columns)])
    for index, column in enumerate(columns):
        name, _, part = column.rpartition("_")
        start = starts[name]
        # 1970-01-01 was a Thursday: weeks begin on Mondays.
        since = (
            seconds + 3 * _DAY
            if start is None
            else seconds - start.astype("datetime64[s]").astype(np.int64)
        )
        angle = 2.0 * np.pi * (since % CYCLES[name] if start is None else since) / CYCLES[name]
        values[:, index] = np.sin(angle) if part == "sin" else np.cos(angle)
    return values


def _seconds(frequency: Frequency) -> float:
    units = {"s": 1, "B": _DAY, "M": _YEAR / 12}
    return frequency.step * units[frequency.unit] if frequency.unit else _YEAR
