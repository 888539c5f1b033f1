"""Optimizers by name, and the learning rate as a function of the step."""

import math
from typing import Any, NamedTuple


def make_optimizer(name: str, learning_rate: float) -> Any:
    """A Keras optimizer.

    `graves_rmsprop` is Graves 2013, equations 38 to 45: RMSProp with centred second moments and
    momentum 0.9; the paper's learning rate is 1e-4. `sgd` has momentum 0.9.

    Args:
        name: `adam`, `graves_rmsprop` or `sgd`.
        learning_rate: of the first step.
    """
    import keras

    if name == "graves_rmsprop":
        return keras.optimizers.RMSprop(
            learning_rate, rho=0.95, momentum=0.9, centered=True, epsilon=1e-4
        )
    if name == "sgd":
        return keras.optimizers.SGD(learning_rate, momentum=0.9)
    return keras.optimizers.Adam(learning_rate, epsilon=1e-8)


def learning_rate_at(
    step: int, peak: float, warmup_steps: int, total_steps: int, decay: str
) -> float:
    """The learning rate of a step: a linear rise over the warm-up, then the decay to zero.

    Args:
        step: number of the step, from 0.
        peak: the rate after the warm-up.
        warmup_steps: steps over which it rises.
        total_steps: where a decay reaches zero.
        decay: `constant`, `linear` or `cosine`.
    """
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    if decay == "constant":
        return peak
    done = min((step - warmup_steps) / max(total_steps - warmup_steps, 1), 1.0)
    if decay == "linear":
        return peak * (1.0 - done)
    return peak * 0.5 * (1.0 + math.cos(math.pi * done))


class Schedule(NamedTuple):
    """The learning rate over the steps; see `learning_rate_at`."""

    peak: float
    warmup_steps: int
    total_steps: int
    decay: str

    def __call__(self, step: int) -> float:
        """The learning rate of a step."""
        return learning_rate_at(step, *self)
