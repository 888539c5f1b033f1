"""TensorFlow Serving's REST interface as an ASGI application, with streams, metrics and health.

Routes and errors are those of tensorflow_serving/model_servers/http_rest_api_util.cc; what is not
among them is `POST .../N:stream`, `GET /healthz`, `GET /readyz` and `GET /openapi.json`.
"""

import dataclasses
import logging
import re
import urllib.parse
from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format

from hachi_tf.serving import metrics, openapi, rest_json
from hachi_tf.serving.asgi import (
    JSON,
    Buffered,
    Disconnected,
    Receive,
    Send,
    read_body,
    respond,
    until_gone,
)
from hachi_tf.serving.core import Core, Counted
from hachi_tf.serving.failures import Failure, invalid
from hachi_tf.serving.guard import Guard
from hachi_tf.serving.servable import Servable, Signature
from hachi_tf.serving.streaming import stream

log = logging.getLogger(__name__)

_SPEC = r"/v1/models/([^/:]+)(?:(?:/versions/(\d+))|(?:/labels/([^/:]+)))?"
_POST = re.compile(_SPEC + r":(classify|regress|predict|stream)", re.IGNORECASE)
_GET = re.compile(
    r"/v1/models(?:/([^/:]+))?(?:(?:/versions/(\d+))|(?:/labels/([^/:]+)))?(?:/(metadata))?",
    re.IGNORECASE,
)
_ADVICE = {
    "UNAUTHENTICATED": [("www-authenticate", "Bearer")],
    "RESOURCE_EXHAUSTED": [("retry-after", "1")],
    "UNAVAILABLE": [("retry-after", "1")],
}
_UNKNOWN_SIGNATURE = 'Serving signature name: "{}" not found in signature def'


@dataclasses.dataclass(frozen=True)
class Request:
    """A request whose headers have come."""

    method: str
    path: str
    headers: Mapping[str, str]
    receive: Receive
    send: Send
    query: bytes = b""


class RestApp:
    """An ASGI application.

    Args:
        core: answers requests.
        guard: says who may ask.
        pages: None, or what answers the paths that it `is_for`: it is called with a `Request`
            whose Host has been looked at, and with what requests that are received share.
    """

    def __init__(self, core: Core, guard: Guard, pages: Any = None):
        self.core, self.guard, self.pages = core, guard, pages
        self.buffered = Buffered(core.limits.max_buffered_bytes)
        self.streams = self.running = 0
        self.is_draining = False

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answers one request; ASGI's other kinds of events have no answer."""
        if scope["type"] != "http":
            return
        pairs = [
            (name.decode("latin-1"), each.decode("latin-1")) for name, each in scope["headers"]
        ]
        raw = scope.get("raw_path") or scope["path"].encode()
        path = raw.decode("latin-1")
        query = scope.get("query_string", b"")
        request = Request(scope["method"], path, dict(pairs), receive, send, query)
        shared: list[tuple[str, str]] = []
        self.running += 1
        try:
            names = [name for name, _ in pairs]
            if any(names.count(name) > 1 for name in ("host", "origin", "authorization")):
                raise invalid("a header is there twice")
            self.guard.check_host(request.headers.get("host"))
            origin = request.headers.get("origin")
            self.guard.check_origin(origin, request.headers.get("host"))
            if origin is not None and self.guard.allows(origin):
                shared = [("access-control-allow-origin", origin), ("vary", "Origin")]
            await self._route(request, shared)
        except Disconnected:
            return
        except Failure as failure:
            shared = [*shared, *_ADVICE.get(failure.code, ())]
            message = failure.message.encode("utf-8", "replace").decode()
            body = rest_json.dumps({"error": message})
            await respond(send, failure.http_status, body, headers=shared)
        except Exception:
            log.exception("a request failed")
            await respond(send, 500, b'{"error":"internal error"}', headers=shared)
        finally:
            self.running -= 1

    async def _route(self, request: Request, shared: list[tuple[str, str]]) -> None:
        method, path = request.method, request.path
        if method == "OPTIONS" and shared:
            allowed = [
                ("access-control-allow-methods", "GET, POST"),
                ("access-control-allow-headers", "Content-Type, Authorization"),
                ("access-control-max-age", "600"),
            ]
            await respond(request.send, 204, b"", headers=[*shared, *allowed])
            return
        if method == "GET" and path in ("/healthz", "/readyz", metrics.PATH):
            await self._open(request, shared)
            return
        if self.pages is not None and self.pages.is_for(path):
            await self.pages(request, self.buffered)
            return
        self.guard.check_token(request.headers.get("authorization"))
        if method == "POST" and (match := _POST.fullmatch(path)):
            await self._post(request, match, shared)
        elif method == "GET" and path == "/openapi.json":
            models = self.core.registry.models.values()
            described = {each.name: each.get().metadata for each in models if each.is_available}
            body = rest_json.dumps(openapi.describe(described, embedded=True))
            await respond(request.send, 200, body, headers=shared)
        elif method == "GET" and (match := _GET.fullmatch(path)):
            await respond(request.send, 200, self._get(match), headers=shared)
        elif path.lower().startswith("/v1/"):
            raise invalid(f"Malformed request: {method} {path[:200]}")
        else:
            raise Failure("NOT_FOUND", "no such route; models are at /v1/models/NAME")

    async def _open(self, request: Request, shared: list[tuple[str, str]]) -> None:
        """What needs no token."""
        if request.path == metrics.PATH:
            page = self.core.metrics.page()
            await respond(request.send, 200, page, metrics.CONTENT_TYPE, shared)
            return
        is_ready = self.core.registry.is_ready and not self.is_draining
        fine = request.path == "/healthz" or is_ready
        body = b'{"status":"ok"}' if fine else b'{"status":"not ready"}'
        await respond(request.send, 200 if fine else 503, body, headers=shared)

    def _get(self, match: re.Match[str]) -> bytes:
        """A model's status or metadata."""
        from hachi_tf.serving import messages_official as official

        if not match[1]:
            raise invalid("Missing model name in request.")
        name, version, label = _model(match)
        if match[4]:
            servable = self.core.registry.get(name, version, label)
            return rest_json.dumps(official.metadata_for_json(servable))
        statuses = official.status(self.core.registry, name, version)
        return json_format.MessageToJson(
            statuses, always_print_fields_with_no_presence=True, preserving_proto_field_name=True
        ).encode()

    async def _post(
        self, request: Request, match: re.Match[str], shared: list[tuple[str, str]]
    ) -> None:
        headers, verb = request.headers, match[4].lower()
        with self.core.counted("REST") as counted:
            _model(match)  # TensorFlow Serving reads the path before the body
            from_browser = "origin" in headers or "sec-fetch-site" in headers
            self.guard.check_content_type(headers.get("content-type"), from_browser)
            limits = self.core.limits
            body = await read_body(
                request.receive, headers, limits.max_body_bytes, self.buffered, limits.timeout_s
            )
            value = rest_json.parse(body)
            servable, signature = self._signature(counted, match, value)
            inputs, in_rows = rest_json.to_arrays(value, signature, limits.max_rows)
            self.core.check(inputs, servable)
            if verb == "stream":
                await self._stream(request, servable, counted.signature, inputs, value, shared)
                return
            work = self.core.compute(servable, counted.signature, inputs)
            outputs = await until_gone(request.receive, work)
            await respond(request.send, 200, rest_json.to_json(outputs, in_rows), JSON, shared)

    def _signature(
        self, counted: Counted, match: re.Match[str], value: dict[str, Any]
    ) -> tuple[Servable, Signature]:
        name, version, label = _model(match)
        servable = self.core.registry.get(name, version, label)
        if match[4].lower() in ("classify", "regress"):
            raise invalid(f"Expected a signature to {match[4].lower()}; this server's predict")
        asked = rest_json.signature_name(value)
        signature = counted.resolved(servable, asked, "INVALID_ARGUMENT", _UNKNOWN_SIGNATURE)
        return servable, signature

    async def _stream(self, request, servable, signature, inputs, value, shared) -> None:
        if self.streams >= self.core.limits.max_streams:
            raise Failure("RESOURCE_EXHAUSTED", f"{self.streams} streams run already")
        self.streams += 1
        try:
            work = stream(self.core, servable, signature, inputs, value, request.send, shared)
            await until_gone(request.receive, work)
        finally:
            self.streams -= 1


def _model(match: re.Match[str]) -> tuple[str, int | None, str | None]:
    """Name, version and label in a path."""
    name, version, label = (
        urllib.parse.unquote(each) if each else None for each in match.group(1, 2, 3)
    )
    if version is None:
        return name, None, label
    number = int(version.lstrip("0")[:20] or 0)  # so many digits are too many already
    if number >= 2**63:
        raise invalid(f"Failed to convert version: {version[:40]} to numeric.")
    return name, number, label
