"""What is expected of the gRPC interface; see `tests.conformance.serving`."""

import contextlib

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from tests.conformance.serving import NotApplicable, Server, check

PREDICT = "tensorflow_serving/servables/tensorflow/predict_util.cc"
SERVICE = "tensorflow_serving/servables/tensorflow/predict_impl.cc"
METADATA = "tensorflow_serving/servables/tensorflow/get_model_metadata_impl.cc"
STATUS = "tensorflow_serving/model_servers/get_model_status_impl.cc"
LOOKUP = "tensorflow_serving/core/basic_manager.cc"
LABELS = "tensorflow_serving/model_servers/server_core.cc"
TENSOR = "tensorflow/core/framework/tensor.proto"
DEADLINES = "tensorflow_serving/model_servers/prediction_service_impl.cc"
NOBODY = "hachi_tf_conformance_nobody"
VALUES = {"seed": 7, "num_steps": 4, "temperature": 1.0, "top_p": 1.0, "fixed": np.nan}


def stub(server: Server, kind=prediction_service_pb2_grpc.PredictionServiceStub):
    return kind(grpc.insecure_channel(server.grpc, [("grpc.max_receive_message_length", -1)]))


def headers(server: Server):
    return [("authorization", f"Bearer {server.token}")] if server.token else []


def call(server: Server, request):
    return stub(server).Predict(request, timeout=60, metadata=headers(server))


def signatures(server: Server):
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = server.model
    found = stub(server).GetModelMetadata(request, timeout=60, metadata=headers(server))
    defs = get_model_metadata_pb2.SignatureDefMap()
    assert found.metadata["signature_def"].Unpack(defs)
    assert found.model_spec.name == server.model and found.model_spec.version.value > 0
    return defs.signature_def


def predict_request(server: Server, name="sample", rows=2):
    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = server.model, name
    for key, info in signatures(server)[name or "serving_default"].inputs.items():
        shape = [rows] + [max(dim.size, 2) for dim in info.tensor_shape.dim[1:]]
        dtype = tf.dtypes.as_dtype(info.dtype)
        value = np.full(shape, b"a b" if "text" in key else b"", object)
        if dtype != tf.string:
            value = np.full(shape, VALUES.get(key, 0), dtype.as_numpy_dtype)
        request.inputs[key].CopyFrom(tf.make_tensor_proto(value, dtype, shape))
    return request


@contextlib.contextmanager
def refused(code, *parts):
    try:
        yield
    except grpc.RpcError as error:
        assert error.code().name == code, (error.code().name, error.details()[:300])
        for part in parts:
            assert part in error.details(), (part, error.details()[:300])
    else:
        raise AssertionError(f"expected {code}; got an answer")


@check("grpc", PREDICT + " PostProcessPredictionResult")
def every_signature_answers_with_its_outputs(server: Server):
    for name, signature in signatures(server).items():
        if name.startswith("__"):
            continue
        answer = call(server, predict_request(server, name))
        assert set(answer.outputs) == set(signature.outputs), name
        for key, info in signature.outputs.items():
            value = answer.outputs[key]
            assert value.dtype == info.dtype, (name, key)
            sizes = [dim.size for dim in value.tensor_shape.dim]
            expected = [2] + [dim.size for dim in info.tensor_shape.dim[1:]]
            assert len(sizes) == len(expected), (name, key)
            pairs = zip(sizes, expected, strict=True)
            assert all(want in (-1, have) for have, want in pairs), (name, key, sizes)
            tf.make_ndarray(value)


@check("grpc", PREDICT + " RunPredict, MakeModelSpec")
def the_answer_says_what_answered(server: Server):
    answer = call(server, predict_request(server, ""))
    assert answer.model_spec.name == server.model
    assert answer.model_spec.signature_name == "serving_default"
    assert answer.model_spec.version.value > 0


@check("grpc", PREDICT + " PreProcessPrediction")
def outputs_may_be_chosen(server: Server):
    request = predict_request(server)
    request.output_filter.append("lengths")
    assert set(call(server, request).outputs) == {"lengths"}
    request.output_filter.append("lengths")
    with refused("INVALID_ARGUMENT", "duplicate output tensor alias"):
        call(server, request)
    request.output_filter[:] = ["nobody"]
    with refused("INVALID_ARGUMENT", "output tensor alias not found in signature: nobody"):
        call(server, request)


@check("grpc", LOOKUP)
def unknown_models_and_versions_are_not_found(server: Server):
    request = predict_request(server)
    request.model_spec.version.value = 987654
    with refused("NOT_FOUND", f"Servable not found for request: Specific({server.model}, 987654)"):
        call(server, request)
    request.model_spec.Clear()
    request.model_spec.name = NOBODY
    with refused("NOT_FOUND", f"Servable not found for request: Latest({NOBODY})"):
        call(server, request)


@check("grpc", LABELS)
def an_unknown_label_is_an_invalid_argument(server: Server):
    request = predict_request(server)
    request.model_spec.version_label = "nobody"
    with refused("INVALID_ARGUMENT", "Unrecognized servable version label: nobody"):
        call(server, request)


@check("grpc", SERVICE)
def a_request_names_its_model(server: Server):
    with refused("INVALID_ARGUMENT", "Missing ModelSpec"):
        call(server, predict_pb2.PredictRequest())


@check("grpc", PREDICT + " RunPredict")
def an_unknown_signature_is_a_failed_precondition(server: Server):
    request = predict_request(server)
    request.model_spec.signature_name = "nobody"
    with refused("FAILED_PRECONDITION", 'Serving signature key "nobody" not found.'):
        call(server, request)


@check("grpc", PREDICT + " VerifyRequestInputsSize")
def inputs_are_those_of_the_signature(server: Server):
    request = predict_request(server)
    del request.inputs["seed"]
    with refused("INVALID_ARGUMENT", "Missing but required: {seed}"):
        call(server, request)
    request.inputs["nobody"].CopyFrom(tf.make_tensor_proto([1.0, 1.0]))
    with refused("INVALID_ARGUMENT"):
        call(server, request)
    request = predict_request(server)
    request.inputs["nobody"].CopyFrom(tf.make_tensor_proto([1.0, 1.0]))
    with refused("INVALID_ARGUMENT", "Sent extra: {nobody}"):
        call(server, request)


@check("grpc", "tensorflow/core/common_runtime/direct_session.cc: placeholders have a type")
def wrong_types_are_invalid_arguments(server: Server):
    request = predict_request(server)
    request.inputs["bias"].CopyFrom(tf.make_tensor_proto([0, 0], tf.int32))
    with refused("INVALID_ARGUMENT"):
        call(server, request)


@check("grpc", TENSOR)
def tensors_may_be_written_in_each_of_the_ways(server: Server):
    request = predict_request(server)
    expected = call(server, request)
    del request.inputs["bias"].float_val[:]
    request.inputs["bias"].tensor_content = np.zeros(2, "<f4").tobytes()
    request.inputs["num_steps"].ClearField("tensor_content")
    request.inputs["num_steps"].int_val[:] = [4]  # the last value stands for all that follow
    assert call(server, request).outputs == expected.outputs


@check("grpc", TENSOR)
def broken_tensors_are_invalid_arguments(server: Server):
    request = predict_request(server)
    request.inputs["bias"].ClearField("float_val")
    request.inputs["bias"].tensor_content = b"123"
    with refused("INVALID_ARGUMENT"):
        call(server, request)


@check("grpc", DEADLINES)
def deadlines_hold(server: Server):
    request = predict_request(server)
    with refused("DEADLINE_EXCEEDED"):
        stub(server).Predict(request, timeout=1e-4, metadata=headers(server))


@check("grpc", METADATA)
def metadata_wants_a_field_that_there_is(server: Server):
    request = get_model_metadata_pb2.GetModelMetadataRequest()
    request.model_spec.name = server.model
    ask = stub(server).GetModelMetadata
    with refused("INVALID_ARGUMENT", "must specify at least one metadata_field"):
        ask(request, timeout=60, metadata=headers(server))
    request.metadata_field.append("nobody")
    with refused("INVALID_ARGUMENT", "is not supported"):
        ask(request, timeout=60, metadata=headers(server))
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    with refused("INVALID_ARGUMENT", "Missing ModelSpec"):
        ask(request, timeout=60, metadata=headers(server))


@check("grpc", STATUS)
def status_lists_versions(server: Server):
    ask = stub(server, model_service_pb2_grpc.ModelServiceStub).GetModelStatus
    request = get_model_status_pb2.GetModelStatusRequest()
    with refused("INVALID_ARGUMENT", "Missing ModelSpec"):
        ask(request, timeout=60, metadata=headers(server))
    request.model_spec.name = server.model
    found = ask(request, timeout=60, metadata=headers(server)).model_version_status
    available = get_model_status_pb2.ModelVersionStatus.State.AVAILABLE
    assert any(each.state == available and each.status.error_code == 0 for each in found)
    request.model_spec.version.value = 987654
    with refused("NOT_FOUND", "Could not find version 987654 of model"):
        ask(request, timeout=60, metadata=headers(server))
    request.model_spec.Clear()
    request.model_spec.name = NOBODY
    with refused("NOT_FOUND", "Could not find any versions of model"):
        ask(request, timeout=60, metadata=headers(server))


@check("grpc", "tensorflow_serving/g3doc/api_rest.md: both follow PredictionService.Predict")
def rest_and_grpc_give_the_same_numbers(server: Server):
    if not server.rest:
        raise NotApplicable("no address of the REST interface")
    request = predict_request(server)
    arrays = {name: tf.make_ndarray(each) for name, each in request.inputs.items()}
    inputs = {
        name: [each.decode() for each in value] if value.dtype == object else value.tolist()
        for name, value in arrays.items()
    }
    found = server.predict({"signature_name": "sample", "inputs": inputs}).json["outputs"]
    for name, each in call(server, request).outputs.items():
        expected = tf.make_ndarray(each)
        if expected.dtype != object:
            np.testing.assert_array_equal(np.array(found[name], expected.dtype), expected, name)
