"""Whatever comes in at the JSON and protobuf entrances, an answer goes out that tells nothing."""

import asyncio
import copy
import json

import grpc
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    predict_pb2,
)

from hachi_tf.serving import warmup
from hachi_tf.serving.grpc_service import GrpcService
from hachi_tf.serving.guard import Guard
from hachi_tf.serving.rest import RestApp

SIGNATURES = ["sample", "continue", "log_prob", "sample_primed", "step"]
FINE = {grpc.StatusCode[name] for name in ("INVALID_ARGUMENT", "NOT_FOUND", "FAILED_PRECONDITION")}
BOUNDED = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from([2**31, -(2**31), 2**63, 10**400, 1e308, "", "\x00", {"b64": "AA=="}, {}, []])
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
PATHS = st.sampled_from([
    "/v1/models/small:predict", "/v1/models/small/versions/1:predict", "/v1/models/small:stream",
    "/v1/models/writer:predict", "/v1/models/writer/labels/best:predict", "/v1/models/x:predict",
])  # fmt: skip


@pytest.fixture(scope="module")
def entrances(core):
    return RestApp(core, Guard("127.0.0.1")), GrpcService(core, Guard("127.0.0.1"))


@pytest.fixture(scope="module")
def valid(core):
    """Arrays for each signature of each model."""
    return {
        (model, name): warmup.example_inputs(core.registry.get(model).metadata, name, 2)
        for model in ("small", "writer", "char")
        for name in SIGNATURES
    }


def check_rest(http, app, method, path, body, **headers):
    status, found, answer = asyncio.run(http(app, method, path, body, headers))
    assert status < 500, (status, answer[:300], body[:300])
    assert b"Traceback" not in answer and b".py" not in answer and b"/tmp" not in answer
    if found["content-type"] == "application/json":
        json.loads(answer)
    return status


@given(data=st.data())
@BOUNDED
def test_any_bytes_and_any_json(entrances, http, data):
    kind = data.draw(st.sampled_from(["bytes", "json", "cut"]))
    if kind == "bytes":
        body = data.draw(st.binary(max_size=300))
    else:
        keys = st.sampled_from(["instances", "inputs", "signature_name", "x", "chunk_steps"])
        body = json.dumps(data.draw(st.dictionaries(keys, VALUES) | VALUES)).encode()
    if kind == "cut":
        body = body[: data.draw(st.integers(0, len(body)))]
    check_rest(http, entrances[0], "POST", data.draw(PATHS), body)


@given(data=st.data())
@BOUNDED
def test_almost_valid_json(entrances, http, valid, data):
    model, name = data.draw(st.sampled_from(sorted(valid)))
    columns = {
        key: [each.decode() for each in value] if value.dtype == object else value.tolist()
        for key, value in valid[model, name].items()
    }
    for _ in range(data.draw(st.integers(0, 3))):
        key = data.draw(st.sampled_from(sorted(columns)))
        place, value = columns, copy.deepcopy(columns[key])
        columns[key] = value
        while isinstance(value, list) and value and data.draw(st.booleans()):
            place, key = value, data.draw(st.integers(0, len(value) - 1))
            value = value[key]
        place[key] = data.draw(VALUES)
    rows = data.draw(st.booleans()) and all(
        isinstance(each, list) and len(each) == 2 for each in columns.values()
    )
    body = {"signature_name": name}
    if rows:
        body["instances"] = [{key: each[row] for key, each in columns.items()} for row in (0, 1)]
    else:
        body["inputs"] = columns
    verb = data.draw(st.sampled_from(["predict", "stream"]))
    check_rest(http, entrances[0], "POST", f"/v1/models/{model}:{verb}", json.dumps(body).encode())


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "OPTIONS", "HEAD", "DELETE", "BREW"]),
    path=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60)
    | st.text("/:v1%modelsvrbat.2e", max_size=60).map("/v1/models/".__add__),
    name=st.sampled_from(["host", "origin", "content-type", "content-length", "authorization"]),
    value=st.text(st.characters(max_codepoint=255), max_size=40),
)
@BOUNDED
def test_any_route_and_header(entrances, http, method, path, name, value):
    check_rest(http, entrances[0], method, path, b"{}", **{name: value})


class Context:
    """What a method is given by gRPC."""

    code = details = None

    def invocation_metadata(self):
        return ()

    def time_remaining(self):
        return 5.0

    async def abort(self, code, details):
        self.code, self.details = code, details
        raise grpc.aio.AbortError


def check_grpc(service, method, kind, body):
    context = Context()
    try:
        asyncio.run(service._method(method, kind)(body, context))
    except grpc.aio.AbortError:
        assert context.code in FINE, (context.code, context.details, body[:300])
        assert "Traceback" not in context.details and ".py" not in context.details
    return context.code


def methods(service):
    return [
        (service.predict, predict_pb2.PredictRequest),
        (service.metadata, get_model_metadata_pb2.GetModelMetadataRequest),
        (service.status, get_model_status_pb2.GetModelStatusRequest),
    ]


def predict_request(model, name, inputs):
    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = model, name
    for key, value in inputs.items():
        request.inputs[key].CopyFrom(tf.make_tensor_proto(value))
    return request


def test_valid_messages_are_answered(entrances, valid):
    for (model, name), inputs in valid.items():
        body = predict_request(model, name, inputs).SerializeToString()
        assert check_grpc(entrances[1], *methods(entrances[1])[0], body) is None


def test_methods_want_the_token(core):
    service = GrpcService(core, Guard("127.0.0.1", token="t0ken"))
    for method, kind in methods(service):
        context = Context()
        with pytest.raises(grpc.aio.AbortError):
            asyncio.run(service._method(method, kind)(b"", context))
        assert context.code == grpc.StatusCode.UNAUTHENTICATED


@given(body=st.binary(max_size=200), which=st.integers(0, 2))
@BOUNDED
def test_any_bytes_as_messages(entrances, body, which):
    check_grpc(entrances[1], *methods(entrances[1])[which], body)


@given(data=st.data())
@BOUNDED
def test_almost_valid_messages(entrances, valid, data):
    model, name = data.draw(st.sampled_from(sorted(valid)))
    request = predict_request(model, name, valid[model, name])
    tensor = request.inputs[data.draw(st.sampled_from(sorted(request.inputs)))]
    for _ in range(data.draw(st.integers(0, 2))):
        sizes = st.integers(-(2**63), 2**63 - 1) | st.integers(-1, 70)
        change = data.draw(st.integers(0, 5))
        if change == 0:
            tensor.dtype = data.draw(st.integers(0, 30))
        elif change == 1:
            tensor.tensor_content = data.draw(st.binary(max_size=40))
        elif change == 2:
            tensor.float_val.extend(data.draw(st.lists(st.floats(width=32), max_size=5)))
        elif change == 3 and tensor.tensor_shape.dim:
            place = data.draw(st.integers(0, len(tensor.tensor_shape.dim) - 1))
            tensor.tensor_shape.dim[place].size = data.draw(sizes)
        elif change == 4:
            tensor.tensor_shape.dim.add(size=data.draw(sizes))
        else:
            tensor.string_val.append(data.draw(st.binary(max_size=10)))
    body = bytearray(request.SerializeToString())
    for _ in range(data.draw(st.integers(0, 2))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    check_grpc(entrances[1], *methods(entrances[1])[0], bytes(body))


def test_the_entrances_still_answer_rightly(core, entrances, valid, http):
    inputs = valid["small", "log_prob"]
    expected = core.registry.get("small").run("log_prob", inputs)["log_prob"]
    body = {"signature_name": "log_prob", "inputs": {k: v.tolist() for k, v in inputs.items()}}
    path = "/v1/models/small:predict"
    _, _, answer = asyncio.run(http(entrances[0], "POST", path, json.dumps(body).encode()))
    np.testing.assert_array_equal(np.float32(json.loads(answer)["outputs"]["log_prob"]), expected)
    assert core.batcher.waiting == 0 and entrances[0].running == 0 and entrances[1].running == 0
