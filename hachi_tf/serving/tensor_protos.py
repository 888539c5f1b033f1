"""TensorProto messages <-> arrays; whatever the message holds, no memory is taken for it in vain.

As in tensorflow/core/framework/tensor.cc, numbers lie in `tensor_content` or in the type's own
field, in which the last value stands for all that follow.
"""

import math
from typing import Any

import numpy as np

from hachi_tf.serving.failures import invalid
from hachi_tf.serving.servable import Tensor

_MOST_FILLED = 1 << 22  # values that a few bytes may stand for
_FIELDS = {
    np.dtype(np.float32): "float_val",
    np.dtype(np.float64): "double_val",
    np.dtype(np.int32): "int_val",
    np.dtype(np.int64): "int64_val",
    np.dtype(np.bool_): "bool_val",
    np.dtype(object): "string_val",
}


def to_array(name: str, proto: Any, spec: Tensor, max_rows: int) -> np.ndarray:
    """The array in a message.

    Args:
        name: the input's, for errors.
        proto: the TensorProto.
        spec: what the array must be.
        max_rows: the most rows it may have.

    Raises:
        Failure: if it is no such array.
    """
    if proto.dtype != spec.enum:
        raise invalid(f"input {name} is expected to be of type {spec.enum}; got {proto.dtype}")
    shape = tuple(dim.size for dim in proto.tensor_shape.dim)
    if proto.tensor_shape.unknown_rank or not spec.fits(shape) or min(shape) < 0:
        wanted = [-1 if size is None else size for size in spec.shape]
        raise invalid(f"input {name} is expected to have shape {wanted}; got {list(shape)[:8]}")
    if shape[0] > max_rows:
        raise invalid(f"expected at most {max_rows} rows; got {shape[0]}")
    count = math.prod(shape)
    if spec.dtype == object:
        values = proto.string_val
        if proto.tensor_content:
            values = _strings(name, proto.tensor_content, count)
        return _filled(name, list(values), count, spec).reshape(shape)
    if proto.tensor_content:
        if len(proto.tensor_content) != count * spec.dtype.itemsize:
            raise invalid(f"tensor parsing error: {name}")
        content = np.frombuffer(proto.tensor_content, spec.dtype.newbyteorder("<"))
        if spec.dtype == bool:
            content = np.frombuffer(proto.tensor_content, np.uint8) != 0
        return content.astype(spec.dtype).reshape(shape)
    values = list(getattr(proto, _FIELDS[spec.dtype]))
    return _filled(name, values, count, spec).reshape(shape)


def fill(proto: Any, value: np.ndarray, spec: Tensor) -> None:
    """Writes an array into a message, as TensorFlow Serving does: one field of the type's own."""
    proto.dtype = spec.enum
    for size in value.shape:
        proto.tensor_shape.dim.add(size=size)
    getattr(proto, _FIELDS[spec.dtype]).extend(value.ravel().tolist())


def _filled(name: str, values: list[Any], count: int, spec: Tensor) -> np.ndarray:
    if len(values) > count or (len(values) < count and count > _MOST_FILLED):
        raise invalid(f"tensor parsing error: {name}")
    array = np.full(count, b"", object) if spec.dtype == object else np.zeros(count, spec.dtype)
    array[: len(values)] = values
    if values:
        array[len(values) :] = values[-1:]
    return array


def _strings(name: str, content: bytes, count: int) -> list[bytes]:
    """Strings as `tensor_content` has them: their lengths as varints, then all of them."""
    sizes, position = [], 0
    for _ in range(count):
        size = shift = 0
        while True:
            if position >= len(content) or shift > 35:
                raise invalid(f"tensor parsing error: {name}")
            byte = content[position]
            position += 1
            size |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        sizes.append(size)
    if position + sum(sizes) != len(content):
        raise invalid(f"tensor parsing error: {name}")
    strings = []
    for size in sizes:
        strings.append(content[position : position + size])
        position += size
    return strings
