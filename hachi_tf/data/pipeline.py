"""Sequences -> batches: bucketed by length, padded, a pure function of seed and step."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from hachi_tf.data import pieces
from hachi_tf.data.random import row_seeds
from hachi_tf.errors import UserError

if TYPE_CHECKING:
    from hachi_tf.data.dataset import Dataset
    from hachi_tf.data.operations import Operations


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
        "offset": tf.TensorSpec([None], tf.int32),
        "begins": tf.TensorSpec([None], tf.bool),
        "previous": tf.TensorSpec([None, width], tf.float32),
        "skip": tf.TensorSpec([None], tf.int32),
    }


def share_signature(width: int) -> dict:
    """The `tf.TensorSpec` of each part of a share of a batch; see `Pipeline.batch`."""
    import tensorflow as tf

    place, rows = tf.TensorSpec([None], tf.int32), tf.TensorSpec([], tf.int32)
    return {**batch_signature(width), "place": place, "rows": rows}


class Pipeline:
    """Batches of sequences, independent ones or a few long ones.

    Independent sequences are bucketed by length. Long ones are cut into consecutive windows: a
    row of a batch goes on where the same row of the batch before stopped, so that the recurrent
    state can be carried over; where the windows begin differs from epoch to epoch.

    Which sequences stand in the batch of a step follows from the seed and the step alone: there
    is no iterator state, and a run that resumes at step n reads what it would have read.

    Args:
        dataset: the sequences.
        batch_size: rows a batch; the last batch of an epoch may have fewer.
        sequence_length: cut longer sequences into pieces of at most this many events, each of
            which starts from the zero state unless `carry`; 0 leaves them whole.
        seed: which order.
        shuffle: whether each epoch has an order of its own; else by length, always the same.
        fresh: for data without end, a function from an epoch's number, from 1 on, to its own
            `Dataset` of as many sequences as `dataset`, which is that of epoch 0.
        carry: whether each row goes on where it stopped in the batch before.
        operations: None, or augmentation, drawn anew for each row and epoch.
        reset_every: with `carry`, after how many batches all rows start from the zero state
            again (Graves 2013, section 3.3: 100); 0 for never within an epoch.

    Attributes:
        carry: the same.
        rows: of every batch, if `carry`; else of all but an epoch's last.

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
        carry: bool = False,
        operations: "Operations | None" = None,
        reset_every: int = 0,
    ):
        if fresh and sequence_length:
            raise UserError("--sequence_length=0 for data without end", str(sequence_length))
        self._reset_every = reset_every
        self.rows, self.carry, self._sequence_length = batch_size, carry, sequence_length
        self._seed, self._shuffle, self._operations = seed, shuffle, operations
        self._fresh = fresh and _Ahead(fresh)
        self._dataset, self._pieces = dataset, pieces.Cut(dataset.lengths, sequence_length)
        count = len(self._pieces)
        if not count:
            raise UserError("a split with at least one event", "none", "check --data and --split")
        self.rows = min(batch_size, count) if carry else batch_size
        self.steps_per_epoch = -(-count // self.rows)
        self._num_events = int(dataset.counted.sum())
        self._first, self._epoch, self._batches = dataset, -1, []

    @property
    def num_events(self) -> int:
        """Events in an epoch."""
        return self._num_events

    def _begin(self, epoch: int) -> None:
        """Cuts and orders the sequences of an epoch."""
        if self._fresh:
            self._dataset = self._fresh(epoch) if epoch else self._first
        lengths, limit = self._dataset.lengths, self._sequence_length
        random = np.random.Generator(np.random.Philox(key=[self._seed, epoch]))
        self._epoch, self._pieces = epoch, pieces.Cut(lengths, limit)
        if self.carry:
            if self._shuffle:
                phase = int(random.integers(limit)) if limit else 0
                self._pieces = pieces.Cut(lengths, limit, phase, random.permutation(len(lengths)))
        elif self._shuffle:
            self._batches = pieces.bucketed(self._pieces.lengths(), self.rows, random)
        else:
            order = np.argsort(self._pieces.lengths(), kind="stable")
            size = self.rows
            self._batches = [order[i : i + size] for i in range(0, len(order), size)]

    def batch(self, step: int, share: tuple[int, int] | None = None) -> dict[str, np.ndarray]:
        """The batch of a step, or a share of it.

        Args:
            step: the step's number.
            share: which one of how many, from 0; None for all rows. Shares have equally many rows
                and no row of the batch in common: where the batch does not divide, rows of length
                0 fill them up. They are as long as the batch's longest row.

        Returns:
            `events` float32 `[B, T, F]` in data units, zero past the end; `lengths` int32 `[B]`;
            `ends` bool `[B]`, whether the row's last event is its sequence's last; `index` int32
            `[B]`, the number of the row's piece in the data set; `sequence` int32 `[B]`, the
            number of its sequence; `text` object `[B]`, its text in UTF-8, empty if
            it has none; `offset` int32 `[B]`, the place of the row's first event in its
            sequence; `begins` bool `[B]`, whether the row starts from the zero state; `previous`
            float32 `[B, F]`, the event before the row's first one, zeros where it begins; `skip`
            int32 `[B]`, how many of the row's first events do not count. A share also has `place`
            int32 `[B]`, the row's place in the batch, -1 for none, and `rows` int32, how many
            the batch has.
        """
        epoch, number = divmod(step, self.steps_per_epoch)
        epoch = epoch if self._shuffle else 0
        if epoch != self._epoch:
            self._begin(epoch)
        if self.carry:
            rows = pieces.in_lanes(len(self._pieces), self.rows, number)
        else:
            rows = self._batches[number]
        there, index = rows >= 0, np.maximum(rows, 0).astype(np.int32)
        part = pieces.Pieces(*(np.where(there, column, 0) for column in self._pieces[index]))
        is_fresh = not self.carry or number % (self._reset_every or self.steps_per_epoch) == 0
        begins = there if is_fresh else there & (part.start == 0)
        longest, width = max(int(part.length.max()), 1), self._dataset.num_features
        places = {}
        if share:
            place = _places(len(rows), *share)
            places = {"place": place, "rows": np.int32(len(rows))}
            index, begins, there = index[place], begins[place], there[place] & (place >= 0)
            part = pieces.Pieces(*(np.where(place < 0, 0, column[place]) for column in part))
            rows = rows[place]
        events = np.zeros((len(rows), longest, width), np.float32)
        previous = np.zeros((len(rows), width), np.float32)
        for row, (sequence, start, length, _) in enumerate(zip(*part, strict=True)):
            goes_on = int(there[row] and not begins[row])
            window = self._dataset.window(sequence, start - goes_on, start + length)
            events[row, :length] = window[goes_on:]
            previous[row] = window[0] if goes_on else 0.0
        if self._operations:
            seeds = row_seeds(self._seed, epoch, index)
            events, previous = self._operations.windows(
                events, previous, begins | ~there, part.length, seeds
            )
        texts = [_utf8(self._dataset.texts[sequence]) for sequence in part.sequence]
        return {
            "events": events,
            "lengths": part.length.astype(np.int32),
            "ends": part.ends.astype(bool),
            "index": index,
            "sequence": part.sequence.astype(np.int32),
            "text": np.array(texts, object),
            "offset": part.start.astype(np.int32),
            "begins": begins,
            "previous": previous,
            "skip": skipped(self._dataset, part, part.start, part.length),
            **places,
        }

    def batches(
        self,
        first_step: int = 0,
        num_steps: int | None = None,
        shares: list[tuple[int, int]] | None = None,
    ):
        """The batches from `first_step` on as a `tf.data.Dataset`, read ahead in a thread.

        Args:
            first_step: the first step's number.
            num_steps: how many; without end by default.
            shares: which shares of each, in place of the whole batch.
        """
        import tensorflow as tf

        def generate() -> Iterator[Any]:
            step = first_step
            while num_steps is None or step < first_step + num_steps:
                if shares is None:
                    yield self.batch(step)
                else:
                    yield tuple(self.batch(step, share) for share in shares)
                step += 1

        width = self._dataset.num_features
        signature = batch_signature(width)
        if shares is not None:
            signature = (share_signature(width),) * len(shares)
        return tf.data.Dataset.from_generator(generate, output_signature=signature).prefetch(2)


def skipped(
    dataset: "Dataset", part: pieces.Pieces, first: np.ndarray, length: np.ndarray
) -> np.ndarray:
    """How many of some rows' first events do not count, int32 `[B]`.

    Args:
        dataset: the sequences.
        part: the pieces of the rows.
        first: the place of each row's first event in its sequence, `[B]`.
        length: how many events it has, `[B]`.
    """
    return np.clip(dataset.leads[part.sequence] - first, 0, length).astype(np.int32)


def _places(rows: int, number: int, count: int) -> np.ndarray:
    """The rows of a share of a batch, int32 `[ceil(rows / count)]`, -1 for none."""
    each = -(-rows // count)
    place = np.arange(number * each, (number + 1) * each, dtype=np.int32)
    return np.where(place < rows, place, np.int32(-1))


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
