"""The REST interface of exports as an OpenAPI 3.1 description, made from `assets/hachi.json`.

What it describes is TensorFlow Serving's own interface, with the types and shapes of the export's
signatures; with `embedded`, also what `hachi_tf.serve` adds to it.
"""

import json
import pathlib
import re
import urllib.parse
from collections.abc import Mapping
from typing import Any

from hachi_tf.serving import manifest, warmup
from hachi_tf.serving.openapi_embedded import add_embedded

PATH = pathlib.Path("assets.extra", "openapi.json")

_DEFAULT = "serving_default"
_ITEMS = {
    "float32": {
        "type": "number",
        "description": "Also the bare tokens NaN, Infinity and -Infinity, which are no JSON.",
    },
    "int32": {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
    "bool": {"type": "boolean"},
    "string": {
        "oneOf": [
            {"type": "string", "description": "UTF-8."},
            {
                "type": "object",
                "properties": {"b64": {"type": "string", "contentEncoding": "base64"}},
                "required": ["b64"],
                "additionalProperties": False,
            },
        ]
    },
}
_TEXTS = {
    "seed": "Two numbers a row that all of its randomness follows from.",
    "num_steps": "The most events to draw; more than the export allows is cut to that.",
    "bias": "0 is unbiased, more is neater.",
    "temperature": "1 is unchanged, 0 takes the likeliest.",
    "top_k": "So many of the likeliest classes may be drawn, 0 for all.",
    "top_p": "The likeliest classes with this probability together may be drawn, 1 for all.",
    "fixed": "Values that columns are held at, in data units; NaN where a column is free.",
    "known": "Columns that are known before, of the events to draw, in data units.",
    "text": "The whole text to write or to read, in Unicode's normal form C.",
    "style": "The name of one of the export's styles; empty for none.",
    "prime": "Events to begin with, in data units; zeros past prime_lengths.",
    "prime_lengths": "How many events of prime count.",
    "prime_text": "What the prime says; of a model of text, the prime itself.",
    "state": "What an earlier answer returned to go on from; zeros are the beginning.",
    "events": "Events in data units; zeros past lengths.",
    "event": "One event in data units; of a model of text, the index of a class.",
    "has_event": "Whether event takes the place of the model's own last one.",
    "lengths": "How many events count.",
    "ended": "Whether the sequence has ended.",
    "log_prob": "Nats, of densities in data units.",
    "step_log_prob": "Nats for each event.",
    "complete": "Whether the sequence has ended and no character was skipped.",
    "position": "The centre of the window over the text, 1 on the first character.",
    "num_unknown": "How many characters were left out since the model lacks them.",
    "params": "The head's parameters that the event was drawn from.",
}
_STATUS = {
    "type": "object",
    "required": ["model_version_status"],
    "properties": {
        "model_version_status": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["version", "state", "status"],
                "properties": {
                    "version": {"type": "string", "pattern": "^[0-9]+$"},
                    "state": {"enum": ["START", "LOADING", "AVAILABLE", "UNLOADING", "END"]},
                    "status": {
                        "type": "object",
                        "properties": {
                            "error_code": {"type": "string"},
                            "error_message": {"type": "string"},
                        },
                    },
                },
            },
        }
    },
}
_ERROR = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}


def describe(models: Mapping[str, Mapping[str, Any]], embedded: bool = False) -> dict[str, Any]:
    """The description of a server of some models.

    Args:
        models: what `assets/hachi.json` holds, by the name that each is served by.
        embedded: whether the server is `hachi_tf.serve`, which may want a token and has metrics.

    Returns:
        A dictionary for JSON. `x-hachi_tf` holds columns, limits and styles of each model.
    """
    schemas: dict[str, Any] = {"Status": _STATUS, "Error": _ERROR, "Metadata": {"type": "object"}}
    paths: dict[str, Any] = {}
    for name, metadata in models.items():
        for signature, specs in metadata["signatures"].items():
            for side in ("inputs", "outputs"):
                schemas[_key(name, signature, side)] = _tensors(specs[side], rows=True)
                schemas[_key(name, signature, side, "row")] = _tensors(specs[side], rows=False)
        schemas[_key(name, "request")] = {"anyOf": _bodies(name, metadata, request=True)}
        schemas[_key(name, "answer")] = {"anyOf": _bodies(name, metadata, request=False)}
        paths |= _paths(name, metadata)
    result = {
        "openapi": "3.1.0",
        "info": {
            "title": ", ".join(models),
            "version": "v1",
            "description": "TensorFlow Serving's REST interface to exports of hachi_tf.",
        },
        "servers": [{"url": "/" if embedded else "http://localhost:8501"}],
        "paths": paths,
        "components": {"schemas": schemas},
        "x-hachi_tf": {name: summary(metadata) for name, metadata in models.items()},
    }
    if embedded:
        add_embedded(result, models)
    return result


def write(version_dir: pathlib.Path, metadata: Mapping[str, Any]) -> None:
    """Writes the description of an export beside it.

    Args:
        version_dir: the export.
        metadata: what its `assets/hachi.json` holds.
    """
    path = version_dir / PATH
    path.parent.mkdir(exist_ok=True)
    text = json.dumps(describe({metadata.get("name", "model"): metadata}), ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def _paths(name: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The routes of one model: the newest version, a version, a label."""
    base = f"/v1/models/{urllib.parse.quote(name, safe='')}"
    number = {"type": "string", "pattern": "^[0-9]+$"}
    routes = {
        "": [],
        "/versions/{version}": [_parameter("version", number)],
        "/labels/{label}": [_parameter("label", {"type": "string", "minLength": 1})],
    }
    paths = {}
    for route, parameters in routes.items():
        kind = route.split("/")[1] if route else "latest"
        status = _operation(f"{name}.status.{kind}", "Status", parameters)
        described = _operation(f"{name}.metadata.{kind}", "Metadata", parameters)
        predict = _operation(f"{name}.predict.{kind}", _key(name, "answer"), parameters)
        content = _content(_key(name, "request"))
        if not manifest.is_fixable(metadata):  # or its example would hold a NaN
            content["application/json"]["example"] = {"inputs": _example(metadata)}
        predict["requestBody"] = {"required": True, "content": content}
        paths[f"{base}{route}"] = {"get": status}
        paths[f"{base}{route}/metadata"] = {"get": described}
        paths[f"{base}{route}:predict"] = {"post": predict}
    return paths


def _operation(name: str, schema: str, parameters: list[Any]) -> dict[str, Any]:
    operation = {
        "operationId": re.sub(r"\W", "_", name),
        "responses": {
            "200": {"description": "The answer.", "content": _content(schema)},
            "400": {"description": "A request that does not fit.", "content": _content("Error")},
            "404": {"description": "No such model or version.", "content": _content("Error")},
            "default": {"description": "Another error.", "content": _content("Error")},
        },
    }
    return operation | ({"parameters": parameters} if parameters else {})


def _content(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _bodies(name: str, metadata: Mapping[str, Any], request: bool) -> list[dict[str, Any]]:
    """What is sent, or what comes back: columns or rows, for each signature."""
    side, keys = ("inputs", ("inputs", "instances")) if request else (
        "outputs", ("outputs", "predictions"))  # fmt: skip
    bodies = []
    for signature in metadata["signatures"]:
        row = {"$ref": f"#/components/schemas/{_key(name, signature, side, 'row')}"}
        columns = {"$ref": f"#/components/schemas/{_key(name, signature, side)}"}
        for key, value in zip(keys, (columns, {"type": "array", "items": row}), strict=True):
            if request and key == "instances":
                value = value | {"minItems": 1}
            body = {"type": "object", "properties": {key: value}, "required": [key]}
            if request:
                body["properties"]["signature_name"] = {"const": signature}
                body["required"] += ["signature_name"] * (signature != _DEFAULT)
            bodies.append(body)
    return bodies


def _tensors(specs: Mapping[str, Any], rows: bool) -> dict[str, Any]:
    """An object of named tensors, of all rows or of one."""
    properties = {
        name: _tensor(spec["dtype"], spec["shape"][0 if rows else 1 :])
        | ({"description": _TEXTS[name]} if name in _TEXTS else {})
        for name, spec in specs.items()
    }
    return {"type": "object", "properties": properties, "required": sorted(properties)}


def _tensor(dtype: str, shape: list[int | None]) -> dict[str, Any]:
    schema = _ITEMS[dtype]
    for size in reversed(shape):
        schema = {"type": "array", "items": schema}
        schema |= {} if size is None else {"minItems": size, "maxItems": size}
    return schema


def _example(metadata: Mapping[str, Any]) -> dict[str, Any]:
    inputs = warmup.example_inputs(metadata, "sample", num_steps=20)
    return {
        name: [each.decode() for each in array] if array.dtype == object else array.tolist()
        for name, array in inputs.items()
    }


def summary(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """What a client may want to know besides: columns, limits, characters, styles.

    Args:
        metadata: what `assets/hachi.json` holds.
    """
    styles = {each["name"]: each["text"] for each in metadata.get("styles", [])}
    return {
        "schema": metadata["schema"],
        "max_steps": metadata["max_steps"],
        "state_size": metadata["state_size"],
        "alphabet": metadata["network"]["config"].get("alphabet"),
        "styles": styles,
    }


def _key(*parts: str) -> str:
    return re.sub(r"[^\w.-]", "_", ".".join(parts))
