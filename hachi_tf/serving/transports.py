"""What the ways to a model have in common: errors, and what signatures look like."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from hachi_tf.errors import UserError

# What may go away by itself; asking again is safe, since an answer depends on the request alone.
TEMPORARY = frozenset({"UNAVAILABLE", "RESOURCE_EXHAUSTED", "ABORTED"})

Signatures = dict[str, dict[str, dict[str, dict[str, Any]]]]
"""By a signature's name, `inputs` and `outputs`, and by theirs `dtype` and `shape`."""


class ServerError(UserError):
    """What a server answered instead of a result, or that there was no answer.

    Args:
        code: the name of gRPC's status code, e.g. `"NOT_FOUND"`.
        message: what the server said.
        server: where.
        retry_after_s: how long it asks to wait.

    Attributes:
        code: the name of gRPC's status code.
        retry_after_s: how long the server asks to wait, in seconds.
    """

    def __init__(self, code: str, message: str, server: str, retry_after_s: float = 0.0):
        do = {
            "UNAVAILABLE": "see whether the server runs and this is its address",
            "NOT_FOUND": "see which models and versions it serves",
            "UNAUTHENTICATED": "give its token",
        }.get(code, "")
        super().__init__(f"an answer from {server}", f"{code}: {message}", do)
        self.code, self.retry_after_s = code, retry_after_s


def encode(array: Any, dtype: str) -> np.ndarray:
    """An array of the type that a signature wants; strings become bytes in an array of objects.

    Args:
        array: numbers, or texts and bytes.
        dtype: the type as hachi.json names it.

    Raises:
        UserError: if the array holds another type.
    """
    if dtype == "string":
        values = np.asarray(array, object)
        coded = [each.encode() if isinstance(each, str) else each for each in values.flat]
        if not all(isinstance(each, bytes) for each in coded):
            raise UserError("texts or bytes", re.sub(r"\s+", " ", repr(array))[:80])
        result = np.empty(len(coded), object)
        result[:] = coded
        return result.reshape(values.shape)
    value = np.asarray(array)
    if not np.can_cast(value.dtype, dtype, "same_kind") or (value.dtype.kind in "b") != (
        dtype == "bool"
    ):
        raise UserError(f"an array of {dtype}", str(value.dtype))
    return value.astype(dtype)


def encode_all(signatures: Signatures, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """All inputs of a signature, each of its type.

    Raises:
        UserError: if there is no such signature, or its inputs are others.
    """
    if name not in signatures:
        raise UserError(f"a signature of {', '.join(signatures)}", repr(name))
    specs = signatures[name]["inputs"]
    if set(inputs) != set(specs):
        raise UserError(f"the inputs {', '.join(specs)}", ", ".join(inputs) or "none")
    return {key: encode(inputs[key], spec["dtype"]) for key, spec in specs.items()}


def with_a_step(array: np.ndarray) -> np.ndarray:
    """The array with one step of zeros where it has none, which lengths of 0 leave out.

    JSON's lists do not tell what lies below an empty one, and TensorFlow Serving refuses to merge
    requests of which one is empty.
    """
    if array.ndim < 3 or array.shape[1] > 0 or array.dtype == object:
        return array
    return np.zeros([array.shape[0], 1, *array.shape[2:]], array.dtype)
