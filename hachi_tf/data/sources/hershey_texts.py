"""The texts of the `hershey` source: short lines in which every character occurs."""

import zlib

import numpy as np

from hachi_tf.data.sources.hershey_makers import MAKERS, Draw

CHARACTERS = tuple(MAKERS)
SHORTEST, LONGEST = 8, 45  # characters of a line
_HELD_OUT = 8  # of so many texts one is for validation


def is_held_out(text: str) -> bool:
    """Whether a text belongs to the validation split: by its own hash, one in eight does."""
    return zlib.crc32(text.encode()) % _HELD_OUT == 0


def draw_text(generator: np.random.Generator, characters: str, held_out: bool) -> str:
    """Draws a line of text.

    Args:
        generator: where it comes from.
        characters: `"ascii"`, `"latin"` or `"kana"`.
        held_out: a text for validation, never one for training.

    Returns:
        8 to 45 characters without leading, trailing or double spaces.
    """
    draw = Draw(generator)
    makers = MAKERS[characters]
    while True:
        point = draw.uniform() * makers[-1][0]
        maker = next(maker for limit, maker in makers if point < limit)
        text = _fit(maker, draw)
        if is_held_out(text) == held_out:
            return text


def _fit(maker, draw: Draw) -> str:
    """Joins what a maker gives until it is long enough, and cuts it between words."""
    wanted = draw.integer(15, 40) if draw.uniform() < 0.9 else draw.integer(SHORTEST, LONGEST)
    tokens: list[str] = []
    while sum(map(len, tokens)) + len(tokens) < wanted:
        tokens += maker(draw).split()
    text = ""
    for token in tokens:
        longer = f"{text} {token}" if text else token
        if len(longer) > min(wanted + 4, LONGEST):
            break
        text = longer
    while len(text) < SHORTEST:
        text = f"{text} {maker(draw)}".strip()[:LONGEST].strip()
    return text
