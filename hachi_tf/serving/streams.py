"""Texts as they are drawn, in chunks."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.serving import arguments
from hachi_tf.writing.stream import TextStream, check_stop

CHUNK = 32
"""How many characters or bytes are drawn at a time."""

_MOST_STEPS = 2**24 - 2  # the state's float32 counts no further


class Pieces(NamedTuple):
    """What `streams` yields.

    Attributes:
        pieces: the next piece of each sample's text, often empty.
        ended: bool `[B]`, which samples have come to an end that the model has learned.
        stopped: bool `[B]`, which were stopped by a stop string.
        num_unknown: int32 `[B]`, what was left out of the primes.
    """

    pieces: list[str]
    ended: np.ndarray
    stopped: np.ndarray
    num_unknown: np.ndarray


def streams(
    model: Any,
    num_samples: int = 1,
    prime_text: str | bytes | Sequence[str] | Sequence[bytes] = "",
    num_steps: int | None = None,
    stop: str | Sequence[str] = (),
    chunk: int = CHUNK,
    seed: int | np.ndarray | None = None,
    **settings: Any,
) -> Iterator[Pieces]:
    """Draws texts side by side and yields pieces of them as they are drawn.

    Args:
        model: a `TextModel`.
        num_samples: B, how many.
        prime_text: what goes before, one text or one a row; it is not part of what is yielded.
        num_steps: the most characters or bytes of a text, also more than `max_steps`; by default
            there is no end but that which the model has learned.
        stop: a text ends before the first of these strings that was drawn.
        chunk: how many characters or bytes are drawn at a time.
        seed: as for `TextModel.sample`.
        **settings: `temperature`, `top_k` and `top_p`, as for `TextModel.sample`.

    Returns:
        An iterator over `Pieces`, one a chunk, until all texts are over.

    Raises:
        UserError: if an argument is out of range.
    """
    if num_steps is not None and (not isinstance(num_steps, (int, np.integer)) or num_steps < 0):
        raise UserError("a whole number num_steps of at least 0, or None", repr(num_steps))
    if not isinstance(chunk, (int, np.integer)) or chunk < 1:
        raise UserError("a whole number of at least 1 for chunk", repr(chunk))
    texts = [TextStream(check_stop(stop)) for _ in range(num_samples)]
    settings["seed"] = arguments.row_seeds(seed, num_samples)
    # Reads the prime, and says what is wrong with the rest before the first piece is asked for.
    begun = model.sample(num_samples, 0, prime_text=prime_text, **settings)
    return _chunks(model, begun, texts, num_steps, min(chunk, model.max_steps), settings)


def _chunks(model, begun, texts, num_steps, chunk, settings) -> Iterator[Pieces]:
    state, over = begun.state, np.zeros(len(texts), bool)
    left = _MOST_STEPS - int(state[:, 0].max())
    left = left if num_steps is None else min(num_steps, left)
    unknown = begun.num_unknown
    unknown = np.zeros(len(texts), np.int32) if unknown is None else unknown
    while not over.all():
        count = min(chunk, left)
        left -= count
        drawn = model.continue_(state, np.where(over, 0, count), **settings)
        state = drawn.state
        # A row that draws less has come to its end, or to numbers that are not finite.
        lengths = np.array([len(each) for each in drawn.events])
        last = (lengths < count) | drawn.ended | (left <= 0)
        pieces = [
            "" if done else text.feed(piece, bool(whole))
            for done, text, piece, whole in zip(over, texts, drawn.texts, last, strict=True)
        ]
        stopped = np.array([text.stopped for text in texts])
        over |= last | stopped
        yield Pieces(pieces, drawn.ended & ~stopped, stopped, unknown)
