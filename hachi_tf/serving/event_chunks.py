"""Events as they are drawn, in chunks."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.serving.model import Model
from hachi_tf.serving.results import Samples

_KEPT = ("bias", "temperature", "text", "style", "fixed")


def event_chunks(
    model: Model, num_steps: int | None = None, chunk: int = 32, **options: Any
) -> Iterator[Samples]:
    """Draws sequences side by side and yields a chunk of each at a time.

    Args:
        model: what draws.
        num_steps: the most events of a sequence, also more than one call may draw; by default
            there is no end but that which the model has learned.
        chunk: how many events are drawn at a time.
        **options: as for `Model.sample`; a model that reads a text takes no `prime` here, whose
            text it would have to read again with each chunk, but a `style`.

    Returns:
        An iterator over `Samples`, until all rows have ended, or nothing more is `known`; joined
        they equal one `sample`.

    Raises:
        UserError: if an argument is out of range.
    """
    if num_steps is not None and (not isinstance(num_steps, (int, np.integer)) or num_steps < 0):
        raise UserError("a whole number num_steps of at least 0, or None", repr(num_steps))
    if not isinstance(chunk, (int, np.integer)) or chunk < 1:
        raise UserError("a whole number of at least 1 for chunk", repr(chunk))
    if model.alphabet is not None and options.get("prime") is not None:
        raise UserError("a style with a text that is written in chunks", "a prime")
    if (known := options.get("known")) is not None:
        told = len(known) if _is_one(known) else min(map(len, known), default=0)
        num_steps = told if num_steps is None else num_steps
        if num_steps > told:
            raise UserError(f"known columns of {num_steps} events to draw", f"of {told}")
    chunk = min(chunk, model.max_steps)
    count = chunk if num_steps is None else min(chunk, num_steps)
    return _chunks(model, num_steps, chunk, model.sample(num_steps=count, **options), options)


def _chunks(model, num_steps, chunk, drawn, options) -> Iterator[Samples]:
    kept = {name: options[name] for name in _KEPT if name in options} | {"seed": drawn.seed}
    left, begun = num_steps, 0
    while True:
        yield drawn
        # A row that draws less has come to its end, or to numbers that are not finite.
        short = [len(events) < chunk for events in drawn.events]
        left = None if left is None else left - chunk
        if (drawn.ended | short).all() or (left is not None and left <= 0):
            return
        count = chunk if left is None else min(chunk, left)
        if (known := options.get("known")) is not None:
            begun += chunk
            one = _is_one(known)
            kept["known"] = known[begun:] if one else [each[begun:] for each in known]
        drawn = model.continue_(drawn.state, num_steps=count, **kept)


def _is_one(known: Any) -> bool:
    """Whether known columns are one array `[T, K]` for all samples, rather than one for each."""
    return isinstance(known, np.ndarray) and known.ndim == 2
