"""The messages of TensorFlow Serving's protocol that exports and clients need, without TensorFlow.

They are the official ones, field by field, in a descriptor pool of their own: those of the package
tensorflow-serving-api bring all of TensorFlow along. Enumerations are int32 here, which is the same
on the wire. Sources: tensorflow/core/framework/tensor.proto, tensorflow/core/protobuf/
meta_graph.proto and tensorflow_serving/apis/*.proto.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

# message: field: (number, type); `[]` is repeated, `{}` a map from names.
FIELDS = {
    "Dim": {"size": (1, "int64"), "name": (2, "string")},
    "TensorShapeProto": {"dim": (2, "[]Dim"), "unknown_rank": (3, "bool")},
    "TensorProto": {
        "dtype": (1, "int32"),
        "tensor_shape": (2, "TensorShapeProto"),
        "version_number": (3, "int32"),
        "tensor_content": (4, "bytes"),
        "float_val": (5, "[]float"),
        "int_val": (7, "[]int32"),
        "string_val": (8, "[]bytes"),
        "int64_val": (10, "[]int64"),
        "bool_val": (11, "[]bool"),
    },
    "TensorInfo": {
        "name": (1, "string"),
        "dtype": (2, "int32"),
        "tensor_shape": (3, "TensorShapeProto"),
    },
    "SignatureDef": {
        "inputs": (1, "{}TensorInfo"),
        "outputs": (2, "{}TensorInfo"),
        "method_name": (3, "string"),
    },
    "SignatureDefMap": {"signature_def": (1, "{}SignatureDef")},
    "Int64Value": {"value": (1, "int64")},
    "Any": {"type_url": (1, "string"), "value": (2, "bytes")},
    "ModelSpec": {
        "name": (1, "string"),
        "version": (2, "Int64Value"),
        "signature_name": (3, "string"),
        "version_label": (4, "string"),
    },
    "PredictRequest": {
        "model_spec": (1, "ModelSpec"),
        "inputs": (2, "{}TensorProto"),
        "output_filter": (3, "[]string"),
    },
    "PredictResponse": {"outputs": (1, "{}TensorProto"), "model_spec": (2, "ModelSpec")},
    "PredictLog": {"request": (1, "PredictRequest"), "response": (2, "PredictResponse")},
    "PredictionLog": {"predict_log": (6, "PredictLog")},
    "StatusProto": {"error_code": (1, "int32"), "error_message": (2, "string")},
    "ModelVersionStatus": {
        "version": (1, "int64"),
        "state": (2, "int32"),
        "status": (3, "StatusProto"),
    },
    "GetModelStatusRequest": {"model_spec": (1, "ModelSpec")},
    "GetModelStatusResponse": {"model_version_status": (1, "[]ModelVersionStatus")},
    "GetModelMetadataRequest": {
        "model_spec": (1, "ModelSpec"),
        "metadata_field": (2, "[]string"),
    },
    "GetModelMetadataResponse": {"model_spec": (1, "ModelSpec"), "metadata": (2, "{}Any")},
}
STATES = {0: "UNKNOWN", 10: "START", 20: "LOADING", 30: "AVAILABLE", 40: "UNLOADING", 50: "END"}

# Number of a type in DataType, by its name in NumPy; an object is a string.
DTYPES = {"float32": 1, "int32": 3, "object": 7, "int64": 9, "bool": 10}
_NAMES = {number: name for name, number in DTYPES.items()}
_VALUES = {
    "float32": "float_val",
    "int32": "int_val",
    "object": "string_val",
    "int64": "int64_val",
    "bool": "bool_val",
}
_PACKAGE = "hachi_tf.serving"


def _make_messages() -> dict[str, Any]:
    """A class a message, by its name."""
    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="hachi_tf/serving.proto", package=_PACKAGE, syntax="proto3"
    )

    def add(message, name, number, kind):
        field = message.field.add(name=name, number=number)
        field.label = kinds.LABEL_REPEATED if kind[:2] in ("[]", "{}") else kinds.LABEL_OPTIONAL
        if kind.startswith("{}"):
            entry = message.nested_type.add(name=name.title().replace("_", "") + "Entry")
            entry.options.map_entry = True
            add(entry, "key", 1, "string")
            add(entry, "value", 2, kind[2:])
            kind = f"{message.name}.{entry.name}"
        kind = kind.removeprefix("[]")
        if kind.islower() or kind in ("int32", "int64"):
            field.type = getattr(kinds, f"TYPE_{kind.upper()}")
        else:
            field.type, field.type_name = kinds.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"

    for name, fields in FIELDS.items():
        message = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            add(message, field, number, kind)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    find = pool.FindMessageTypeByName
    return {name: message_factory.GetMessageClass(find(f"{_PACKAGE}.{name}")) for name in FIELDS}


MESSAGES = _make_messages()


def to_tensor(array: np.ndarray) -> Any:
    """A `TensorProto` of an array of float32, int32, int64, bool, or object with bytes.

    Raises:
        KeyError: if its type is another.
    """
    tensor = MESSAGES["TensorProto"](dtype=DTYPES[array.dtype.name])
    for size in array.shape:
        tensor.tensor_shape.dim.add(size=size)
    if array.dtype.name == "object":
        tensor.string_val.extend(array.ravel().tolist())
        return tensor
    content = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
    if array.size > 1 and content == content[: array.itemsize] * array.size:
        # The last value given stands for all that follow, which keeps states of zeros small.
        getattr(tensor, _VALUES[array.dtype.name]).append(array.flat[0].item())
    else:
        tensor.tensor_content = content
    return tensor


def to_array(tensor: Any) -> np.ndarray:
    """The array in a `TensorProto`, an array of bytes objects if it holds strings.

    Raises:
        ValueError: if its type is none of `DTYPES`, or its values do not fit its shape.
    """
    if tensor.dtype not in _NAMES:
        raise ValueError(f"a tensor of type {tensor.dtype}")
    name = _NAMES[tensor.dtype]
    shape = [dim.size for dim in tensor.tensor_shape.dim]
    if tensor.tensor_content and name != "object":
        array = np.frombuffer(tensor.tensor_content, np.dtype(name).newbyteorder("<"))
        return array.astype(name).reshape(shape)
    values = list(getattr(tensor, _VALUES[name]))
    count = int(np.prod(shape, dtype=np.int64))
    if len(values) > count or (count and not values):
        raise ValueError(f"{len(values)} values for a tensor of shape {shape}")
    array = np.empty(count, name)
    array[: len(values)] = values
    if values:
        array[len(values) :] = values[-1:] * (count - len(values))
    return array.reshape(shape)


def predict_request(
    model: str,
    signature: str,
    inputs: Mapping[str, np.ndarray],
    version: int | None = None,
    label: str | None = None,
) -> Any:
    """A `PredictRequest` for a signature of a model, for its newest version by default.

    Args:
        model: the name that it is served by.
        signature: the signature's name.
        inputs: arrays as for `to_tensor`, by name.
        version: one version of the model, or
        label: the label of one.
    """
    request = MESSAGES["PredictRequest"]()
    specify(request.model_spec, model, version, label)
    request.model_spec.signature_name = signature
    for name, array in inputs.items():
        request.inputs[name].CopyFrom(to_tensor(array))
    return request


def specify(spec: Any, model: str, version: int | None, label: str | None) -> None:
    """Fills a `ModelSpec` in."""
    spec.name = model
    if version is not None:
        spec.version.value = version
    if label is not None:
        spec.version_label = label
