"""Tables of events in files: hachi machi's conventions, read, written and made into events.

Nothing here needs TensorFlow.
"""

from hachi_tf.tables.events import (
    bare_name,
    check_time_quantum,
    is_duration,
    is_temporal,
    schema_columns,
    table_schema,
    to_events,
    to_table,
)
from hachi_tf.tables.files import SUFFIXES, read_table, write_table
from hachi_tf.tables.fixed import Ranges, find_column, fixed_column, fixed_value, parse_fixed
from hachi_tf.tables.sniffing import looks_like_table
from hachi_tf.tables.table import Column, Table, to_label
from hachi_tf.tables.writer import TableWriter

__all__ = [
    "SUFFIXES",
    "Column",
    "Ranges",
    "Table",
    "TableWriter",
    "bare_name",
    "check_time_quantum",
    "find_column",
    "fixed_column",
    "fixed_value",
    "is_duration",
    "is_temporal",
    "looks_like_table",
    "parse_fixed",
    "read_table",
    "schema_columns",
    "table_schema",
    "to_events",
    "to_label",
    "to_table",
    "write_table",
]
