"""What a sampler's functions return: named tensors, the batch first."""

from typing import NamedTuple

import tensorflow as tf


class Drawn(NamedTuple):
    """What `Sampler.sample` returns.

    Attributes:
        events: float32 `[B, T, F]` in data units, zeros past a row's length; T is the largest
            number of steps that a row asked for.
        lengths: int32 `[B]`, the number of events drawn.
        ended: bool `[B]`, whether the sequence has ended, rather than reached its steps.
        state: float32 `[B, S]`, from which `sample` goes on.
    """

    events: tf.Tensor
    lengths: tf.Tensor
    ended: tf.Tensor
    state: tf.Tensor


class Written(NamedTuple):
    """What `Sampler.sample` returns of a network that reads a text.

    Attributes:
        events: as in `Drawn`, and so are `lengths`, `ended` and `state`.
        lengths: int32 `[B]`.
        ended: bool `[B]`.
        state: float32 `[B, S]`.
        complete: bool `[B]`, whether the sequence has ended and no character was skipped.
        position: float32 `[B, T]`, the centre of the window in characters, 1 for the first one
            of the text; zeros past a row's length.
        num_unknown: int32 `[B]`, characters that were left out since the network lacks them.
    """

    events: tf.Tensor
    lengths: tf.Tensor
    ended: tf.Tensor
    state: tf.Tensor
    complete: tf.Tensor
    position: tf.Tensor
    num_unknown: tf.Tensor


class Scored(NamedTuple):
    """What `Sampler.log_prob` returns, in nats, of densities in data units.

    Attributes:
        log_prob: float32 `[B]`, the sum over a row's events.
        step_log_prob: float32 `[B, T]`, of each event, zeros past a row's length.
        state: float32 `[B, S]`, from which `sample` and `log_prob` go on.
    """

    log_prob: tf.Tensor
    step_log_prob: tf.Tensor
    state: tf.Tensor


class Stepped(NamedTuple):
    """What `Sampler.step` returns.

    Attributes:
        event: float32 `[B, F]` in data units, zeros in a row that drew none.
        state: float32 `[B, S]`.
        ended: bool `[B]`, whether the sequence has ended.
        params: float32 `[B, P]`, the parameters of the head's distribution that the event was
            drawn from, zeros in a row that drew none.
    """

    event: tf.Tensor
    state: tf.Tensor
    ended: tf.Tensor
    params: tf.Tensor
