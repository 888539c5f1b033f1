"""TensorFlow Serving's PredictionService and ModelService over gRPC, with its official messages.

Methods take bytes and read the message themselves, so that whatever is sent gets a plain answer.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from google.protobuf.message import DecodeError, Message
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_pb2,
    predict_pb2,
)

from hachi_tf.serving import messages_official as official
from hachi_tf.serving import tensor_protos
from hachi_tf.serving.core import DEFAULT, Core
from hachi_tf.serving.failures import Failure, invalid
from hachi_tf.serving.guard import Guard
from hachi_tf.serving.servable import Servable, Signature

log = logging.getLogger(__name__)

_UNKNOWN_SIGNATURE = 'Serving signature key "{}" not found.'


class GrpcService:
    """The methods.

    Args:
        core: answers requests.
        guard: says who may ask; only its token counts here, since no page speaks gRPC.
    """

    def __init__(self, core: Core, guard: Guard):
        self.core, self.guard = core, guard
        self.running = 0

    def handlers(self) -> tuple[grpc.GenericRpcHandler, ...]:
        """What a `grpc.aio.Server` is given."""
        requests = {
            ("PredictionService", "Predict"): (self.predict, predict_pb2.PredictRequest),
            ("PredictionService", "GetModelMetadata"): (
                self.metadata,
                get_model_metadata_pb2.GetModelMetadataRequest,
            ),
            ("ModelService", "GetModelStatus"): (
                self.status,
                get_model_status_pb2.GetModelStatusRequest,
            ),
        }
        services: dict[str, dict[str, grpc.RpcMethodHandler]] = {}
        for (service, name), (method, kind) in requests.items():
            handler = grpc.unary_unary_rpc_method_handler(self._method(method, kind))
            services.setdefault(f"tensorflow.serving.{service}", {})[name] = handler
        return tuple(
            grpc.method_handlers_generic_handler(name, methods)
            for name, methods in services.items()
        )

    def _method(
        self, method: Callable[[Any, Any], Awaitable[Message]], kind: type[Message]
    ) -> Callable[[bytes, Any], Awaitable[bytes]]:
        async def answer(body: bytes, context: Any) -> bytes:
            self.running += 1
            try:
                metadata = dict(context.invocation_metadata() or ())
                self.guard.check_token(metadata.get("authorization"))
                try:
                    request = kind.FromString(body)
                except DecodeError as error:
                    raise invalid(f"expected a {kind.DESCRIPTOR.name}") from error
                return (await method(request, context)).SerializeToString()
            except Failure as failure:
                code, message = failure.code, failure.message
            except Exception:
                log.exception("a request failed")
                code, message = "INTERNAL", "internal error"
            finally:
                self.running -= 1
            await context.abort(grpc.StatusCode[code], message)

        return answer

    async def predict(
        self, request: predict_pb2.PredictRequest, context: Any
    ) -> predict_pb2.PredictResponse:
        """Calls a signature.

        Raises:
            Failure: as TensorFlow Serving's predict_util.cc says.
        """
        with self.core.counted("GRPC") as counted:
            servable = self._servable(request)
            signature = counted.resolved(
                servable,
                request.model_spec.signature_name,
                "FAILED_PRECONDITION",
                _UNKNOWN_SIGNATURE,
            )
            inputs = _inputs(request, signature, self.core.limits.max_rows)
            wanted = _outputs(request, signature)
            self.core.check(inputs, servable)
            left_s = context.time_remaining()
            outputs = await self.core.compute(servable, counted.signature, inputs, left_s)
            response = predict_pb2.PredictResponse()
            _specify(response.model_spec, servable, request.model_spec.signature_name or DEFAULT)
            for name in wanted:
                tensor_protos.fill(response.outputs[name], outputs[name], signature.outputs[name])
            return response

    async def metadata(
        self, request: get_model_metadata_pb2.GetModelMetadataRequest, context: Any
    ) -> get_model_metadata_pb2.GetModelMetadataResponse:
        """The signatures of a model.

        Raises:
            Failure: if there is no such model, or something else is asked for.
        """
        if not request.HasField("model_spec"):
            raise invalid("Missing ModelSpec")
        if not request.metadata_field:
            raise invalid("GetModelMetadataRequest must specify at least one metadata_field")
        for field in request.metadata_field:
            if field != official.SIGNATURE_DEF:
                raise invalid(f"Metadata field {field[:200]} is not supported")
        servable = self._servable(request)
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        _specify(response.model_spec, servable, "")
        response.metadata[official.SIGNATURE_DEF].Pack(official.signature_defs(servable))
        return response

    async def status(
        self, request: get_model_status_pb2.GetModelStatusRequest, context: Any
    ) -> get_model_status_pb2.GetModelStatusResponse:
        """What has become of a model's versions.

        Raises:
            Failure: if there is no such model or version.
        """
        if not request.HasField("model_spec"):
            raise invalid("Missing ModelSpec")
        spec = request.model_spec
        version = spec.version.value if spec.HasField("version") else None
        return official.status(self.core.registry, spec.name, version)

    def _servable(self, request: Any) -> Servable:
        if not request.HasField("model_spec"):
            raise invalid("Missing ModelSpec")
        spec = request.model_spec
        version = spec.version.value if spec.HasField("version") else None
        label = spec.version_label if spec.HasField("version_label") else None
        return self.core.registry.get(spec.name, version, label)


async def start(service: GrpcService, address: str) -> tuple[grpc.aio.Server, int]:
    """A running server, and the port that it is bound to.

    Args:
        service: its methods.
        address: host and port; 0 takes a free port.

    Raises:
        OSError: if the port is taken.
    """
    limits = service.core.limits
    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", limits.max_body_bytes),
            ("grpc.max_send_message_length", -1),
            ("grpc.so_reuseport", 0),
        ],
        maximum_concurrent_rpcs=2 * limits.max_queue,
    )
    server.add_generic_rpc_handlers(service.handlers())
    try:
        port = server.add_insecure_port(address)
    except RuntimeError as error:
        raise OSError(f"gRPC cannot listen at {address}") from error
    await server.start()
    return server, port


def _inputs(request: Any, signature: Signature, max_rows: int) -> dict[str, Any]:
    given, wanted = set(request.inputs), set(signature.inputs)
    if len(given) != len(wanted):
        lists = [
            ",".join(sorted(each)[:50]) for each in (given, wanted, given - wanted, wanted - given)
        ]
        raise invalid(
            f"input size does not match signature: {len(given)}!={len(wanted)} len({{{lists[0]}}}) "
            f"!= len({{{lists[1]}}}). Sent extra: {{{lists[2]}}}. "
            f"Missing but required: {{{lists[3]}}}."[:2000]
        )
    for name in given - wanted:
        raise invalid(
            f"input tensor alias not found in signature: {name[:200]}. Inputs expected to be in "
            f"the set {{{','.join(sorted(wanted))}}}."
        )
    return {
        name: tensor_protos.to_array(name, request.inputs[name], spec, max_rows)
        for name, spec in signature.inputs.items()
    }


def _outputs(request: Any, signature: Signature) -> list[str]:
    """Names of the outputs wanted."""
    wanted = list(request.output_filter)
    for name in wanted:
        if name not in signature.outputs:
            raise invalid(
                f"output tensor alias not found in signature: {name[:200]} Outputs expected to be "
                f"in the set {{{','.join(sorted(signature.outputs))}}}."
            )
    if len(set(wanted)) < len(wanted):
        raise invalid("duplicate output tensor alias")
    return wanted or list(signature.outputs)


def _specify(spec: model_pb2.ModelSpec, servable: Servable, signature: str) -> None:
    spec.name, spec.version.value = servable.name, servable.version
    spec.signature_name = signature
