"""What people pass to a model -> arrays of the right type and shape."""

import reprlib
import secrets
import unicodedata
from typing import Any

import numpy as np

from hachi_tf.errors import UserError


def row_seeds(seed: int | np.ndarray | None, rows: int) -> np.ndarray:
    """Seeds int32 `[B, 2]`: (seed, row's number) from one number, or the array as it is.

    Args:
        seed: a number from 0 to 2^32 - 1, an int32 array `[B, 2]`, or None to draw a number.
        rows: B.

    Raises:
        UserError: if the seed is none of these.
    """
    if seed is None:
        seed = secrets.randbelow(2**31)
    value = np.asarray(seed)
    if value.shape == (rows, 2) and value.dtype.kind in "iu":
        return value.astype(np.int32)
    if value.shape or value.dtype.kind not in "iu" or not 0 <= value < 2**32:
        raise UserError(f"a seed from 0 to 2^32 - 1, or an int32 array [{rows}, 2]", str(seed))
    pairs = np.stack([np.full(rows, value, np.uint32), np.arange(rows, dtype=np.uint32)], axis=1)
    return pairs.view(np.int32)


def step_counts(num_steps: Any, rows: int, max_steps: int) -> np.ndarray:
    """Numbers of steps int32 `[B]`, `max_steps` for None.

    Raises:
        UserError: if one is no whole number from 0 to `max_steps`.
    """
    value = np.asarray(max_steps if num_steps is None else num_steps)
    if value.dtype.kind not in "iu" or (value < 0).any() or (value > max_steps).any():
        raise UserError(
            f"num_steps from 0 to {max_steps}",
            str(num_steps),
            "draw longer ones in chunks, or export again with a larger --max_steps",
        )
    return per_row("num_steps", value.astype(np.int32), rows)


def settings(name: str, value: Any, rows: int, low: float = -np.inf) -> np.ndarray:
    """Finite numbers float32 `[B]` of at least `low`, from one number or one a row.

    Raises:
        UserError: if one is not finite or too low.
    """
    array = floats(name, value)
    if not (np.isfinite(array) & (array >= low)).all():
        wanted = f"a finite {name}" + (f" of at least {low:g}" if low > -np.inf else "")
        raise UserError(wanted, str(value))
    return per_row(name, array, rows)


def top_k(value: Any, rows: int) -> np.ndarray:
    """Numbers of classes int32 `[B]`, 0 for all, from one number or one a row.

    Raises:
        UserError: if one is no whole number of at least 0.
    """
    array = np.asarray(value)
    if array.dtype.kind not in "iu" or (array < 0).any() or (array >= 2**31).any():
        raise UserError("a whole number top_k, 0 for all classes", str(value))
    return per_row("top_k", array.astype(np.int32), rows)


def top_p(value: Any, rows: int) -> np.ndarray:
    """Shares of the probability float32 `[B]`, from one number or one a row.

    Raises:
        UserError: if one is not above 0 and at most 1.
    """
    array = floats("top_p", value)
    if not ((array > 0.0) & (array <= 1.0)).all():
        raise UserError("top_p above 0 and at most 1, which is for all classes", str(value))
    return per_row("top_p", array, rows)


def floats(name: str, value: Any, shape: tuple[int | None, ...] | None = None) -> np.ndarray:
    """The value as a float32 array.

    Args:
        name: what to call it in an error.
        value: numbers.
        shape: the shape that it must have, None for any size.

    Raises:
        UserError: if it has not, or holds something else.
    """
    try:
        value = np.asarray(value, np.float32)
    except (TypeError, ValueError, OverflowError) as error:
        raise UserError(f"numbers for {name}", str(error)) from error
    if shape is not None and (
        value.ndim != len(shape)
        or any(want not in (None, have) for want, have in zip(shape, value.shape, strict=True))
    ):
        wanted = ", ".join("any" if size is None else str(size) for size in shape)
        raise UserError(f"{name} of shape [{wanted}]", str(list(value.shape)))
    return value


def per_row(name: str, value: np.ndarray, rows: int) -> np.ndarray:
    """An array `[B]` from one value or one a row.

    Raises:
        UserError: if it is neither.
    """
    if value.shape not in ((), (rows,)):
        raise UserError(f"one {name}, or one for each of {rows} rows", str(list(value.shape)))
    return np.array(np.broadcast_to(value, [rows]))


def pad(sequences: list, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Sequences `[T, F]` -> float32 `[B, T, F]`, zeros past the end, and lengths int32 `[B]`.

    Raises:
        UserError: if one has another number of columns.
    """
    arrays = [floats("events", each, (None, columns)) for each in sequences]
    lengths = np.array([len(each) for each in arrays], np.int32)
    padded = np.zeros([len(arrays), lengths.max(initial=0), columns], np.float32)
    for row, each in zip(padded, arrays, strict=True):
        row[: len(each)] = each
    return padded, lengths


def texts(name: str, value: Any, rows: int) -> np.ndarray:
    """Texts as UTF-8 in normal form C, object `[B]`, from one text or one a row.

    Args:
        name: what to call it in an error.
        value: a string, or one a row.
        rows: B.

    Raises:
        UserError: if it is neither.
    """
    values = _each_row(name, value, rows, (str,))
    encoded = [unicodedata.normalize("NFC", each).encode("utf-8", "replace") for each in values]
    return np.array(encoded, object)


def unit_texts(name: str, value: Any, rows: int, unit: str) -> np.ndarray:
    """Texts for a model of text, object `[B]`, from one text or one a row.

    Args:
        name: what to call it in an error.
        value: a string, of a model of bytes also bytes, or one a row.
        rows: B.
        unit: `"char"`, whose texts become UTF-8 in normal form C, or `"byte"`, whose texts stay as
            they are.

    Raises:
        UserError: if it is none of these.
    """
    values = _each_row(name, value, rows, (str, bytes) if unit == "byte" else (str,))
    encoded = np.empty([rows], object)
    encoded[:] = [_encode(each, unit) for each in values]
    return encoded


def _each_row(name: str, value: Any, rows: int, kinds: tuple[type, ...]) -> Any:
    """The texts of the rows, from one for all of them or one a row."""
    values = [value] * rows if isinstance(value, (str, bytes)) else value
    listed = isinstance(values, (list, tuple)) or np.ndim(values) == 1
    if not listed or len(values) != rows or not all(isinstance(each, kinds) for each in values):
        got = "none" if value is None else reprlib.repr(value)
        raise UserError(f"one {name}, or one for each of {rows} rows", got)
    return values


def _encode(text: str | bytes, unit: str) -> bytes:
    if isinstance(text, bytes):
        return text
    if unit == "char":  # what no UTF-8 can hold is left out with what the model lacks
        return unicodedata.normalize("NFC", text).encode("utf-8", "surrogatepass")
    try:
        return text.encode("utf-8", "surrogateescape")  # as arguments and file names come in
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
