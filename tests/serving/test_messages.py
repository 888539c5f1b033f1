"""The client's own messages are the official ones on the wire."""

import importlib

import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.serving import messages

apis = pytest.importorskip("tensorflow_serving.apis")
MODULES = [
    "tensorflow_serving.apis.predict_pb2",
    "tensorflow_serving.apis.model_pb2",
    "tensorflow_serving.apis.get_model_status_pb2",
    "tensorflow_serving.apis.get_model_metadata_pb2",
    "tensorflow_serving.apis.prediction_log_pb2",
    "tensorflow_serving.apis.status_pb2",
    "tensorflow.core.framework.tensor_pb2",
    "tensorflow.core.framework.tensor_shape_pb2",
    "tensorflow.core.protobuf.meta_graph_pb2",
    "google.protobuf.wrappers_pb2",
    "google.protobuf.any_pb2",
]
ARRAYS = [
    np.float32([[1.5, -2.0], [np.nan, np.inf]]),
    np.zeros([3, 700], np.float32),
    np.full([4], np.nan, np.float32),
    np.zeros([2, 0, 3], np.float32),
    np.int32([[7, -1]]),
    np.array([True, False, True]),
    np.array([b"a", b"\xff\0", b""], object),
    np.int64([2**40, -1]),
]


def official(name):
    """The descriptor of an official message."""
    found = []
    for module in map(importlib.import_module, MODULES):
        stack = list(module.DESCRIPTOR.message_types_by_name.values())
        while stack:
            each = stack.pop()
            stack += each.nested_types
            found += [each] if each.name == name else []
    return found[0]


@pytest.mark.parametrize("name", messages.FIELDS)
def test_fields_have_the_official_numbers_and_types(name):
    fields = official(name).fields_by_name
    for ours in messages.MESSAGES[name].DESCRIPTOR.fields:
        theirs = fields[ours.name]
        assert ours.number == theirs.number
        assert ours.is_repeated == theirs.is_repeated
        kind = theirs.TYPE_INT32 if theirs.type == theirs.TYPE_ENUM else theirs.type
        assert ours.type == kind
        if ours.message_type is not None and not ours.message_type.GetOptions().map_entry:
            assert ours.message_type.name == theirs.message_type.name


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{array.dtype}{list(array.shape)}")
def test_tensors_are_read_and_written_as_tensorflow_does(array):
    from tensorflow.core.framework import tensor_pb2

    ours = messages.to_tensor(array)
    theirs = tensor_pb2.TensorProto.FromString(ours.SerializeToString())
    made = tf.make_ndarray(theirs)
    np.testing.assert_array_equal(made, array)
    assert made.shape == array.shape
    copy = messages.MESSAGES["TensorProto"].FromString(
        tf.make_tensor_proto(array, shape=array.shape).SerializeToString()
    )
    for each in (ours, copy):
        np.testing.assert_array_equal(messages.to_array(each), array)
        assert messages.to_array(each).dtype == array.dtype


def test_zeros_take_no_room():
    assert len(messages.to_tensor(np.zeros([16, 4000], np.float32)).SerializeToString()) < 40


def test_signed_zeros_stay():
    array = np.float32([0.0, -0.0])
    found = messages.to_array(messages.to_tensor(array))
    assert np.signbit(found).tolist() == [False, True]


def test_odd_tensors_are_refused():
    tensor = messages.MESSAGES["TensorProto"]
    wrong = [tensor(dtype=2), tensor(dtype=1, float_val=[1.0, 2.0]), tensor(dtype=1)]
    wrong.append(tensor(dtype=1, tensor_content=b"123"))
    for each in wrong:
        with pytest.raises(ValueError):
            messages.to_array(each)


def test_states_have_the_official_names():
    from tensorflow_serving.apis import get_model_status_pb2

    values = get_model_status_pb2.ModelVersionStatus.State.items()
    assert messages.STATES == {number: name for name, number in values}
