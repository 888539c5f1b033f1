"""Nested lists from JSON -> arrays, as strict about types and shapes as TensorFlow Serving."""

import base64
import binascii
import itertools
import math
from typing import Any

import numpy as np

from hachi_tf.serving.failures import Failure, invalid
from hachi_tf.serving.limits import MOST_GIVEN
from hachi_tf.serving.servable import Tensor

_MOST_EXACT = (1 << 24) - 1  # whole numbers that float32 holds
_MOST_SHOWN = 80
_NAMES = {"f": "float", "i": "int32", "b": "bool", "O": "string"}


def to_array(name: str, value: Any, spec: Tensor) -> np.ndarray:
    """The array that nested lists are.

    Args:
        name: the input's, for errors.
        value: from JSON.
        spec: the rank, sizes and type wanted; 1.0 is no int, and true no number.

    Raises:
        Failure: if it is no such array.
    """
    level, shape = [value], []
    while len(shape) < len(spec.shape):
        kinds = set(map(type, level))
        if kinds - {list}:
            odd = next(each for each in level if not isinstance(each, list))
            raise invalid(
                f"{name}: JSON Value: {shown(odd)} found at incorrect level: {len(shape) + 1} in "
                f"the JSON DOM. Expected at level: {len(spec.shape)}"
            )
        sizes = set(map(len, level))
        if len(sizes) > 1:
            raise invalid(
                f"{name}: Encountered list at unexpected size: {max(sizes)} at level: {len(shape)} "
                f"expected size: {min(sizes)}"
            )
        shape.append(sizes.pop() if sizes else 0)
        want = spec.shape[len(shape) - 1]
        if want is not None and shape[-1] != want and (level or want == 0):
            raise invalid(f"{name}: expected {want} values at level {len(shape)}; got {shape[-1]}")
        shape[-1] = shape[-1] if want is None else want
        if want is None and math.prod(shape) > MOST_GIVEN:
            raise invalid(f"{name}: expected rows times steps of at most {MOST_GIVEN}")
        level = list(itertools.chain.from_iterable(level))
    if any(type(each) is list for each in level):
        raise invalid(
            f"{name}: Encountered list at unexpected level: {len(shape)} expected < {len(shape)}"
        )
    array = np.empty(len(level), spec.dtype)
    array[:] = _LEAVES[spec.dtype.kind](name, level, spec)
    return array.reshape(shape)


def _floats(name: str, level: list[Any], spec: Tensor) -> Any:
    _of_types(name, level, {float, int}, spec)
    whole = [each for each in level if type(each) is int]
    if whole and max(map(abs, whole)) > _MOST_EXACT:
        raise _lossy(name, max(whole, key=abs))
    wide = np.array(level, np.float64)
    too_large = np.isfinite(wide) & (np.abs(wide) > np.finfo(spec.dtype).max)
    if too_large.any():
        raise _lossy(name, level[int(np.argmax(too_large))])
    return wide


def _integers(name: str, level: list[Any], spec: Tensor) -> Any:
    _of_types(name, level, {int}, spec)
    bounds = np.iinfo(spec.dtype)
    if level and (min(level) < bounds.min or max(level) > bounds.max):
        odd = next(each for each in level if not bounds.min <= each <= bounds.max)
        raise _type_error(name, odd, spec)
    return level


def _booleans(name: str, level: list[Any], spec: Tensor) -> Any:
    _of_types(name, level, {bool}, spec)
    return level


def _strings(name: str, level: list[Any], spec: Tensor) -> Any:
    decoded = np.empty(len(level), object)
    for index, each in enumerate(level):
        if type(each) is str:
            decoded[index] = each.encode("utf-8", "replace")
        elif isinstance(each, dict):
            decoded[index] = _base64(each)
        else:
            raise _type_error(name, each, spec)
    return decoded


_LEAVES = {"f": _floats, "i": _integers, "b": _booleans, "O": _strings}


def _base64(value: dict[str, Any]) -> bytes:
    if set(value) != {"b64"} or not isinstance(value["b64"], str):
        raise invalid(f"JSON Value: {shown(value)} not formatted correctly for base64 data")
    text = value["b64"].rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid("Unable to base64 decode") from error


def _of_types(name: str, level: list[Any], types: set[type], spec: Tensor) -> None:
    if set(map(type, level)) - types:
        raise _type_error(name, next(each for each in level if type(each) not in types), spec)


def _type_error(name: str, value: Any, spec: Tensor) -> Failure:
    kinds = {dict: "Object", str: "String", int: "Number", float: "Number", list: "Array"}
    kind = str(value) if isinstance(value, bool) else kinds.get(type(value), "Null")
    return invalid(
        f"{name}: JSON Value: {shown(value)} Type: {kind} is not of expected type: "
        f"{_NAMES.get(spec.dtype.kind, str(spec.dtype))}"
    )


def _lossy(name: str, value: Any) -> Failure:
    return invalid(
        f"{name}: Cannot convert JSON value: {shown(value)} to float without loss of precision."
    )


def shown(value: Any) -> str:
    """A value for an error message, cut short."""
    if isinstance(value, (dict, list)):
        text = "{...}" if isinstance(value, dict) else "[...]"
    else:
        text = repr(value) if isinstance(value, (str, bytes)) else str(value)
    return text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "..."
