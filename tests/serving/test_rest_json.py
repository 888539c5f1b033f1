"""JSON as TensorFlow Serving's json_tensor.cc reads and writes it."""

import json

import numpy as np
import pytest

from hachi_tf.serving import rest_json
from hachi_tf.serving.failures import Failure
from hachi_tf.serving.servable import Signature, Tensor

FLOAT, INT, BOOL, STRING = (np.dtype(each) for each in (np.float32, np.int32, np.bool_, object))
SIGNATURE = Signature(
    {
        "seed": Tensor(INT, 3, (None, 2)),
        "bias": Tensor(FLOAT, 1, (None,)),
        "on": Tensor(BOOL, 10, (None,)),
        "text": Tensor(STRING, 7, (None,)),
        "events": Tensor(FLOAT, 1, (None, None, 3)),
    },
    {},
)
ROW = {"seed": [1, -2], "bias": 0.5, "on": True, "text": "é", "events": [[1, 2.5, 3]]}
COLUMNS = {name: [value] for name, value in ROW.items()}


def read(value, signature=SIGNATURE):
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return rest_json.to_arrays(rest_json.parse(body), signature, 64)


def failure(value, signature=SIGNATURE):
    with pytest.raises(Failure) as error:
        read(value, signature)
    assert error.value.code == "INVALID_ARGUMENT" and error.value.http_status == 400
    return error.value.message


def test_rows_and_columns_are_the_same_arrays():
    (rows, in_rows), (columns, in_columns) = read({"instances": [ROW]}), read({"inputs": COLUMNS})
    assert (in_rows, in_columns) == (True, False)
    assert set(rows) == set(columns) == set(SIGNATURE.inputs)
    for name, value in rows.items():
        np.testing.assert_array_equal(value, columns[name])
        assert value.dtype == SIGNATURE.inputs[name].dtype == columns[name].dtype
    np.testing.assert_array_equal(rows["seed"], [[1, -2]])
    np.testing.assert_array_equal(rows["events"], [[[1, 2.5, 3]]])
    assert rows["text"].tolist() == ["é".encode()]


def test_strings_may_come_as_base64_and_numbers_as_nan_and_infinity():
    columns = COLUMNS | {"text": [{"b64": "AP8="}], "bias": ["?"]}
    body = json.dumps({"inputs": columns}).replace('"?"', "NaN").encode()
    arrays, _ = read(body)
    assert arrays["text"].tolist() == [b"\x00\xff"] and np.isnan(arrays["bias"]).all()
    arrays, _ = read(body.replace(b"NaN", b"-Infinity"))
    assert arrays["bias"].tolist() == [-np.inf]


@pytest.mark.parametrize(
    "body, message",
    [
        (b"", "JSON Parse error: The document is empty"),
        (b"nope", "JSON Parse error: "),
        (b'{"instances": ', "JSON Parse error: "),
        (b"[" * 100_000, "JSON Parse error: "),
        (b'{"inputs": NaN' + b"[" * 100_000, "JSON Parse error: "),
        (b'{"inputs": NaN' + b"1" * 10_000 + b"}", "JSON Parse error: "),
        (b"\xff\xfe{}", "JSON Parse error: "),
        (b'{"a": "\\ud800"}', "JSON Parse error: "),
        (b"[1]", "Is not object"),
        (b"null", "Is not object"),
        (b"{}", "Missing 'inputs' or 'instances' key"),
        ({"instances": [ROW], "inputs": COLUMNS}, "expecting only one of"),
        ({"instances": {}}, "Excepting 'instances' to be an list/array"),
        ({"instances": []}, "No values in 'instances' array"),
        ({"instances": [1]}, "instances is a plain list, but expecting list of objects"),
        ({"instances": [ROW, 1]}, "Expecting object but got list at item 1 of input list"),
        ({"instances": [ROW | {"x": 1}]}, "JSON object: does not have named input: 'x'"),
        ({"instances": [{}]}, "must only have keys: bias,events,on,seed,text"),
        ({"inputs": [1]}, "inputs is a plain value/list, but expecting an object"),
        ({"inputs": {}}, "Missing named input: seed in 'inputs' object."),
        ({"instances": [ROW] * 65}, "expected at most 64 rows; got 65"),
    ],
)
def test_what_a_request_may_not_be(body, message):
    assert message in failure(body)


@pytest.mark.parametrize(
    "name, value, message",
    [
        ("seed", [[1, 2.0]], "Type: Number is not of expected type: int32"),
        ("seed", [[1, True]], "Type: True is not of expected type: int32"),
        ("seed", [[1, 2**31]], "is not of expected type: int32"),
        ("seed", [[1, 10**30]], "is not of expected type: int32"),
        ("seed", [[1]], "expected 2 values at level 2; got 1"),
        ("seed", [[1, 2, 3]], "expected 2 values at level 2; got 3"),
        ("seed", [[1, 2], [3]], "Encountered list at unexpected size"),
        ("seed", [1, 2], "found at incorrect level"),
        ("seed", [[[1, 2]]], "expected 2 values"),
        ("seed", [[[1], [2]]], "Encountered list at unexpected level"),
        ("bias", ["1"], "Type: String is not of expected type: float"),
        ("bias", [None], "Type: Null is not of expected type: float"),
        ("bias", [{"b64": "AA=="}], "Type: Object is not of expected type: float"),
        ("bias", [2**24 + 1], "without loss of precision"),
        ("bias", [1e39], "without loss of precision"),
        ("bias", 1.0, "found at incorrect level"),
        ("on", [1], "is not of expected type: bool"),
        ("text", [1], "is not of expected type: string"),
        ("text", [{"b64": "?"}], "Unable to base64 decode"),
        ("text", [{"b64": 1}], "not formatted correctly for base64 data"),
        ("events", [[[1, 2]]], "expected 3 values at level 3; got 2"),
        ("events", [{}], "found at incorrect level"),
    ],
)
def test_values_must_be_of_the_type_and_shape(name, value, message):
    assert message in failure({"inputs": COLUMNS | {name: value}})


def test_sizes_below_an_empty_list_follow_from_the_signature():
    arrays, _ = read({"inputs": COLUMNS | {"events": [[]]}})
    assert arrays["events"].shape == (1, 0, 3)
    arrays, _ = read({"inputs": {name: [] for name in COLUMNS}})
    assert {name: value.shape for name, value in arrays.items()} == {
        "seed": (0, 2), "bias": (0,), "on": (0,), "text": (0,), "events": (0, 0, 3)
    }  # fmt: skip


def test_a_single_input_needs_no_name():
    one = Signature({"text": Tensor(STRING, 7, (None,))}, {})
    for value in ({"instances": ["a", {"b64": "Yg=="}]}, {"inputs": ["a", {"b64": "Yg=="}]}):
        arrays, _ = read(value, one)
        assert arrays["text"].tolist() == [b"a", b"b"]


def test_answers():
    outputs = {
        "events": np.float32([[[1, 0.1]], [[np.nan, -np.inf]]]),
        "lengths": np.int32([1, 2]),
        "ended": np.array([True, False]),
        "raw_bytes": np.array([b"\xff", b"a"], object),
        "text": np.array(["é".encode(), b"\xff"], object),
    }
    rows = json.loads(rest_json.to_json(outputs, True))["predictions"]
    columns = json.loads(rest_json.to_json(outputs, False))["outputs"]
    assert columns["raw_bytes"] == [{"b64": "/w=="}, {"b64": "YQ=="}]
    assert columns["text"] == ["é", "\ufffd"] and columns["ended"] == [True, False]
    assert np.float32(columns["events"][0][0][1]) == np.float32(0.1)
    assert np.isnan(columns["events"][1][0][0]) and columns["events"][1][0][1] == -np.inf
    for index, row in enumerate(rows):
        assert set(row) == set(columns)
        assert [repr(row[name]) for name in row] == [repr(columns[name][index]) for name in row]
    finite = {"events": outputs["events"][:1]}
    assert json.loads(rest_json.to_json(finite, True)) == {"predictions": [[[1.0, 0.1]]]}
    assert json.loads(rest_json.to_json(finite, False)) == {"outputs": [[[1.0, 0.1]]]}
    assert b"1.0" in rest_json.to_json(finite, False)  # a float stays one


def test_every_float32_comes_back_exactly():
    values = np.random.default_rng(0).integers(0, 2**32, 4000, np.uint32).view(np.float32)
    values = np.concatenate([values[np.isfinite(values)], np.float32([0.0, -0.0, 1e-45, 3e38])])
    back = json.loads(rest_json.to_json({"x": values}, False))["outputs"]
    np.testing.assert_array_equal(np.float32(back).view(np.uint32), values.view(np.uint32))
