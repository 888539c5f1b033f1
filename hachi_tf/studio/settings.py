"""What a page asks to be written, looked at."""

import dataclasses
import secrets
from collections.abc import Mapping
from typing import Any

from hachi_tf.errors import UserError
from hachi_tf.rendering.page import Page, parse_size
from hachi_tf.studio.web import take

MOST_SAMPLES = 64
_MOST_CHARACTERS = 20_000


@dataclasses.dataclass(frozen=True)
class Settings:
    """Settings, named as `sample`'s flags.

    Attributes:
        text: what to write, or, for a model of text, what it goes on from.
        style: the name of a built-in style, or COLLECTION/ID, or "".
        paragraph: whether lines are broken and laid on a page.
        fixed: columns that are held.
        stop: strings that end a text.
        page: the paper, for a paragraph.
    """

    text: str
    bias: float
    temperature: float
    seed: int
    style: str
    paragraph: bool
    num_samples: int
    num_steps: int | None
    retries: int
    top_k: int
    top_p: float
    stop: tuple[str, ...]
    fixed: dict[str, Any]
    series: str
    page: Page


def read_settings(body: Mapping[str, Any]) -> Settings:
    """Settings from a request's body.

    Raises:
        UserError: if one is of another type or out of range.
    """
    stop = take(body, "stop", list, [])
    if not all(isinstance(each, str) for each in stop) or len(stop) > 16:
        raise UserError("up to 16 strings as stop", repr(stop)[:80])
    steps = take(body, "num_steps", int, None, low=1, high=100_000)
    return Settings(
        take(body, "text", str, "", high=_MOST_CHARACTERS),
        take(body, "bias", float, 0.0, low=0.0, high=100.0),
        take(body, "temperature", float, 1.0, low=0.0, high=100.0),
        take(body, "seed", int, secrets.randbelow(2**31), low=0, high=2**32 - 1),
        take(body, "style", str, "", high=200),
        take(body, "paragraph", bool, False),
        take(body, "num_samples", int, 1, low=1, high=MOST_SAMPLES),
        take(body, "horizon", int, steps, low=1, high=100_000),
        take(body, "retries", int, 0, low=0, high=8),
        take(body, "top_k", int, 0, low=0, high=100_000),
        take(body, "top_p", float, 1.0, low=1e-6, high=1.0),
        tuple(stop),
        take(body, "fixed", dict, {}),
        take(body, "series", str, "", high=200),
        read_page(take(body, "page", dict, {})),
    )


def read_page(value: Mapping[str, Any]) -> Page:
    """The paper: `size`, `margin_mm`, `line_height_mm`, `align`, `ink` and `pen_mm`.

    Raises:
        UserError: if one cannot be.
    """
    return Page(
        *parse_size(take(value, "size", str, "A4", high=40)),
        margin=take(value, "margin_mm", float, 20.0, low=0.0, high=1000.0),
        line_height=take(value, "line_height_mm", float, 10.0, low=1.0, high=1000.0),
        align=take(value, "align", str, "left", high=10),
        ink=take(value, "ink", str, "#1a1a1a", high=40),
        pen_width=take(value, "pen_mm", float, 0.4, low=0.01, high=100.0),
    )
