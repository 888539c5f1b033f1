"""TensorProto messages, honest and hostile."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework.tensor_pb2 import TensorProto

from hachi_tf.serving import tensor_protos
from hachi_tf.serving.failures import Failure
from hachi_tf.serving.servable import Tensor

FLOATS = Tensor(np.dtype(np.float32), 1, (None, None, 2))
STRINGS = Tensor(np.dtype(object), 7, (None,))


def proto(dtype, shape, **fields):
    message = TensorProto(dtype=dtype, **fields)
    for size in shape:
        message.tensor_shape.dim.add(size=size)
    return message


@pytest.mark.parametrize(
    "array, spec",
    [
        (np.random.default_rng(0).normal(size=(3, 4, 2)).astype(np.float32), FLOATS),
        (np.zeros([3, 4, 2], np.float32), FLOATS),
        (np.zeros([0, 4, 2], np.float32), FLOATS),
        (np.int32([[1, -2]]), Tensor(np.dtype(np.int32), 3, (None, 2))),
        (np.array([True, False]), Tensor(np.dtype(np.bool_), 10, (None,))),
        (np.array([b"a", b"\xff", b""], object), STRINGS),
    ],
)
def test_what_tensorflow_makes_is_read_and_what_is_made_tensorflow_reads(array, spec):
    read = tensor_protos.to_array("x", tf.make_tensor_proto(array), spec, 64)
    np.testing.assert_array_equal(read, array)
    assert read.dtype == spec.dtype and read.shape == array.shape
    message = proto(0, [])
    tensor_protos.fill(message, array, spec)
    np.testing.assert_array_equal(tf.make_ndarray(message), array)
    assert not message.tensor_content  # clients in other languages read the fields


def test_the_last_value_given_stands_for_all_that_follow():
    read = tensor_protos.to_array("x", proto(1, [2, 3, 2], float_val=[1.0, 2.0]), FLOATS, 64)
    np.testing.assert_array_equal(read.ravel(), [1.0] + [2.0] * 11)
    assert (tensor_protos.to_array("x", proto(1, [2, 3, 2]), FLOATS, 64) == 0).all()


def test_strings_may_lie_in_the_content():
    content = bytes([1, 0, 200, 1]) + b"a" + b"z" * 200  # lengths 1, 0 and 200
    read = tensor_protos.to_array("x", proto(7, [3], tensor_content=content), STRINGS, 64)
    assert read.tolist() == [b"a", b"", b"z" * 200]


@pytest.mark.parametrize(
    "message, spec",
    [
        (proto(3, [1, 1, 2], int_val=[1, 2]), FLOATS),
        (proto(1, [1, 2], float_val=[1, 2]), FLOATS),
        (proto(1, [1, 1, 3], float_val=[1, 2, 3]), FLOATS),
        (proto(1, [], float_val=[1]), FLOATS),
        (proto(1, [65, 1, 2]), FLOATS),
        (proto(1, [1, -1, 2], float_val=[1]), FLOATS),
        (proto(1, [1, 2**40, 2], float_val=[1]), FLOATS),
        (proto(1, [1, 2**62, 2]), FLOATS),
        (proto(1, [1, 1, 2], float_val=[1, 2, 3]), FLOATS),
        (proto(1, [1, 1, 2], tensor_content=b"1234567"), FLOATS),
        (proto(7, [2], tensor_content=b"\x01"), STRINGS),
        (proto(7, [2], tensor_content=b"\xff" * 20), STRINGS),
        (proto(7, [1], tensor_content=b"\x05abc"), STRINGS),
        (proto(7, [1], string_val=[b"a", b"b"]), STRINGS),
    ],
)
def test_what_does_not_fit_is_refused_at_once(message, spec):
    with pytest.raises(Failure) as error:
        tensor_protos.to_array("x", message, spec, 64)
    assert error.value.code == "INVALID_ARGUMENT"


def test_a_shape_of_unknown_rank_is_refused():
    message = proto(1, [1, 1, 2], float_val=[1])
    message.tensor_shape.unknown_rank = True
    with pytest.raises(Failure):
        tensor_protos.to_array("x", message, FLOATS, 64)
