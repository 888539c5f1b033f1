"""Answers in the official messages of TensorFlow Serving, from tensorflow-serving-api."""

from typing import Any

from google.protobuf import json_format
from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2

from hachi_tf.serving.messages import STATES
from hachi_tf.serving.registry import Registry
from hachi_tf.serving.servable import Servable

# As tensorflow/core/protobuf/error_codes.proto numbers them.
_CODES = {"OK": 0, "INTERNAL": 13}
_STATES = {name: number for number, name in STATES.items()}
SIGNATURE_DEF = "signature_def"


def status(
    registry: Registry, name: str, version: int | None
) -> get_model_status_pb2.GetModelStatusResponse:
    """What has become of a model's versions, or of one.

    Raises:
        Failure: if there is no such model or version.
    """
    response = get_model_status_pb2.GetModelStatusResponse()
    for number, each in registry.statuses(name, version).items():
        added = response.model_version_status.add(version=number, state=_STATES[each.state])
        added.status.error_code = _CODES[each.code]
        added.status.error_message = each.message
    return response


def signature_defs(servable: Servable) -> get_model_metadata_pb2.SignatureDefMap:
    """The signatures of a loaded version."""
    message = get_model_metadata_pb2.SignatureDefMap()
    for name, each in servable.signature_defs.items():
        message.signature_def[name].CopyFrom(each)
    return message


def metadata_for_json(servable: Servable) -> dict[str, Any]:
    """A loaded version's metadata as TensorFlow Serving's REST interface shows it."""
    options = {"always_print_fields_with_no_presence": True, "preserving_proto_field_name": True}
    spec = get_model_metadata_pb2.GetModelMetadataResponse().model_spec
    spec.name, spec.version.value, spec.signature_name = servable.name, servable.version, ""
    return {
        "model_spec": json_format.MessageToDict(spec, **options),
        "metadata": {SIGNATURE_DEF: json_format.MessageToDict(signature_defs(servable), **options)},
    }
