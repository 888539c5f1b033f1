"""Parsed sequences in memory, their splits, and the cache that saves parsing them again."""

import hashlib
import itertools
import logging
import os
import unicodedata
from collections.abc import Iterable, Iterator
from collections.abc import Sequence as SequenceOf

import numpy as np

from hachi_tf.data.sources.source import Sequence, Source
from hachi_tf.errors import UserError
from hachi_tf.files import atomic_path

_LOGGER = logging.getLogger(__name__)
_CACHE_VERSION = 1
_STRINGS = ("ids", "texts", "splits", "groups")


class Dataset:
    """Sequences, one after the other in one array.

    `dataset[i]` is the events `[T, F]` of sequence i, and a data set is an iterable of those, so
    a transform can be fitted on it.

    Args:
        events: `[N, F]`, float32, all sequences' events in data units.
        offsets: `[n + 1]`, int64; sequence i is `events[offsets[i]:offsets[i + 1]]`.
        ids: one name a sequence.
        texts: one text or None a sequence.
    """

    def __init__(
        self,
        events: np.ndarray,
        offsets: np.ndarray,
        ids: SequenceOf[str],
        texts: SequenceOf[str | None],
    ):
        self.events = events
        self.offsets = offsets
        self.ids = list(ids)
        self.texts = list(texts)

    @classmethod
    def from_sequences(cls, sequences: Iterable[Sequence], num_features: int) -> "Dataset":
        """Joins sequences `[T, F]`, of which there may be none; texts in normal form C."""
        sequences = list(sequences)
        events = [np.asarray(each.events, np.float32) for each in sequences]
        return cls(
            np.concatenate([np.zeros((0, num_features), np.float32), *events]),
            np.cumsum([0, *map(len, events)], dtype=np.int64),
            [each.id for each in sequences],
            [each.text and unicodedata.normalize("NFC", each.text) for each in sequences],
        )

    @property
    def lengths(self) -> np.ndarray:
        """The number of events of each sequence, `[n]`, int64."""
        return np.diff(self.offsets)

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> np.ndarray:
        """One sequence's events, `[T, F]`, float32; a view."""
        index = range(len(self))[index]
        return self.events[self.offsets[index] : self.offsets[index + 1]]

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[index] for index in range(len(self)))

    def with_text(self) -> "Dataset":
        """The sequences that have a text and an event."""
        pairs = enumerate(zip(self.texts, self.lengths, strict=True))
        return self.subset([index for index, (text, length) in pairs if text and length])

    def cut(self, limit: int) -> "Dataset":
        """The sequences in equal parts of at most `limit` events, as sequences of their own."""
        bounds, ids, texts = [0], [], []
        for index, (begin, end) in enumerate(itertools.pairwise(self.offsets.tolist())):
            count = max(-(-(end - begin) // limit), 1)
            bounds += [begin + (end - begin) * (part + 1) // count for part in range(count)]
            names = [f"{self.ids[index]}, part {part + 1}" for part in range(count)]
            ids += names if count > 1 else [self.ids[index]]
            texts += [self.texts[index]] * count
        return Dataset(self.events, np.array(bounds, np.int64), ids, texts)

    def subset(self, indices: SequenceOf[int]) -> "Dataset":
        """The sequences of those indices, in that order."""
        events = [self[index] for index in indices]
        return Dataset(
            np.concatenate([self.events[:0], *events]),
            np.cumsum([0, *map(len, events)], dtype=np.int64),
            [self.ids[index] for index in indices],
            [self.texts[index] for index in indices],
        )


def load_datasets(
    source: Source,
    validation_fraction: float | None = None,
    cache_dir: str | os.PathLike | None = None,
) -> dict[str, Dataset]:
    """Reads a source, or what was cached of it, and splits it.

    The official splits are used if there are some and no fraction is asked for. Otherwise of long
    sequences (`Source.independent` is false) the last part of each is held out; an independent
    sequence belongs to the validation split if the hash of its group says so: on every machine
    the same ones, and none changes sides when others are added.

    Args:
        source: the source.
        validation_fraction: of the groups that go into the validation split, from 0 to below 1;
            None for the official splits, or else 0.1. With 0 there is a training split only.
        cache_dir: the folder for the cache, or None for none.

    Returns:
        Data sets by the name of their split, `"train"` first. Sequences are sorted by id.

    Raises:
        UserError: if the source cannot be read, has no sequence, or the fraction is out of range.
    """
    if validation_fraction is not None and not 0 <= validation_fraction < 1:
        raise UserError("a validation fraction from 0 to below 1", repr(validation_fraction))
    dataset, splits, groups = _load(source, cache_dir)
    if validation_fraction is None and source.splits:
        names = source.splits
    else:
        fraction = 0.1 if validation_fraction is None else validation_fraction
        if not source.independent:
            return _split_by_position(dataset, fraction)
        splits = _hashed_splits(groups, fraction)
        names = ("train", "validation") if fraction > 0 else ("train",)
    chosen = {
        name: [index for index, split in enumerate(splits) if split == name] for name in names
    }
    return {name: dataset.subset(indices) for name, indices in chosen.items()}


def _split_by_position(dataset: Dataset, fraction: float) -> dict[str, Dataset]:
    """Each sequence's beginning and its last part."""
    lengths = dataset.lengths
    cuts = np.where(lengths > 1, np.clip(np.round(lengths * (1 - fraction)), 1, lengths), lengths)
    if fraction > 0:
        cuts = np.where(lengths > 1, np.minimum(cuts, lengths - 1), cuts)
    parts = {"train": (0 * lengths, cuts.astype(int)), "validation": (cuts.astype(int), lengths)}
    found = {}
    for name, bounds in parts.items():
        pieces = [
            Sequence(dataset[i][begin:end], dataset.texts[i], dataset.ids[i])
            for i, (begin, end) in enumerate(zip(*bounds, strict=True))
            if end > begin
        ]
        found[name] = Dataset.from_sequences(pieces, dataset.events.shape[1])
    return found if fraction > 0 else {"train": found["train"]}


def _hashed_splits(groups: list[str], fraction: float) -> list[str]:
    """The split of each sequence; neither is empty if there are two groups or more."""
    rank = {
        group: int.from_bytes(hashlib.sha256(group.encode()).digest()[:8], "big") / 2**64
        for group in set(groups)
    }
    ordered = sorted(rank, key=lambda group: (rank[group], group))
    count = sum(value < fraction for value in rank.values())
    if fraction > 0:
        count = min(max(count, 1), len(ordered) - 1)
    held_out = set(ordered[:count])
    return ["validation" if group in held_out else "train" for group in groups]


def _load(source: Source, cache_dir) -> tuple[Dataset, list[str], list[str]]:
    """All sequences with the official split and the group of each."""
    path = None
    if cache_dir is not None:
        path = os.path.join(cache_dir, f"{source.fingerprint()}.npz")
        if (cached := _read_cache(path, len(source.schema))) is not None:
            return cached
    sequences = sorted(source.read(), key=lambda sequence: sequence.id)
    if not sequences:
        raise UserError("at least one sequence", f"none in {source.data}", "check the data")
    dataset = Dataset.from_sequences(sequences, len(source.schema))
    splits = [sequence.split for sequence in sequences]
    groups = [sequence.group or sequence.id for sequence in sequences]
    if path is not None:
        try:
            _write_cache(path, dataset, splits, groups)
        except UserError as error:  # a cache is not worth a failed training
            _LOGGER.warning("the parsed data was not cached: %s", error)
    return dataset, splits, groups


def _write_cache(path: str, dataset: Dataset, splits: list[str], groups: list[str]) -> None:
    columns = dict(zip(_STRINGS, (dataset.ids, dataset.texts, splits, groups), strict=True))
    arrays = {"events": dataset.events, "offsets": dataset.offsets}
    for name, strings in columns.items():
        encoded = [(string or "").encode("utf-8", "surrogatepass") for string in strings]
        arrays[name] = np.frombuffer(b"".join(encoded), np.uint8)
        arrays[f"{name}_offsets"] = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    arrays["has_text"] = np.array([text is not None for text in dataset.texts])
    with atomic_path(path) as temporary:
        np.savez(temporary, version=_CACHE_VERSION, **arrays)


def _read_cache(path: str, num_features: int) -> tuple[Dataset, list[str], list[str]] | None:
    """What `_write_cache` wrote; None if there is nothing, or nothing whole."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        if arrays["version"] != _CACHE_VERSION:
            return None
        columns = [_strings(arrays[name], arrays[f"{name}_offsets"]) for name in _STRINGS]
        ids, texts, splits, groups = columns
        texts = [
            text if has_text else None
            for text, has_text in zip(texts, arrays["has_text"], strict=True)
        ]
        events, offsets = arrays["events"], arrays["offsets"]
        if events.dtype != np.float32 or events.shape != (offsets[-1], num_features):
            return None
        if len({len(offsets) - 1, *map(len, columns)}) != 1 or (np.diff(offsets) < 0).any():
            return None
        return Dataset(events, offsets, ids, texts), splits, groups
    except Exception:  # whatever a damaged file leads to, parsing again mends it
        return None


def _strings(content: np.ndarray, offsets: np.ndarray) -> list[str]:
    content, bounds = content.tobytes(), offsets.tolist()
    return [
        content[begin:end].decode("utf-8", "surrogatepass")
        for begin, end in zip(bounds[:-1], bounds[1:], strict=True)
    ]
