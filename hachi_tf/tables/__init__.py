"""Tables of events in files: hachi machi's conventions, read, written and made into events.

Nothing here needs TensorFlow.
"""

from hachi_tf.tables.events import (
    bare_name,
    is_duration,
    is_temporal,
    schema_columns,
    table_schema,
    to_events,
    to_table,
)
from hachi_tf.tables.files import SUFFIXES, read_table, write_table
from hachi_tf.tables.table import Column, Table, to_label
from hachi_tf.tables.writer import TableWriter

__all__ = [
    "SUFFIXES",
    "Column",
    "Table",
    "TableWriter",
    "bare_name",
    "is_duration",
    "is_temporal",
    "read_table",
    "schema_columns",
    "table_schema",
    "to_events",
    "to_label",
    "to_table",
    "write_table",
]
