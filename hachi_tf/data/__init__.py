"""Sources of data, and data sets of what they read."""

from hachi_tf.data.dataset import Dataset, load_datasets
from hachi_tf.data.sources import SOURCES, Sequence, Source, infer_source, make_source

__all__ = [
    "SOURCES",
    "Dataset",
    "Sequence",
    "Source",
    "infer_source",
    "load_datasets",
    "make_source",
]
