"""What `hachi_tf.serve` adds to the REST interface of TensorFlow Serving, for OpenAPI."""

import re
import urllib.parse
from collections.abc import Iterable
from typing import Any

_STREAMED = ("sample", "continue", "sample_primed")
_EVENTS = """Server-sent events. `chunk` has the outputs with steps, of the events drawn since the
last one; `end`, the last, has all others, the number of events and the state to go on from; `error`
comes in its place where something failed on the way."""


def add_embedded(description: dict[str, Any], models: Iterable[str]) -> None:
    """Adds streams, health, metrics and the token to a description.

    Args:
        description: as `hachi_tf.serving.openapi.describe` makes it.
        models: the names that models are served by.
    """
    paths = description["paths"]
    for name in models:
        paths[f"/v1/models/{urllib.parse.quote(name, safe='')}:stream"] = {"post": _stream(name)}
    plain = {"text/plain": {"schema": {"type": "string"}}}
    json = {"application/json": {"schema": {"type": "object"}}}
    for path, text, content, is_open in (
        ("/monitoring/prometheus/metrics", "Counts and times in Prometheus's format.", plain, True),
        ("/healthz", "The server runs.", json, True),
        ("/readyz", "Each model has a version that is served.", json, True),
        ("/openapi.json", "This description.", json, False),
    ):
        answers = {"200": {"description": text, "content": content}}
        if path == "/readyz":
            answers["503"] = {"description": "It does not, or the server ends.", "content": json}
        operation = {"operationId": path.rpartition("/")[2], "responses": answers}
        paths[path] = {"get": operation | ({"security": []} if is_open else {})}
    description["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    description["security"] = [{}, {"token": []}]


def _stream(name: str) -> dict[str, Any]:
    bodies = []
    for signature in _STREAMED:
        key = re.sub(r"[^\w.-]", "_", f"{name}.{signature}.inputs")
        properties = {
            "signature_name": {"const": signature},
            "inputs": {"$ref": f"#/components/schemas/{key}", "description": "Of one row."},
            "chunk_steps": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 25},
        }
        required = ["signature_name", "inputs"]
        bodies.append({"type": "object", "properties": properties, "required": required})
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    events = {"text/event-stream": {"schema": {"type": "string"}}}
    return {
        "operationId": re.sub(r"\W", "_", f"{name}.stream"),
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"anyOf": bodies}}},
        },
        "responses": {
            "200": {"description": " ".join(_EVENTS.split()), "content": events},
            "default": {"description": "An error before anything was sent.", "content": error},
        },
    }
