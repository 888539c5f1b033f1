"""Requests that warm a server up: one for each signature of an export.

TensorFlow prepares a graph when it first runs. TensorFlow Serving replays the requests that lie
beside a SavedModel before it serves it, so that nobody waits for that. (If one of them fails, it
does not serve the export at all.)
"""

import pathlib
from typing import Any

import numpy as np

from hachi_tf.serving import messages

PATH = pathlib.Path("assets.extra", "tf_serving_warmup_requests")
STEPS = 3

_TEXT = "the quick brown fox"


def example_inputs(
    metadata: dict[str, Any], signature: str, rows: int = 1, num_steps: int = STEPS
) -> dict[str, np.ndarray]:
    """Small inputs of a signature, of the right types and shapes.

    Args:
        metadata: what `assets/hachi.json` holds.
        signature: the signature's name.
        rows: B, how many rows.
        num_steps: how many events to draw a row, or to read.

    Returns:
        Arrays by name; strings are bytes in arrays of objects.
    """
    text = _text(metadata)
    values = {
        "seed": np.stack([np.full(rows, 7), np.arange(rows)], axis=1),
        "num_steps": num_steps,
        "temperature": 1.0,
        "top_p": 1.0,
        "fixed": np.nan,
        "lengths": num_steps,
        "prime_lengths": num_steps,
        "text": text,
        "prime_text": text,
        "style": b"",
    }
    inputs = {}
    for name, spec in metadata["signatures"][signature]["inputs"].items():
        shape = [rows, *(num_steps if size is None else size for size in spec["shape"][1:])]
        inputs[name] = np.empty(shape, object if spec["dtype"] == "string" else spec["dtype"])
        inputs[name][...] = values.get(name, b"" if spec["dtype"] == "string" else 0)
    return inputs


def records(metadata: dict[str, Any]) -> list[bytes]:
    """A serialized `PredictionLog` for each signature of an export.

    Args:
        metadata: what `assets/hachi.json` holds.
    """
    logs = []
    for name in sorted(metadata["signatures"]):
        inputs = example_inputs(metadata, name)
        request = messages.predict_request(metadata.get("name", "model"), name, inputs)
        log = messages.MESSAGES["PredictionLog"]()
        log.predict_log.request.CopyFrom(request)
        logs.append(log.SerializeToString(deterministic=True))
    return logs


def write(version_dir: pathlib.Path, metadata: dict[str, Any]) -> None:
    """Writes the requests where TensorFlow Serving looks for them.

    Args:
        version_dir: the export.
        metadata: what its `assets/hachi.json` holds.
    """
    import tensorflow as tf

    path = version_dir / PATH
    path.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for record in records(metadata):
            writer.write(record)


def _text(metadata: dict[str, Any]) -> bytes:
    """A text of characters that the model knows."""
    known = metadata["network"]["config"].get("alphabet")
    feature = metadata["schema"]["features"][0]
    if known is None and feature["name"] == "character":
        known = "".join(feature["classes"])
    text = _TEXT if known is None else "".join(each for each in _TEXT if each in known)
    return (text or (known or "")[:8]).encode()
