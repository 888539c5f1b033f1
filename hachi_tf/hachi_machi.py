"""What the commands and options of hachi machi (`hxmx`) are called here."""

import difflib
import pathlib
from collections.abc import Mapping
from typing import Any

from hachi_tf.errors import UserError, shorten

# Its commands, and the programs that do the same.
COMMANDS = {
    "format": "prepare",
    "fork": "prepare",
    "rec": "record",
    "train": "train",
    "gen": "sample",
    "run": "perform",
    "info": "describe",
    "devices": "describe",
}
# What it does when an option is left out, where a program here would do something else.
DEFAULTS: dict[str, dict[str, Any]] = {
    "format": {"output": "data.csv"},
    "fork": {"output": "output.csv"},
    "rec": {"temporal": False},
    "gen": {"output": "out.csv", "tokens": 100},
    "devices": {"devices": True},
}
# Its options with another name here; one became two flags.
_RENAMED = {
    "train": {
        "input": "data", "output": "run_dir", "context": "sequence_length", "lr": "learning_rate",
        "noise": "weight_noise",
    },
    "sample": {"model": "export_dir", "tokens": "num_steps"},
    "perform": {"model": "export_dir", "models": "export_dir", "address": "in_host out_host"},
    "record": {"size": "num_features", "address": "in_host"},
    "describe": {"input": "export_dir"},
}  # fmt: skip
# Its options that nothing here corresponds to, and that may be left out.
_WITHOUT = {
    "betas": "Adam has Keras's, 0.9 and 0.999",
    "slope": "networks here have no leaky ReLU",
    "device": "this program computes on the CPU",
}
_SHORT = {
    "train": {
        "m": "mixtures", "l": "layers", "hs": "hidden_size", "c": "context", "e": "epochs",
        "bs": "batch_size", "p": "patience", "n": "noise", "s": "seed", "op": "operations",
        "d": "device",
    },
    "prepare": {"op": "operations", "s": "seed", "d": "device"},
    "record": {"t": "temporal", "m": "masked", "c": "categorical", "d": "device"},
    "sample": {"n": "tokens", "s": "seed", "d": "device"},
    "perform": {"d": "device"},
    "describe": {"d": "device"},
}  # fmt: skip


def hint(program: str, name: str, known: Mapping[str, type]) -> str:
    """What to do about a flag that a program does not have.

    Args:
        program: the program's name, e.g. `"train"`.
        name: the unknown flag, without hyphens before it.
        known: the program's flags.

    Returns:
        What hachi machi's option of this name has become, or which flag is spelled alike, e.g.
        `"use --learning_rate"`.
    """
    name = name.replace("-", "_")
    old = _SHORT.get(program, {}).get(name, name)
    new = _RENAMED.get(program, {}).get(old, old).split()
    if all(each in known for each in new):
        return "use " + " and ".join(f"--{each}" for each in new)
    if old in _WITHOUT:
        return f"leave it out: {_WITHOUT[old]}"
    begun = [each for each in known if each.startswith(name)]
    if len(begun) == 1:
        return f"use --{begun[0]}"
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean --{near[0]}?" if near else "see --help"


def translate(
    command: str, name: str, value: Any, known: Mapping[str, type], folder: pathlib.Path
) -> tuple[dict[str, Any], str]:
    """The flags that an option of a file stands for.

    Args:
        command: the command of hachi machi, or the program.
        name: the option, words joined by underscores.
        value: its value.
        known: the program's flags and their types.
        folder: where relative paths begin.

    Returns:
        Values by flag, none if the option may be left out, and a remark for the person, if any.

    Raises:
        UserError: if the value has no counterpart.
    """
    program = COMMANDS.get(command, command)
    if name == "seed" and value == 0 and command in COMMANDS:
        return {}, ""  # there 0 is no seed
    if name == "device" and isinstance(value, str):
        value = value if value in ("auto", "cpu") else "gpu"
    is_ours = name in known and command not in COMMANDS
    flags = [name] if is_ours else _RENAMED.get(program, {}).get(name, name).split()
    if name not in known and name in _WITHOUT:
        harmless = name == "device" and value in ("auto", "cpu")
        return {}, "" if harmless else f"{name} is left out: {_WITHOUT[name]}"
    if flags == ["weight_noise"] and name == "noise":
        return _weight_noise(value)
    if flags == ["run_dir"] and name == "output" and isinstance(value, str):
        return {"run_dir": value.removesuffix(".pt")}, ""
    if flags == ["export_dir"]:
        return _models(value, known, folder), ""
    remark = ""
    if name == "address" and "in_host" in flags and value not in ("127.0.0.1", "localhost"):
        remark = "messages from other machines are taken with --allow=NETWORK, e.g. 192.168.1.0/24"
    return {flag: value for flag in flags}, remark


def _weight_noise(value: Any) -> tuple[dict[str, Any], str]:
    """The deviation of a pair of a deviation and a decay."""
    pair = value if isinstance(value, list) else [value]
    numbers = [each for each in pair if isinstance(each, int | float)]
    if len(numbers) != len(pair) or len(pair) not in (1, 2):
        raise UserError("a deviation and a decay", shorten(value))
    remark = "the decay of noise is left out: the deviation stays" if any(pair[1:]) else ""
    return {"weight_noise": str(pair[0])}, remark


def _models(value: Any, known: Mapping[str, type], folder: pathlib.Path) -> dict[str, Any]:
    """Runs or exports where hachi machi has `.pt` files."""
    values = [str(each) for each in (value if isinstance(value, list) else [value])]
    if not values:
        raise UserError("a run or an export", "an empty list")
    for index, each in enumerate(values):
        if each.lower().endswith(".pt"):
            values[index] = each[:-3]
            if not (folder / each[:-3]).is_dir():
                raise retrain(each)
    if len(values) == 1 and (folder / values[0] / "config.json").is_file() and "run_dir" in known:
        return {"run_dir": values[0]}
    return {"export_dir": values if known.get("export_dir") is tuple else values[0]}


def retrain(path: str) -> UserError:
    """The error for a model of hachi machi, whose weights belong to another network.

    Args:
        path: the `.pt` file.
    """
    return UserError(
        "a run or an export of hachi_tf",
        f"{path}, a model of hachi machi or PyTorch",
        f"train again on its table: python -m hachi_tf.train TABLE --run_dir={path[:-3]}",
    )
