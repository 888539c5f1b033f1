"""What a source of data is: raw files in, sequences out."""

import dataclasses
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from collections.abc import Sequence as SequenceOf
from typing import Any, NamedTuple

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.schema import Schema
from hachi_tf.transforms import Chain, Transform


@dataclasses.dataclass(frozen=True, eq=False)
class Sequence:
    """One sequence of events.

    Attributes:
        events: `[T, F]` in data units, one column for each feature of the schema; differences
            and centring are done in float64 before anything becomes float32. NaN is missing.
        text: the text that goes with it, or None.
        id: its name, unique within the source and the same on every machine.
        split: the official split it belongs to, or `""`.
        group: sequences of one group are never split apart; `""` is a group of its own.
    """

    events: np.ndarray
    text: str | None
    id: str
    split: str = ""
    group: str = ""


def check_size(sequence: Sequence) -> Sequence:
    """The sequence, once float32 can hold its numbers.

    Raises:
        UserError: if it cannot.
    """
    if (np.abs(sequence.events) > np.finfo(np.float32).max).any():
        raise UserError(
            "numbers of at most 3.4e38", f"larger ones in {sequence.id}", "choose another unit"
        )
    return sequence


class Part(NamedTuple):
    """A part of a sequence whose events are whole numbers.

    Attributes:
        codes: unsigned `[n]`, each the number of a row of `Coded.values`.
        id: the sequence's; parts of one id that follow one another make one sequence.
        split: as a `Sequence` has it.
        group: as a `Sequence` has it.
    """

    codes: np.ndarray
    id: str
    split: str = ""
    group: str = ""


class Coded(NamedTuple):
    """The sequences of a source that may be too large for memory.

    Attributes:
        num_events: of all sequences together.
        values: float32 `[K, F]`, the event in data units that each number stands for.
        parts: gives all parts, each time from the beginning, in the same order everywhere.
    """

    num_events: int
    values: np.ndarray
    parts: Callable[[], Iterator[Part]]


class Source:
    """Reads one kind of raw data.

    A subclass is one file: it sets the class attributes, gives `schema`, `read` and
    `_digest_inputs`, and gets one line in `SOURCES`.

    Args:
        data: the file or folder that a person names, or None if the source brings its own.
        **options: the subclass's settings; they are part of the fingerprint.

    Attributes:
        name: the key in `SOURCES`.
        licence: of the data, for the artifacts trained on it.
        credit: whom that licence wants named.
        version: to be raised when `read` gives other numbers for the same files.
        independent: whether sequences have nothing to do with one another. If not, each is one
            long sequence that is cut into consecutive windows.
        renderer: how a sample is drawn.
        has_text: whether a text goes with each sequence.
        lead: of long sequences, how many events before a part that is held out are read first;
            they do not count.
        reset_every: of long sequences, after how many windows training sets the state that it
            carries over to zero; 0 for never.
        default_head: the head that suits the data, as `--head` writes it; "" for that of the
            columns' kinds.
    """

    name: str = ""
    licence: str = ""
    credit: str = ""
    version: int = 1
    independent: bool = True
    renderer: str = "strokes"
    has_text: bool = False
    lead: int = 0
    reset_every: int = 0
    default_head: str = ""

    def __init__(self, data: str | os.PathLike | None = None, **options: Any):
        self.data = None if data is None else os.fspath(data)
        self.options = options

    @property
    def schema(self) -> Schema:
        """The columns of the events."""
        raise NotImplementedError

    @property
    def splits(self) -> tuple[str, ...]:
        """The official splits, the training split first; empty if there are none."""
        return ()

    def use_schema(self, schema: Schema, grow: bool = False) -> None:
        """Reads the data as a model knows them, where the files leave that open.

        Args:
            schema: the model's columns, e.g. with classes that these files lack.
            grow: whether the model may learn classes that it lacks, where the source allows that.

        Raises:
            UserError: if the files have something that the model does not know.
        """
        del schema, grow

    def default_transforms(self) -> Transform:
        """The transforms that suit the data, not yet fitted."""
        return Chain()

    def read(self) -> Iterator[Sequence]:
        """Reads the raw files.

        Yields:
            The sequences, in an order that is the same on every machine.

        Raises:
            UserError: if a file is missing, damaged, or not what it should be.
        """
        raise NotImplementedError

    def coded(self) -> Coded | None:
        """The same sequences as whole numbers, for data that may be too large for memory.

        Raises:
            UserError: as for `read`.
        """
        return None

    def divide(
        self, ids: SequenceOf[str], lengths: np.ndarray, fraction: float | None
    ) -> dict[str, tuple[np.ndarray, np.ndarray]] | None:
        """Where splits of long sequences begin and end, for a source that has a say in it.

        Args:
            ids: of the n sequences.
            lengths: their events, `[n]`.
            fraction: that is to be held out; None for the source's own splits, or a default.

        Returns:
            By the split's name, "train" first, first events and those after the last, `[n]`
            each; None to hold out the last part of each sequence.
        """
        del ids, lengths, fraction
        return None

    def epoch(self, number: int) -> Iterator[Sequence] | None:
        """Of a source without end the training sequences of an epoch, else None.

        Args:
            number: which epoch; 0 is the training split that `read` yields. Each has as many
                sequences, which follow from the options and the number alone.
        """
        del number
        return None

    def fingerprint(self) -> str:
        """A hash of the input files and the options, 32 hexadecimal digits.

        It names the cache of the parsed data, so it must change when `read` would give
        something else; where files lie does not matter, but of an unpacked folder
        the times of its files do.

        Raises:
            UserError: if a file is missing.
        """
        digest = hashlib.sha256()
        digest.update(json.dumps([self.name, self.version, self.options]).encode())
        module = type(self).__module__
        if not module.startswith("hachi_tf."):  # a plugin's, whose name has the hash of its text
            digest.update(module.encode())
        self._digest_inputs(digest)
        return digest.hexdigest()[:32]

    @classmethod
    def recognizes(cls, path: str) -> bool:
        """Whether a file or folder looks like this source's data, judged by names only."""
        del path
        return False

    def _digest_inputs(self, digest: Any) -> None:
        """Feeds a `hashlib` digest with whatever tells the input files apart."""
        raise NotImplementedError
