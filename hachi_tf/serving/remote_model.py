"""`Model` and `TextModel` over a server's signatures."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from hachi_tf.alphabet import Alphabet
from hachi_tf.errors import UserError
from hachi_tf.schema import Feature, Schema
from hachi_tf.serving import openapi
from hachi_tf.serving.model import Model
from hachi_tf.serving.text_model import TextModel
from hachi_tf.serving.transports import Signatures

_NEEDED = {"sample", "continue", "log_prob", "step"}
_MOST_STEPS = 2**24 - 2  # the server cuts it to what its export allows

Predict = Callable[[str, dict[str, np.ndarray]], dict[str, np.ndarray]]


class RemoteModel(Model):
    """A `Model` whose signatures are a server's.

    Args:
        predict: calls a signature, by name, with arrays.
        **options: as for `Model`.
    """

    def __init__(self, predict: Predict, **options: Any):
        Model.__init__(self, signatures={}, **options)  # and not TextModel's, of one that has both
        self._predict = predict

    def call(self, name: str, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Calls a signature of the server's."""
        return self._predict(name, inputs)

    def _styles(self, rows: int, style: Any) -> dict[str, np.ndarray]:
        if self.styles or self.alphabet is None:
            return super()._styles(rows, style)
        return self._texts(rows, style=style)  # the server knows which there are


class RemoteTextModel(RemoteModel, TextModel):
    """A `TextModel` whose signatures are a server's."""

    def __init__(self, predict: Predict, unit: str, **options: Any):
        RemoteModel.__init__(self, predict, **options)
        self.unit = unit
        known = unit == "char" and self.schema.text_unit == "char"
        self.characters = Alphabet("".join(self.schema.features[0].classes)) if known else None


def make_model(
    signatures: Signatures, predict: Predict, description: Mapping[str, Any] | None = None
) -> RemoteModel:
    """A model that behaves as the one that was exported.

    Args:
        signatures: what the server says of them.
        predict: calls one of them.
        description: what `hachi.json` holds, or `openapi.summary` of it, for what the signatures
            do not tell: names of columns and classes, limits, styles. Without it columns are
            called `column_0`, ...

    Raises:
        UserError: if they are not those of an export of hachi_tf, or of that description.
    """
    if not set(signatures) >= _NEEDED:
        raise UserError(
            f"an export of hachi_tf, with the signatures {', '.join(sorted(_NEEDED))}",
            ", ".join(sorted(signatures)) or "none",
            "call its signatures with predict",
        )
    inputs, outputs = signatures["sample"]["inputs"], signatures["sample"]["outputs"]
    ended, columns = "ended" in signatures["log_prob"]["inputs"], outputs["events"]["shape"][2]
    of_text = "top_k" in inputs
    options = {
        "schema": Schema(tuple(Feature(f"column_{n}") for n in range(columns)), ended),
        "max_steps": _MOST_STEPS,
        "state_size": outputs["state"]["shape"][1],
        "alphabet": Alphabet(" ") if "text" in inputs else None,
        "fixable": "fixed" in signatures["step"]["inputs"],
    }
    if description is not None:
        options |= _described(description, columns, options["state_size"])
    if of_text:
        unit = "byte" if "text_bytes" in outputs else "char"
        return RemoteTextModel(predict, unit, **options)
    return RemoteModel(predict, **options)


def _described(description: Mapping[str, Any], columns: int, state_size: int) -> dict[str, Any]:
    try:
        if "network" in description:
            description = openapi.summary(description)
        schema, alphabet = Schema.from_dict(description["schema"]), description["alphabet"]
        if (len(schema), description["state_size"]) != (columns, state_size):
            raise ValueError("one of another model")
        return {
            "schema": schema,
            "max_steps": int(description["max_steps"]),
            "alphabet": None if alphabet is None else Alphabet(alphabet),
            "styles": dict(description["styles"]),
        }
    except (KeyError, TypeError, ValueError) as error:
        raise UserError("the hachi.json of what is served", str(error)) from error
