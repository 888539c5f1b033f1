"""Sequences -> batches: bucketed by length, padded, a pure function of seed and step."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from hachi_tf.errors import UserError

if TYPE_CHECKING:
    from hachi_tf.data.dataset import Dataset

# Batches are cut from chunks of this many batches sorted by length, so that little is padded.
BUCKET_BATCHES = 16


def batch_signature(width: int) -> dict:
    """The `tf.TensorSpec` of each part of a batch, for events of `width` columns."""
    import tensorflow as tf

    return {
        "events": tf.TensorSpec([None, None, width], tf.float32),
        "lengths": tf.TensorSpec([None], tf.int32),
        "ends": tf.TensorSpec([None], tf.bool),
        "index": tf.TensorSpec([None], tf.int32),
        "sequence": tf.TensorSpec([None], tf.int32),
        "text": tf.TensorSpec([None], tf.string),
    }


class Pipeline:
    """Batches of independent sequences.

    Which sequences stand in the batch of a step follows from the seed and the step alone: there
    is no iterator state, and a run that resumes at step n reads what it would have read.

    Args:
        dataset: the sequences.
        batch_size: rows a batch; the last batch of an epoch may have fewer.
        sequence_length: cut longer sequences into pieces of at most this many events, each of
            which starts from the zero state; 0 leaves them whole.
        seed: which order.
        shuffle: whether each epoch has an order of its own; else by length, always the same.
        fresh: for data without end, a function from an epoch's number, from 1 on, to its own
            `Dataset` of as many sequences as `dataset`, which is that of epoch 0.

    Raises:
        UserError: if the data set has no event, or data without end are to be cut.
    """

    def __init__(
        self,
        dataset: "Dataset",
        batch_size: int,
        sequence_length: int = 0,
        seed: int = 0,
        shuffle: bool = True,
        fresh: Callable[[int], "Dataset"] | None = None,
    ):
        if fresh and sequence_length:
            raise UserError("--sequence_length=0 for data without end", str(sequence_length))
        self._batch_size, self._sequence_length = batch_size, sequence_length
        self._seed, self._shuffle = seed, shuffle
        self._fresh = fresh and _Ahead(fresh)
        self._cut(dataset)
        if not len(self._sequence):
            raise UserError("a split with at least one event", "none", "check --data and --split")
        self.steps_per_epoch = -(-len(self._sequence) // batch_size)
        self._first, self._epoch, self._batches = dataset, -1, []

    def _cut(self, dataset: "Dataset") -> None:
        """Cuts the sequences of a data set into pieces."""
        self._dataset = dataset
        lengths = np.asarray(dataset.lengths, np.int64)
        limit = self._sequence_length or max(int(lengths.max(initial=1)), 1)
        pieces = -(-lengths // limit)
        self._sequence = np.repeat(np.arange(len(lengths)), pieces)
        number = np.arange(len(self._sequence)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        self._start = number * limit
        self._length = np.minimum(lengths[self._sequence] - self._start, limit)
        self._ends = number == pieces[self._sequence] - 1

    @property
    def num_events(self) -> int:
        """Events in an epoch."""
        return int(self._length.sum())

    def _order(self, epoch: int) -> list[np.ndarray]:
        """The epoch's batches, each an array of piece indices."""
        count, size = len(self._length), self._batch_size
        if not self._shuffle:
            order = np.argsort(self._length, kind="stable")
            return [order[i : i + size] for i in range(0, count, size)]
        random = np.random.Generator(np.random.Philox(key=[self._seed, epoch]))
        order, chunk = random.permutation(count), size * BUCKET_BATCHES
        chunks = [order[i : i + chunk] for i in range(0, count, chunk)]
        order = np.concatenate([c[np.argsort(self._length[c], kind="stable")] for c in chunks])
        batches = [order[i : i + size] for i in range(0, count, size)]
        return [batches[i] for i in random.permutation(len(batches))]

    def batch(self, step: int) -> dict[str, np.ndarray]:
        """The batch of a step.

        Returns:
            `events` float32 `[B, T, F]` in data units, zero past the end; `lengths` int32 `[B]`;
            `ends` bool `[B]`, whether the row's last event is its sequence's last; `index` int32
            `[B]`, the number of the row's piece in the data set; `sequence` int32 `[B]`, the
            number of its sequence; `text` object `[B]`, its text in UTF-8, empty if
            it has none.
        """
        epoch, number = divmod(step, self.steps_per_epoch)
        epoch = epoch if self._shuffle else 0
        if epoch != self._epoch:
            if self._fresh:
                self._cut(self._fresh(epoch) if epoch else self._first)
            self._epoch, self._batches = epoch, self._order(epoch)
        rows = self._batches[number]
        lengths = self._length[rows]
        width = self._dataset.events.shape[1]
        events = np.zeros((len(rows), int(lengths.max()), width), np.float32)
        for row, piece in enumerate(rows):
            sequence = self._dataset[self._sequence[piece]]
            start = self._start[piece]
            events[row, : lengths[row]] = sequence[start : start + lengths[row]]
        return {
            "events": events,
            "lengths": lengths.astype(np.int32),
            "ends": self._ends[rows],
            "index": rows.astype(np.int32),
            "sequence": self._sequence[rows].astype(np.int32),
            "text": np.array([_utf8(self._dataset.texts[i]) for i in self._sequence[rows]], object),
        }

    def batches(self, first_step: int = 0, num_steps: int | None = None):
        """The batches from `first_step` on as a `tf.data.Dataset`, read ahead in a thread.

        Args:
            first_step: the first step's number.
            num_steps: how many; without end by default.
        """
        import tensorflow as tf

        def generate() -> Iterator[dict[str, np.ndarray]]:
            step = first_step
            while num_steps is None or step < first_step + num_steps:
                yield self.batch(step)
                step += 1

        signature = batch_signature(self._dataset.events.shape[1])
        return tf.data.Dataset.from_generator(generate, output_signature=signature).prefetch(2)


def _utf8(text: str | None) -> bytes:
    return (text or "").encode("utf-8", "replace")


class _Ahead:
    """Calls a function of whole numbers, and in the background already for the next one."""

    def __init__(self, function: Callable[[int], "Dataset"]):
        self._function, self._number, self._thread, self._results = function, None, None, []

    def __call__(self, number: int) -> "Dataset":
        results = []
        if self._number == number:
            self._thread.join()
            results = self._results
        # Not begun, or failed, and fails again where it is seen.
        result = results[0] if results else self._function(number)
        self._begin(number + 1)
        return result

    def _begin(self, number: int) -> None:
        results = []  # a list of its own: a thread that nobody waits for may still be at work

        def work():
            with contextlib.suppress(Exception):
                results.append(self._function(number))

        self._number, self._results = number, results
        self._thread = threading.Thread(target=work, daemon=True)
        self._thread.start()
