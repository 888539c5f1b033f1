"""What a page needs to know of an export, from what the export says of itself."""

import pathlib
from typing import Any

from hachi_tf.schema import Schema
from hachi_tf.serving import manifest
from hachi_tf.writing.suits import DEFAULT_STEPS

_SAID = 300  # characters of a description


def renderer_of(metadata: dict[str, Any]) -> str:
    """What a model's samples are drawn as, a key of `DEFAULT_STEPS`.

    Args:
        metadata: what `hachi.json` holds.
    """
    if Schema.from_dict(metadata["schema"]).text_unit is not None:
        return "text"
    found = metadata.get("data", {}).get("renderer")
    return found if found in DEFAULT_STEPS else "strokes"


def summary(metadata: dict[str, Any], path: pathlib.Path) -> dict[str, Any]:
    """What a page needs to know of an export.

    Args:
        metadata: what `hachi.json` holds.
        path: of the directory of its versions, where a README may lie.
    """
    schema, data = Schema.from_dict(metadata["schema"]), metadata.get("data", {})
    alphabet = metadata["network"]["config"].get("alphabet")
    characters = alphabet or ""
    if schema.text_unit == "char":
        characters = "".join(schema.features[0].classes)
    metrics, training = metadata.get("metrics", {}), metadata.get("training", {})
    flags = training.get("flags", {})
    kept = ("source", "network", "cell", "layers", "hidden_size", "batch_size", "epochs")
    figures = ("nats_per_step", "baseline", "num_events", "num_sequences")
    return {
        "renderer": renderer_of(metadata),
        "conditioned": alphabet is not None,
        "has_styles": [style["name"] for style in metadata.get("styles", [])],
        "styles": [
            {"name": style["name"], "text": style["text"]} for style in metadata.get("styles", [])
        ],
        "columns": metadata["schema"]["features"],
        "alphabet": characters,
        "max_steps": metadata["max_steps"],
        "state_size": metadata["state_size"],
        "unit": schema.text_unit,
        "end_of_sequence": schema.end_of_sequence,
        "fixable": manifest.is_fixable(metadata),
        "pen_rate_hz": None,
        "scale": data.get("scale"),
        "num_weights": metadata.get("num_weights"),
        "description": _said(path) or str(data.get("source") or ""),
        "license": data.get("licence", ""),
        "credit": data.get("credit", ""),
        "source": data.get("source", ""),
        "context": data.get("context"),
        "horizon": data.get("horizon"),
        "trained": {
            "step": training.get("step"),
            **{key: flags[key] for key in kept if key in flags},
            **{key: metrics[key] for key in figures if key in metrics},
        },
    }


def _said(path: pathlib.Path) -> str:
    """The first words of a README beside the versions."""
    try:
        text = (path / "README.md").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
    for part in text.split("\n\n"):
        if part.strip() and not part.lstrip().startswith(("#", "```", "|", "!")):
            said = " ".join(part.split())
            return said if len(said) <= _SAID else f"{said[: _SAID - 1]}\u2026"
    return ""
