"""What goes before a sample: a line of handwriting, from a file or a data set."""

import dataclasses
import json
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np

from hachi_tf import rendering
from hachi_tf.errors import UserError
from hachi_tf.writing.events import read_events

_MOST_EVENTS = 60  # a character; Graves 2013 has some 25

# A name that ends so is not the id of a sequence.
_FILES = {".svg", ".json", ".csv", ".txt", ".llll", ".mid", ".midi"}


@dataclasses.dataclass(frozen=True)
class Prime:
    """Events to begin with.

    Attributes:
        events: `[P, F]` in data units.
        text: what they say, in the model's characters, or None.
    """

    events: np.ndarray
    text: str | None


def read_prime(
    name: str,
    text: str,
    model: Any,
    splits: Callable[[], dict[str, Any]],
    on_unknown: str = "error",
    renderer: str = "strokes",
) -> Prime:
    """Reads a prime for a model.

    Args:
        name: an .npz as `sample` writes it, whose first sequence is taken as it is; for a model
            of handwriting also an .svg or .json drawing, which is brought to the model's scale;
            for one of events a table or a MIDI file; or, if there is no such file, the id of a
            sequence of the data.
        text: what it says; "" for the text that comes with the drawing or the sequence.
        model: the model that will go on, with `alphabet` and `scale`.
        splits: reads the data, `Dataset` by split; called for an id only.
        on_unknown: what becomes of characters of the text that the model does not know.
        renderer: of the data that the model was trained on, `"strokes"` or `"events"`.

    Raises:
        UserError: if it cannot be read, or has no text though the model reads one.
    """
    path = pathlib.Path(name)
    if path.suffix.lower() in _FILES and not path.exists():
        raise UserError("a file to go on from", f"{name}, which does not exist", "check --prime")
    if path.suffix.lower() != ".npz" and not path.exists():
        events, own_text = sequence_of(name, splits())
    elif renderer == "events":
        events, own_text = read_events(path, model.schema), None
    else:
        events, own_text = _from_file(path, model)
    # Events may lack values; a NaN among them says so.
    finite = not np.isinf(events).any() if renderer == "events" else np.isfinite(events).all()
    if not finite or not len(events):
        raise UserError("a finite sequence for --prime", name)
    if model.alphabet is None:
        return Prime(events, None)
    text = text or own_text or ""
    if not text.strip():
        raise UserError(f"--prime_text=..., what {name} says", "none")
    text = model.alphabet.prepare(text.strip(), on_unknown).text
    if len(events) > _MOST_EVENTS * len(text) + 100:
        raise UserError(
            f"--prime_text that says all of {name}",
            f"{len(text)} characters for {len(events)} events",
        )
    return Prime(events, text)


def read_styles(path: str, model: Any, splits: Callable[[], dict[str, Any]]) -> dict[str, Prime]:
    """Reads a file of styles, `{"name": {"prime": FILE or id, "text": "..."}, ...}`.

    Args:
        path: the JSON file; the files that it names lie relative to it. The text may be left out
            where the drawing or the data have it.
        model: as for `read_prime`.
        splits: as for `read_prime`.

    Raises:
        UserError: if it is no such file, or one of its primes cannot be read.
    """
    try:
        content = pathlib.Path(path).read_text(encoding="utf-8")
        styles = json.loads(content)
    except (OSError, ValueError, RecursionError) as error:
        raise UserError("a JSON file of styles", f"{path}: {error}") from error
    whole = isinstance(styles, dict) and all(
        name and isinstance(each, dict) and isinstance(each.get("prime"), str)
        and isinstance(each.get("text", ""), str) and set(each) <= {"prime", "text"}
        for name, each in styles.items()
    )  # fmt: skip
    if not whole or not styles or model.alphabet is None:
        got = (
            "a model that reads no text" if model.alphabet is None else f"something else in {path}"
        )
        raise UserError('styles {"name": {"prime": "FILE or id", "text": "..."}}', got)
    primes = {}
    for name, each in styles.items():
        file = pathlib.Path(path).parent / each["prime"]
        prime = str(file) if file.exists() else each["prime"]
        primes[name] = read_prime(prime, each.get("text", ""), model, splits)
    return primes


def _from_file(path: pathlib.Path, model: Any) -> tuple[np.ndarray, str | None]:
    if path.suffix.lower() == ".npz":
        sequences = rendering.read_npz(path)
        if not sequences:
            raise UserError("an npz with a sequence for --prime", str(path))
        return sequences[0], None
    if not model.scale:
        raise UserError(
            "an .npz for --prime: only a model of handwriting knows the scale of a drawing",
            str(path),
        )
    from hachi_tf.data.drawings import read_drawing
    from hachi_tf.data.line_scale import prepare_drawing

    drawing = read_drawing(path)
    return prepare_drawing(drawing, model.scale), drawing.text


def sequence_of(name: str, splits: dict[str, Any]) -> tuple[np.ndarray, str | None]:
    """The events `[P, F]` and the text of the sequence of an id.

    Raises:
        UserError: if no split has it.
    """
    for dataset in splits.values():
        if name in dataset.ids:
            index = dataset.ids.index(name)
            return dataset[index], dataset.texts[index]
    examples = [dataset.ids[0] for dataset in splits.values() if len(dataset)]
    raise UserError("a file, or the id of a sequence of the data, for --prime",
                    name, f"ids are like {', '.join(examples)}")  # fmt: skip
