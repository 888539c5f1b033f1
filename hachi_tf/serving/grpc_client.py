"""A model behind TensorFlow Serving's gRPC interface, without TensorFlow."""

from typing import Any

import grpc
import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.serving.messages import (
    DTYPES,
    MESSAGES,
    STATES,
    predict_request,
    specify,
    to_array,
)
from hachi_tf.serving.transports import ServerError, Signatures

_NAMES = {number: "string" if name == "object" else name for name, number in DTYPES.items()}
_OPTIONS = [
    ("grpc.max_receive_message_length", -1),  # 4 MB by default
    ("grpc.max_send_message_length", -1),
    ("grpc.lb_policy_name", "round_robin"),  # where a name has several addresses
]


class GrpcTransport:
    """Calls of one model.

    Args:
        url: `grpc://host:port`, or `grpcs://host:port` for TLS; a name with several addresses, as
            a headless Service has, is asked in turns.
        model: the name that the model is served by.
        version: one version of it, or
        label: the label of one; by default the newest.
        token: for a server that wants one.

    Raises:
        UserError: if the address is no such address.
    """

    model = None  # none of this process

    def __init__(
        self,
        url: str,
        model: str,
        version: int | None = None,
        label: str | None = None,
        token: str | None = None,
    ):
        scheme, _, place = url.partition("://")
        if scheme not in ("grpc", "grpcs") or not place.strip("/"):
            raise UserError("an address like grpc://localhost:8500", repr(url))
        self.server, self._model = url, (model, version, label)
        self._headers = [("authorization", f"Bearer {token}")] if token else []
        place = place.strip("/")
        if scheme == "grpcs":
            credentials = grpc.ssl_channel_credentials()
            self._channel = grpc.secure_channel(place, credentials, _OPTIONS)
        else:
            self._channel = grpc.insecure_channel(place, _OPTIONS)

    def predict(
        self, signatures: Signatures, name: str, inputs: dict[str, np.ndarray], timeout_s: float
    ) -> dict[str, np.ndarray]:
        """Calls a signature, as `RestTransport.predict` does."""
        model, version, label = self._model
        request = predict_request(model, name, inputs, version, label)
        answer = self._ask("PredictionService/Predict", request, "PredictResponse", timeout_s)
        try:
            specs = signatures[name]["outputs"]
            return {key: to_array(answer.outputs[key]) for key in specs}
        except ValueError as error:
            raise ServerError("INTERNAL", str(error), self.server) from error

    def signatures(self, timeout_s: float) -> Signatures:
        """The signatures' inputs and outputs, as `RestTransport.signatures` gives them."""
        request = MESSAGES["GetModelMetadataRequest"](metadata_field=["signature_def"])
        specify(request.model_spec, *self._model)
        method = "PredictionService/GetModelMetadata"
        answer = self._ask(method, request, "GetModelMetadataResponse", timeout_s)
        packed = answer.metadata["signature_def"].value
        found = MESSAGES["SignatureDefMap"].FromString(packed).signature_def
        return {
            name: {
                side: {key: _describe(info) for key, info in getattr(each, side).items()}
                for side in ("inputs", "outputs")
            }
            for name, each in found.items()
            if not name.startswith("__")
        }

    def status(self, timeout_s: float) -> dict[int, str]:
        """The state of each version, as `RestTransport.status` gives it."""
        request = MESSAGES["GetModelStatusRequest"]()
        specify(request.model_spec, *self._model)
        method = "ModelService/GetModelStatus"
        answer = self._ask(method, request, "GetModelStatusResponse", timeout_s)
        found = answer.model_version_status
        return {each.version: STATES.get(each.state, "UNKNOWN") for each in found}

    def description(self, timeout_s: float) -> dict[str, Any] | None:
        """None: gRPC tells no more than `signatures`."""
        return None

    def close(self) -> None:
        """Closes the channel."""
        self._channel.close()

    def _ask(self, method: str, request: Any, answer: str, timeout_s: float) -> Any:
        call = self._channel.unary_unary(
            f"/tensorflow.serving.{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=MESSAGES[answer].FromString,
        )
        try:
            return call(request, timeout=timeout_s, metadata=self._headers)
        except grpc.RpcError as error:
            message = " ".join((error.details() or "").split())[:500]
            if message == "Deadline Exceeded":  # the client's own
                message = f"no answer within {timeout_s:.3g} s"
            raise ServerError(error.code().name, message, self.server) from error


def _describe(info: Any) -> dict[str, Any]:
    sizes = [dim.size for dim in info.tensor_shape.dim]
    shape = [None if size < 0 else size for size in sizes]
    return {"dtype": _NAMES.get(info.dtype, str(info.dtype)), "shape": shape}
