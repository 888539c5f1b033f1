"""What a page to give away needs of a model: its parts, and its weights as float16."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from hachi_tf.alphabet import Alphabet
from hachi_tf.characters import SAME_AS
from hachi_tf.errors import UserError
from hachi_tf.schema import Schema

# Gates of each cell: columns of its kernels over its units.
_GATES = {"lstm": 4, "peephole_lstm": 4, "gru": 3, "rnn": 1}
_INSTEAD = "serve it with python -m hachi_tf.serve, or play it with python -m hachi_tf.perform"

Shapes = list[tuple[str, list[int]]]


def describe(metadata: dict[str, Any]) -> dict[str, Any]:
    """What the page's script reads of a model, ready for JSON; without its numbers.

    Args:
        metadata: as `manifest.read` gives it; of the keys of `hachi.json` those that describe the
            network, the data and the styles are read.

    Raises:
        UserError: if a page cannot draw what the model draws, or it is not described as an export
            describes it.
    """
    try:
        return _describe(metadata)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError("a model as an export describes it", f"one without {error}") from error


def _describe(metadata: dict[str, Any]) -> dict[str, Any]:
    schema = Schema.from_dict(metadata["schema"])
    network, data = metadata["network"], metadata.get("data", {})
    config = network["config"]
    kind = _kind(schema, network)
    description = {
        "name": str(metadata.get("name", "model")),
        "kind": kind,
        "licence": str(data.get("licence", "")),
        "credit": str(data.get("credit", "")),
        "maxSteps": metadata["max_steps"],
        "cell": config["cell"],
        "numLayers": config["num_layers"],
        "hiddenSize": config["hidden_size"],
        "numColumns": len(schema),
        "quanta": [feature.quantum or 0.0 for feature in schema.features],
        "transforms": _transforms(metadata["transforms"]),
        "head": _head(config["head"]),
        "endOfSequence": schema.end_of_sequence,
        "tensors": None,
    }
    if kind == "text":
        description["unit"] = schema.text_unit
        description["classes"] = list(schema.features[0].classes)
    if kind == "handwriting":
        scale = data.get("scale") or {}
        description |= {
            "alphabet": "".join(sorted(set(config["alphabet"]))),
            "windowComponents": config["window_components"],
            "eventsPerCharacter": config["events_per_character"],
            "lineHeight": scale.get("line_height"),
            "advance": scale.get("advance"),
        }
    characters = description.get("alphabet") or "".join(description.get("classes", ()))
    description["same"] = {} if description.get("unit") == "byte" else _same(characters)
    description["styles"] = [
        {"name": each["name"], "text": each["text"], "numEvents": len(each["events"])}
        for each in metadata.get("styles", [])
    ]
    description["tensors"] = [[name, shape] for name, shape in _shapes(description)]
    return description


def half_weights(weights: Sequence[np.ndarray], description: dict[str, Any]) -> bytes:
    """Weights one after the other as float16, little-endian.

    Args:
        weights: in the order of the network's.
        description: as `describe` gives it.

    Raises:
        UserError: if they are not those of the network, or beyond float16's range.
    """
    shapes = [list(weight.shape) for weight in weights]
    expected = [shape for _, shape in description["tensors"]]
    if shapes != expected:
        raise UserError(f"weights of the shapes {expected}", str(shapes), "export it again")
    with np.errstate(over="ignore"):
        halves = [np.asarray(weight, np.float32).astype("<f2") for weight in weights]
    if not all(np.isfinite(half).all() for half in halves):
        raise UserError("weights from -65504 to 65504, as float16 has them", "greater ones")
    return b"".join(half.tobytes() for half in halves)


def style_events(metadata: dict[str, Any], num_columns: int) -> bytes:
    """Events of the styles one after the other, float32, little-endian.

    Raises:
        UserError: if an event has another number of columns.
    """
    styles = [np.float32(each["events"]) for each in metadata.get("styles", [])]
    if any(events.ndim != 2 or events.shape[1] != num_columns for events in styles):
        raise UserError(f"styles of events with {num_columns} numbers", "others")
    return b"".join(events.astype("<f4").tobytes() for events in styles)


def _kind(schema: Schema, network: dict[str, Any]) -> str:
    """`"handwriting"`, which reads a text, `"strokes"` or `"text"`."""
    columns = ", ".join(schema.names[:6]) + (", ..." if len(schema) > 6 else "")
    wanted = "a model of strokes (dx, dy, end_of_stroke) or of text, for a page"
    plain = all(each.role == "both" and not each.missing for each in schema.features)
    kinds = [feature.kind for feature in schema.features]
    is_strokes = schema.names[2:] == ["end_of_stroke"]
    is_strokes = is_strokes and kinds == ["continuous", "continuous", "binary"]
    if not plain or not (is_strokes or schema.text_unit):
        raise UserError(wanted, f"one of the columns {columns}", _INSTEAD)
    if network["network"] not in ("prediction", "synthesis"):
        raise UserError("a prediction or a synthesis network", repr(network["network"]), _INSTEAD)
    if network["config"]["cell"] not in _GATES:
        raise UserError(f"a cell of {', '.join(_GATES)}", repr(network["config"]["cell"]), _INSTEAD)
    if network["network"] == "prediction":
        return "strokes" if is_strokes else "text"
    if not is_strokes:
        raise UserError(wanted, "one that reads a text and writes another", _INSTEAD)
    return "handwriting"


def _transforms(value: dict[str, Any]) -> list[dict[str, Any]]:
    """Means and scales of columns, in the order in which they are applied."""
    if value["name"] == "chain":
        return [each for part in value["config"]["transforms"] for each in _transforms(part)]
    if value["name"] != "standardize":
        raise UserError("columns that are standardized, for a page", value["name"], _INSTEAD)
    return [{name: value["config"][name] for name in ("columns", "loc", "scale")}]


def _head(value: dict[str, Any]) -> list[dict[str, Any]]:
    """The blocks of a head: their columns, and how many parameters and numbers each takes."""
    blocks = value["config"]["blocks"] if value["name"] == "joint" else []
    return [{"columns": list(columns)} | _block(**head) for columns, head in blocks]


def _block(name: str, config: dict[str, Any]) -> dict[str, Any]:
    dims, components = config.get("num_dims", 0), config.get("num_components", 1)
    if name == "bernoulli":
        return {"name": name, "numParams": 1, "numNoise": 1}
    if name == "categorical":
        return {"name": name, "numParams": config["num_classes"], "numNoise": 1}
    if name == "student_t_mixture":
        sizes = {"numParams": components * (1 + 3 * dims), "numNoise": 1 + 2 * dims}
        return {"name": name, "numDims": dims, "numComponents": components, **sizes}
    coupled = name == "event_mixture" and not config["classes"]
    if name != "gaussian_mixture" and not coupled:
        raise UserError("a head of Gaussians, Student's t, classes or 0 and 1, for a page", name,
                        _INSTEAD)  # fmt: skip
    covariance, binary = config["covariance"], config["num_binary"] if coupled else 0
    full = covariance == "full" or (covariance == "auto" and dims <= 6)
    size = 1 + 2 * dims + full * dims * (dims - 1) // 2 + binary
    return {
        **{"name": "gaussian_mixture", "numDims": dims, "numComponents": components},
        **{"full": full and dims > 1, "numBinary": binary},
        **{"numParams": components * size, "numNoise": 1 + dims + binary},
    }


def _shapes(description: dict[str, Any]) -> Shapes:
    """Names and shapes of the weights, in the order of the network's."""
    hidden, gates = description["hiddenSize"], _GATES[description["cell"]]
    is_text, is_writer = description["kind"] == "text", description["kind"] == "handwriting"
    width = len(description["classes"]) if is_text else description["numColumns"]

    def layer(name: str, size: int) -> Shapes:
        bias = [2, gates * hidden] if description["cell"] == "gru" else [gates * hidden]
        shapes = [(f"{name}.kernel", [size, gates * hidden])]
        shapes += [(f"{name}.recurrent", [hidden, gates * hidden]), (f"{name}.bias", bias)]
        peepholes = description["cell"] == "peephole_lstm"
        return shapes + ([(f"{name}.peepholes", [3, hidden])] if peepholes else [])

    shapes, below, first = [], 0, 0
    if is_writer:
        width += 1 + len(description["alphabet"])
        size = 3 * description["windowComponents"]
        shapes = layer("layer0", width)
        shapes += [("window.kernel", [hidden, size]), ("window.bias", [size])]
        below, first = hidden, 1
    for index in range(first, description["numLayers"]):
        shapes += layer(f"layer{index}", width + below)
        below = hidden
    params = sum(block["numParams"] for block in description["head"])
    params += description["endOfSequence"]
    return [
        *shapes,
        ("params.kernel", [description["numLayers"] * hidden, params]),
        ("params.bias", [params]),
    ]


def _same(characters: str) -> dict[str, str]:
    """What to write in place of characters that are not known but say the same as known ones."""
    alphabet = Alphabet(characters)
    folds = {each: alphabet.prepare(each, "drop").text for each in SAME_AS if each not in alphabet}
    return {character: fold for character, fold in folds.items() if fold}
