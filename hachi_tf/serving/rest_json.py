"""JSON of TensorFlow Serving's REST interface <-> arrays, as strict as its json_tensor.cc.

A request holds `instances`, one object a row, or `inputs`, one list an input; the answer holds
`predictions` or `outputs`. Strings may come as `{"b64": "..."}`, and go so where an output's name
ends in `_bytes`. NaN and Infinity are bare tokens, both ways.
"""

import base64
import json
from typing import Any

import numpy as np
import orjson

from hachi_tf.serving.failures import invalid
from hachi_tf.serving.json_arrays import shown, to_array
from hachi_tf.serving.servable import Signature


def parse(body: bytes) -> dict[str, Any]:
    """The object that a body holds.

    Raises:
        Failure: if it is no JSON, or no object.
    """
    if not body:
        raise invalid("JSON Parse error: The document is empty")
    try:
        try:
            value = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
        except orjson.JSONDecodeError:
            if b"NaN" not in body and b"Infinity" not in body:
                raise
            value = json.loads(body.decode("utf-8"))
    except json.JSONDecodeError as error:  # orjson's is one too
        raise invalid(f"JSON Parse error: {error.msg} at offset: {error.pos}") from error
    except (ValueError, RecursionError) as error:
        raise invalid("JSON Parse error: Invalid value") from error
    if not isinstance(value, dict):
        raise invalid(f"JSON Value: {shown(value)} Is not object")
    return value


def signature_name(request: dict[str, Any]) -> str:
    """The signature that a request names, empty for the default one.

    Raises:
        Failure: if it is no string.
    """
    name = request.get("signature_name", "")
    if not isinstance(name, str):
        raise invalid(
            f"JSON Value: {shown(request)} not formatted correctly. "
            "'signature_name' key must be a string value."
        )
    return name


def to_arrays(
    request: dict[str, Any], signature: Signature, max_rows: int
) -> tuple[dict[str, np.ndarray], bool]:
    """The arrays of a request, and whether it is in row format.

    Args:
        request: what `parse` returned.
        signature: what it is for.
        max_rows: the most rows it may have.

    Raises:
        Failure: if it does not suit the signature.
    """
    rows, columns = request.get("instances"), request.get("inputs")
    if "instances" in request and "inputs" in request:
        raise invalid(
            f"JSON Value: {shown(request)} Not formatted correctly expecting only one of "
            "'inputs' or 'instances' keys to exist "
        )
    if "instances" in request:
        if not isinstance(rows, list):
            raise invalid(f"JSON Value: {shown(request)} Excepting 'instances' to be an list/array")
        if not rows:
            raise invalid(f"JSON Value: {shown(request)} No values in 'instances' array")
        if len(rows) > max_rows:
            raise invalid(f"expected at most {max_rows} rows; got {len(rows)}")
        values = _columns(rows, signature)
    elif "inputs" in request:
        values = columns if _is_object(columns) else None
        if values is None:
            if len(signature.inputs) > 1:
                raise invalid(
                    "inputs is a plain value/list, but expecting an object as multiple input "
                    "tensors required as per tensorinfo_map"
                )
            values = {next(iter(signature.inputs)): columns}
        for name in signature.inputs:
            if name not in values:
                raise invalid(f"Missing named input: {name} in 'inputs' object.")
    else:
        raise invalid("Missing 'inputs' or 'instances' key")
    for name in signature.inputs:
        if isinstance(values[name], list) and len(values[name]) > max_rows:
            raise invalid(f"expected at most {max_rows} rows; got {len(values[name])}")
    arrays = {name: to_array(name, values[name], spec) for name, spec in signature.inputs.items()}
    return arrays, rows is not None


def to_json(outputs: dict[str, np.ndarray], row_format: bool) -> bytes:
    """The answer to a request.

    Args:
        outputs: arrays by name.
        row_format: whether the request was in row format.
    """
    values = {name: _plain(name, value) for name, value in outputs.items()}
    if not row_format:
        answer = {"outputs": next(iter(values.values())) if len(values) == 1 else values}
    elif len(values) == 1:
        answer = {"predictions": next(iter(values.values()))}
    else:
        names, columns = list(values), zip(*values.values(), strict=True)
        answer = {"predictions": [dict(zip(names, row, strict=True)) for row in columns]}
    return dumps(answer, all(_is_finite(value) for value in outputs.values()))


def row_to_json(outputs: dict[str, np.ndarray]) -> bytes:
    """The first row of each output, as one object."""
    values = {name: _plain(name, value)[0] for name, value in outputs.items()}
    return dumps(values, all(_is_finite(value) for value in outputs.values()))


def dumps(value: Any, finite: bool = True) -> bytes:
    """JSON; slower where there are numbers that orjson has no tokens for."""
    if finite:
        return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
    return json.dumps(value, default=lambda array: array.tolist()).encode()


def _is_finite(value: np.ndarray) -> bool:
    return value.dtype.kind != "f" or bool(np.isfinite(value).all())


def _plain(name: str, value: np.ndarray) -> Any:
    """An array of numbers as it is; strings as JSON has them."""
    if value.dtype != object:
        return np.ascontiguousarray(value)
    if name.endswith("_bytes"):
        coded = [{"b64": base64.b64encode(each).decode("ascii")} for each in value.flat]
    else:
        coded = [each.decode("utf-8", "replace") for each in value.flat]
    return np.array(coded, object).reshape(value.shape).tolist()


def _columns(rows: list[Any], signature: Signature) -> dict[str, list[Any]]:
    """One list an input from one object a row."""
    if not _is_object(rows[0]):
        if len(signature.inputs) > 1:
            raise invalid(
                "instances is a plain list, but expecting list of objects as multiple input "
                "tensors required as per tensorinfo_map"
            )
        for index, row in enumerate(rows):
            if _is_object(row):
                raise invalid(f"Expecting value/list but got object at item {index} of input list")
        return {next(iter(signature.inputs)): rows}
    names = set(signature.inputs)
    for index, row in enumerate(rows):
        if not _is_object(row):
            raise invalid(f"Expecting object but got list at item {index} of input list")
        for name in row:
            if name not in names:
                raise invalid(
                    f"Failed to process element: {index} key: {shown(name)} of 'instances' list. "
                    "Error: INVALID_ARGUMENT: JSON object: does not have named input: "
                    f"{shown(name)}"
                )
        if len(row) != len(names):
            raise invalid(
                f"Failed to process element: {index} of 'instances' list. JSON object: "
                f"{shown(row)} must only have keys: {','.join(sorted(names))}"
            )
    return {name: [row[name] for row in rows] for name in names}


def _is_object(value: Any) -> bool:
    """Whether it is an object, and not one that stands for bytes."""
    return isinstance(value, dict) and not (set(value) == {"b64"} and isinstance(value["b64"], str))
