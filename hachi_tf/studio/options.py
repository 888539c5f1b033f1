"""What a person may choose of a training: a fixed list, each with its own limits."""

from collections.abc import Mapping
from typing import Any

from hachi_tf.errors import UserError
from hachi_tf.studio.web import take

CHOICES = {"cell": ("lstm", "peephole_lstm", "gru", "rnn"), "network": ("prediction", "synthesis")}
# Kind, lowest and highest, which are those of `train` or within them.
NUMBERS: dict[str, tuple[type, float, float]] = {
    "layers": (int, 1, 8),
    "hidden_size": (int, 1, 2048),
    "mixtures": (int, 1, 100),
    "batch_size": (int, 1, 1024),
    "sequence_length": (int, 0, 10_000),
    "learning_rate": (float, 1e-6, 1.0),
    "epochs": (float, 0.001, 100_000.0),
    "max_minutes": (float, 0.0, 60_000.0),
    "patience": (int, 0, 1000),
    "validate_every": (int, 0, 1_000_000),
    "validation_fraction": (float, 0.0, 0.9),
    "dropout": (float, 0.0, 0.95),
    "seed": (int, 0, 2**31 - 1),
}
NAMES = ("init_from",)
DEFAULTS = {"validate_every": 100}
"""Where `train` would wait for the end of an epoch, a person who watches wants to see something."""


def check_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that were given, looked at.

    Raises:
        UserError: if one is not in the list, of another type, or out of range.
    """
    allowed = (*NUMBERS, *CHOICES, *NAMES)
    unknown = [name for name in options if name not in allowed]
    if unknown:
        raise UserError(f"options among {', '.join(allowed)}", repr(unknown[0])[:80])
    found = dict(DEFAULTS)
    for name, (kind, low, high) in NUMBERS.items():
        found[name] = take(options, name, kind, found.get(name), low=low, high=high)
    for name, choices in CHOICES.items():
        found[name] = take(options, name, str, None)
        if found[name] is not None and found[name] not in choices:
            raise UserError(f"{name} as one of {', '.join(choices)}", repr(found[name])[:80])
    for name in NAMES:
        found[name] = take(options, name, str, None, high=200)
    if found["init_from"]:
        for name in ("layers", "hidden_size", "mixtures", "cell", "network"):
            if found[name] is not None:
                raise UserError(f"no {name} with init_from, whose network it is", str(found[name]))
    if found["network"] == "synthesis":
        if found["cell"] not in (None, "lstm", "peephole_lstm"):
            raise UserError("network synthesis with an LSTM cell", found["cell"])
        if found["sequence_length"]:
            raise UserError("sequence_length 0 for whole lines", str(found["sequence_length"]))
    return {name: value for name, value in found.items() if value not in (None, "")}


def to_flags(options: Mapping[str, Any]) -> list[str]:
    """The flags of `train` for options that were looked at, but for `init_from`."""
    return [f"--{name}={value}" for name, value in options.items() if name not in NAMES]
