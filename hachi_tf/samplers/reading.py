"""The texts of a batch as a network reads them, behind those of styles and primes."""

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf


class Style(NamedTuple):
    """A way of writing: a line of it, which goes before whatever is written in that style.

    Attributes:
        name: by which rows ask for it.
        text: what the line says, with what stands between it and the next text, e.g. a space.
        events: float32 `[P, F]` in data units.
    """

    name: str
    text: str
    events: np.ndarray


class Reading(NamedTuple):
    """Texts for a network, None where there are none.

    Attributes:
        context: what `encode` returned.
        prime_length: int32 `[B]`, characters before the wanted text.
        valid: bool `[B]`, whether the style exists.
        inked: bool `[B]`, whether the wanted text has a character with ink.
        styled: bool `[B]`, whether the row has a style.
        state: float32 `[B, S]`, after the style's prime.
    """

    context: Any
    prime_length: Any
    valid: Any
    inked: Any
    styled: Any
    state: Any


def read(network, styles, states, text=None, style=None, prime_text=None) -> Reading:
    """Texts `[B]`, behind those of their styles or primes, as the network reads them.

    Args:
        network: what reads them.
        styles: the styles, N.
        states: float32 `[N, S]`, the state after each.
        text: string `[B]`, or None.
        style: string `[B]`, names of styles, empty for none; or None.
        prime_text: string `[B]`, or None.
    """
    if text is None:
        return Reading(None, None, None, None, None, None)
    state = styled = None
    valid, prime_length = tf.ones_like(text, tf.bool), tf.zeros_like(text, tf.int32)
    if style is not None:
        valid = tf.equal(style, "")
        if styles:
            matches = tf.equal(style[:, None], [each.name for each in styles])  # [B, N]
            styled = tf.reduce_any(matches, 1)
            index = tf.argmax(tf.cast(matches, tf.int32), 1)
            valid |= styled
            prime_text = tf.gather([each.text for each in styles], index)
            prime_text = tf.where(styled, prime_text, "")
            state = tf.gather(states, index)
    inked = network.encode(text).inked[:, -1] > 0
    if prime_text is not None:
        prime_length = network.encode(prime_text).lengths
        text = tf.strings.join([prime_text, text])
    context = network.encode(text)
    return Reading(context, prime_length, valid, inked, styled, state)
