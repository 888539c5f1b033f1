"""Parsed sequences, in memory or in a file, and their splits."""

import logging
import os
import unicodedata
from collections.abc import Iterable, Iterator
from collections.abc import Sequence as SequenceOf

import numpy as np

from hachi_tf.data import cache
from hachi_tf.data.codes import load_codes
from hachi_tf.data.sources.source import Sequence, Source, check_size
from hachi_tf.data.splits import hashed_splits, positions
from hachi_tf.errors import UserError

log = logging.getLogger(__name__)
_CHUNK = 65536  # events


class Dataset:
    """Sequences, one after the other in one array, which several data sets may share.

    `dataset[i]` is the events `[T, F]` of sequence i, and a data set is an iterable of those, so
    a transform can be fitted on it. What may be large is read by `window` and `chunks`.

    Args:
        events: `[N, F]`, float32, events in data units; or unsigned `[N]`, in memory or in a
            file, each the number of a row of `values`.
        offsets: int64 `[n + 1]`; sequence i is `events[offsets[i]:offsets[i + 1]]`. Or `[n, 2]`,
            where each sequence begins and ends.
        ids: one name a sequence.
        texts: one text or None a sequence.
        values: float32 `[K, F]`, the event that each number stands for; None if `events` are
            events.
        leads: int64 `[n]`, how many of each sequence's first events are only read, so that the
            others are known in their light, and never count; 0 by default.
    """

    def __init__(
        self,
        events: np.ndarray,
        offsets: np.ndarray,
        ids: SequenceOf[str],
        texts: SequenceOf[str | None],
        values: np.ndarray | None = None,
        leads: np.ndarray | None = None,
    ):
        self._store, self._values = events, values
        offsets = np.asarray(offsets, np.int64)
        self._bounds = np.stack([offsets[:-1], offsets[1:]], 1) if offsets.ndim == 1 else offsets
        self.ids = list(ids)
        self.texts = list(texts)
        zeros = np.zeros(len(self._bounds), np.int64)
        self.leads = zeros if leads is None else np.asarray(leads, np.int64)

    @classmethod
    def from_sequences(cls, sequences: Iterable[Sequence], num_features: int) -> "Dataset":
        """Joins sequences `[T, F]`, of which there may be none; texts in normal form C.

        Raises:
            UserError: if a number is too large for float32.
        """
        sequences = list(sequences)
        events = [np.asarray(check_size(each).events, np.float32) for each in sequences]
        return cls(
            np.concatenate([np.zeros((0, num_features), np.float32), *events]),
            np.cumsum([0, *map(len, events)], dtype=np.int64),
            [each.id for each in sequences],
            [each.text and unicodedata.normalize("NFC", each.text) for each in sequences],
        )

    @property
    def num_features(self) -> int:
        """F, the number of columns."""
        return (self._store if self._values is None else self._values).shape[1]

    @property
    def events(self) -> np.ndarray:
        """All sequences' events, `[N, F]`, float32: a view if they lie so in memory, else a copy.

        `window` and `chunks` never copy all of them.
        """
        bounds = self._bounds
        if not len(bounds) or (bounds[1:, 0] == bounds[:-1, 1]).all():
            begin, end = (bounds[0, 0], bounds[-1, 1]) if len(bounds) else (0, 0)
            return self._decode(self._store[begin:end])
        return self._decode(np.concatenate([self._store[begin:end] for begin, end in bounds]))

    @property
    def offsets(self) -> np.ndarray:
        """Where each sequence of `events` begins, and the last one ends, `[n + 1]`, int64."""
        return np.concatenate([[0], np.cumsum(self.lengths)])

    @property
    def lengths(self) -> np.ndarray:
        """The number of events of each sequence, `[n]`, int64."""
        return self._bounds[:, 1] - self._bounds[:, 0]

    @property
    def counted(self) -> np.ndarray:
        """The number of events of each sequence that count, `[n]`, int64."""
        return self.lengths - self.leads

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> np.ndarray:
        """One sequence's events, `[T, F]`, float32; a view if they lie so in memory."""
        return self.window(range(len(self))[index])

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[index] for index in range(len(self)))

    def window(self, index: int, start: int = 0, stop: int | None = None) -> np.ndarray:
        """Events `start` to `stop` of a sequence, `[t, F]`, float32.

        Args:
            index: of the sequence, from 0.
            start: the first event, from 0.
            stop: the one after the last; the sequence's end by default.
        """
        begin, end = self._bounds[index]
        end = end if stop is None else min(begin + stop, end)
        return self._decode(self._store[begin + start : end])

    def chunks(self, size: int = _CHUNK) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """All events in order, about `size` at a time.

        Yields:
            Events `[t, F]`, float32, and bool `[t]`, whether each is its sequence's last.
        """
        parts, ends, total = [], [], 0
        for begin, end in self._bounds.tolist():
            while begin < end:
                stop = min(begin + size - total, end)
                parts.append(self._store[begin:stop])
                total += stop - begin
                ends.append(total - 1 if stop == end else -1)
                begin = stop
                if total == size:
                    yield self._chunk(parts, ends, total)
                    parts, ends, total = [], [], 0
        if total:
            yield self._chunk(parts, ends, total)

    def _chunk(self, parts, ends, total) -> tuple[np.ndarray, np.ndarray]:
        marks = np.zeros(total, bool)
        marks[[end for end in ends if end >= 0]] = True
        return self._decode(np.concatenate(parts)), marks

    def _decode(self, stored: np.ndarray) -> np.ndarray:
        return stored if self._values is None else self._values[stored]

    def with_text(self) -> "Dataset":
        """The sequences that have a text and an event."""
        pairs = enumerate(zip(self.texts, self.lengths, strict=True))
        return self.subset([index for index, (text, length) in pairs if text and length])

    def cut(self, limit: int) -> "Dataset":
        """The sequences in equal parts of at most `limit` events, as sequences of their own.

        What leads a sequence's events leads those of each part, as far as there is as much.
        """
        bounds, ids, texts, leads = [], [], [], []
        for index, (begin, end) in enumerate(self._bounds.tolist()):
            lead = int(self.leads[index])
            begin += lead
            count = max(-(-(end - begin) // limit), 1)
            cuts = [begin + (end - begin) * part // count for part in range(count + 1)]
            bounds += [(cut - lead, stop) for cut, stop in zip(cuts[:-1], cuts[1:], strict=True)]
            leads += [lead] * count
            names = [f"{self.ids[index]}, part {part + 1}" for part in range(count)]
            ids += names if count > 1 else [self.ids[index]]
            texts += [self.texts[index]] * count
        return self._sharing(bounds, ids, texts, leads)

    def subset(self, indices: SequenceOf[int]) -> "Dataset":
        """The sequences of those indices, in that order."""
        indices = np.asarray(list(indices), np.int64)
        return self.parts(indices, 0 * indices, self.lengths[indices], self.leads[indices])

    def between(self, starts: np.ndarray, stops: np.ndarray, lead: int = 0) -> "Dataset":
        """Of each sequence the events from `starts` to `stops`, both `[n]`, if there are any.

        They are led by up to `lead` events before them.
        """
        starts, stops = np.asarray(starts), np.asarray(stops)
        kept, leads = np.flatnonzero(stops > starts), np.minimum(starts, lead)
        return self.parts(kept, (starts - leads)[kept], stops[kept], leads[kept])

    def parts(
        self, sequences: np.ndarray, starts: np.ndarray, stops: np.ndarray, leads: np.ndarray
    ) -> "Dataset":
        """Parts of sequences, which may overlap, as sequences of their own.

        Args:
            sequences: of which sequence each part is, `[m]`.
            starts: its first event, `[m]`, from 0.
            stops: the event after its last one, `[m]`.
            leads: how many of its first events do not count, `[m]`.
        """
        bounds = self._bounds[sequences, :1] + np.stack([starts, stops], 1)
        ids, texts = ([values[index] for index in sequences] for values in (self.ids, self.texts))
        return self._sharing(bounds, ids, texts, leads)

    def _sharing(self, bounds, ids, texts, leads=None) -> "Dataset":
        bounds = np.array(bounds, np.int64).reshape(-1, 2)
        return Dataset(self._store, bounds, ids, texts, self._values, leads)


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
        Data sets by the name of their split, `"train"` first. Sequences are sorted by id, or
        stand in the order of the files' names if the source is one of text.

    Raises:
        UserError: if the source cannot be read, has no sequence, or the fraction is out of range.
    """
    if validation_fraction is not None and not 0 <= validation_fraction < 1:
        raise UserError("a validation fraction from 0 to below 1", repr(validation_fraction))
    dataset, splits, groups = _load(source, cache_dir)
    parts = source.divide(dataset.ids, dataset.lengths, validation_fraction)
    if parts is not None:
        return {name: dataset.between(*part, source.lead) for name, part in parts.items()}
    if validation_fraction is None and source.splits:
        names = source.splits
    else:
        fraction = 0.1 if validation_fraction is None else validation_fraction
        if not source.independent:
            cuts = positions(dataset.lengths, fraction)
            held_out = {"validation": dataset.between(cuts, dataset.lengths)}
            return {"train": dataset.between(0 * cuts, cuts), **(held_out if fraction > 0 else {})}
        splits = hashed_splits(groups, fraction)
        names = ("train", "validation") if fraction > 0 else ("train",)
    chosen = {
        name: [index for index, split in enumerate(splits) if split == name] for name in names
    }
    return {name: dataset.subset(indices) for name, indices in chosen.items()}


def _load(
    source: Source, cache_dir: str | os.PathLike | None
) -> tuple[Dataset, list[str], list[str]]:
    """All sequences with the official split and the group of each."""
    path = cache_dir and os.path.join(cache_dir, source.fingerprint())
    if (coded := source.coded()) is not None:
        parsed = load_codes(coded, path)
    elif path and (found := cache.load(f"{path}.npz", len(source.schema))):
        parsed, _ = found
    else:
        parsed = _parse(source, path)
    if not parsed.ids:
        raise UserError("at least one sequence", f"none in {source.data}", "check the data")
    dataset = Dataset(parsed.events, parsed.offsets, parsed.ids, parsed.texts, parsed.values)
    return dataset, parsed.splits, parsed.groups


def _parse(source: Source, path: str | None) -> cache.Parsed:
    """Reads a source, and writes what it read to a cache."""
    sequences = sorted(source.read(), key=lambda sequence: sequence.id)
    joined = Dataset.from_sequences(sequences, len(source.schema))
    splits = [sequence.split for sequence in sequences]
    groups = [sequence.group or sequence.id for sequence in sequences]
    parsed = cache.Parsed(joined.events, joined.offsets, joined.ids, joined.texts, splits, groups)
    if path and sequences:
        try:
            cache.save(f"{path}.npz", parsed)
        except UserError as error:  # a cache is not worth a failed training
            log.warning("the parsed data was not cached: %s", error)
    return parsed
