"""What all operations have in common: the columns, the chance, what stays as it was."""

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import numpy as np

from hachi_tf.errors import UserError, shorten
from hachi_tf.schema import Schema
from hachi_tf.tables import is_temporal

# What training can hold.
_LARGEST = float(np.finfo(np.float32).max)


@dataclasses.dataclass(frozen=True)
class Batch:
    """Padded sequences, and where they end.

    Attributes:
        events: float64 `[B, T, F]` in data units, anything past the end.
        lengths: int `[B]`.
        inside: bool `[B, T, 1]`, false past the end.
    """

    events: np.ndarray
    lengths: np.ndarray
    inside: np.ndarray


class Operation:
    """Something that is done to columns of events.

    Args:
        schema: the columns of the events.
        dims: which columns: numbers from 0 on, which count without the time; `"t"` for the time;
            names; or several of them in a tuple. All that the operation fits if not given.
        p: the chance that it is applied to a sequence, from 0 to 1.

    Attributes:
        columns: indices of the columns `[C]`.

    Raises:
        UserError: if there is no such column, it is not one of numbers, or p is out of range.
    """

    moves: ClassVar[bool] = False
    """Whether values change only their place, so that those of a class or a switch may too."""

    def __init__(self, *, schema: Schema, dims: Any = None, p: float = 1.0):
        self._name, self.p = type(self).__name__.lower(), p
        if not 0 <= p <= 1:
            raise UserError(f"p of {self._name} from 0 to 1, the chance that it is applied", f"{p}")
        fitting = range(len(schema)) if self.moves else schema.columns("continuous")
        if dims is None:
            self.columns = list(fitting)
            if not self.columns:
                raise UserError(f"a column of numbers for {self._name}", ", ".join(schema.names))
            return
        several = isinstance(dims, tuple | list)
        found = [find_column(each, schema, self._name) for each in (dims if several else [dims])]
        self.columns = list(dict.fromkeys(found))
        if not self.columns:
            raise UserError(f"at least one column as dims of {self._name}", "none")
        for index in self.columns:
            if index not in fitting:
                feature = schema.features[index]
                raise UserError(
                    f"columns of numbers as dims of {self._name}",
                    f"{feature.name}, which is {feature.kind}",
                    "rev and sort take any column",
                )

    def __call__(self, batch: Batch, draw: Callable[[int, int], np.ndarray]) -> None:
        """Changes the events.

        Missing values stay missing, and a value stays as it was where the result would be no
        number of float32, as after a division by zero.

        Args:
            batch: the sequences.
            draw: from T and N to uniform numbers `[B, T, N]`, new ones at each call.
        """
        before = batch.events[..., self.columns]
        with np.errstate(all="ignore"):
            after = self.compute(before, batch, draw)
        applied = batch.inside
        if self.p < 1:
            applied = applied & (draw(1, 1) < self.p)
        if not self.moves:
            applied = applied & (np.abs(after) <= _LARGEST)  # false also for a NaN
        batch.events[..., self.columns] = np.where(applied, after, before)

    def compute(
        self, values: np.ndarray, batch: Batch, draw: Callable[[int, int], np.ndarray]
    ) -> np.ndarray:
        """The new values, of which those past the end do not count.

        Args:
            values: the columns' `[B, T, C]`, which may be changed.
            batch: all columns.
            draw: from T and N to uniform numbers `[B, T, N]`, new ones at each call.

        Returns:
            Values `[B, T, C]`.
        """
        raise NotImplementedError


def find_column(wanted: Any, schema: Schema, name: str) -> int:
    """The index of a column in the schema.

    Args:
        wanted: its number without the time, `"t"`, or its name.
        schema: the columns.
        name: of the operation, for the error.

    Raises:
        UserError: if there is no such column.
    """
    time = 0 if is_temporal(schema) else None
    numbered = [index for index in range(len(schema)) if index != time]
    if type(wanted) is int and 0 <= wanted < len(numbered):
        return numbered[wanted]
    if isinstance(wanted, str):
        if wanted in ("t", "T") and time is not None:
            return time
        for names in (schema.names, [each.lower() for each in schema.names]):
            if wanted in names:
                return names.index(wanted)
            wanted = wanted.lower()
    allowed = ["'t' for the time"] if time is not None else []
    if numbered:
        allowed.append(f"0 to {len(numbered) - 1}" if len(numbered) > 1 else "0")
        allowed.append(", ".join(repr(schema.names[index]) for index in numbered[:20]))
    do = "these data have no time" if wanted in ("t", "time") and time is None else ""
    raise UserError(f"a column for {name}: {', or '.join(allowed)}", shorten(wanted), do)


def one_of(value: Any, allowed: Iterable[str], what: str) -> str:
    """A word in small letters.

    Args:
        value: the word, or None for `"none"`.
        allowed: the words that may be.
        what: the setting, for the error, e.g. `"axis of add"`.

    Raises:
        UserError: if it is another.
    """
    word = "none" if value is None else value.lower() if isinstance(value, str) else value
    if word not in allowed:
        raise UserError(f"{what} to be one of {', '.join(allowed)}", shorten(value))
    return word
