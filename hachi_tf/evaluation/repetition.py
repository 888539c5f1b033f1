"""The baseline that takes the last event for the next one."""

from collections.abc import Callable
from typing import Any

import numpy as np

from hachi_tf.evaluation.baselines import trivial_baseline
from hachi_tf.evaluation.scoring import EVALUATION_SEED
from hachi_tf.samplers import noise
from hachi_tf.schema import Schema
from hachi_tf.transforms import Transform


def in_words(figures: dict[str, Any]) -> str:
    """How `nats_per_step` stands to `repetition_nats_per_step`, for a person."""
    ours, repeated = figures["nats_per_step"], figures["repetition_nats_per_step"]
    word = "better" if ours <= repeated else "WORSE"
    return (
        f"{abs(repeated - ours):.2f} nats a step {word} than repeating the last frame with a "
        f"fitted Gaussian ({repeated:.2f})"
    )


def repetition_baseline(
    train: Any, transforms: Transform, schema: Schema
) -> Callable[[Any], float]:
    """Repeating the last event, give or take what a fitted Gaussian says, in network space.

    The Gaussian, with a full covariance, is that of the training set's changes from one event to
    the next; for a sequence's first event it is that of the events themselves. What leads a
    sequence is not predicted. Columns on a grid are read at the middle of their cell and predicted
    with its noise, as networks do.

    Args:
        train: the `Dataset` whose changes are learned from.
        transforms: from data units to network space.
        schema: the columns, all of them continuous.

    Returns:
        A function from a `Dataset` to the baseline's nats an event.
    """
    quanta = np.float32([feature.quantum or 0.0 for feature in schema.features])

    def targets_and_inputs(events: np.ndarray, row: int) -> tuple[np.ndarray, np.ndarray]:
        noisy = events
        if quanta.any():
            seeds = np.array([[EVALUATION_SEED, row]], np.int32)
            uniform = noise.uniforms_numpy(seeds, np.zeros(1, np.int32), *events.shape)[0]
            noisy = events + quanta * uniform
        return transforms.forward(noisy), transforms.forward(events + 0.5 * quanta)

    def changes(dataset: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """All events `[N, F]`, the first ones `[n, F]`, and changes `[N - n, F]`."""
        all_, firsts, steps = [], [], []
        for row, lead in enumerate(dataset.leads.tolist()):
            events = dataset.window(row, max(lead - 1, 0))
            if len(events):
                targets, inputs = targets_and_inputs(events, row)
                all_.append(targets)
                firsts.append(targets[: int(not lead)])
                steps.append(targets[1:] - inputs[:-1])
        return tuple(map(np.concatenate, (all_, firsts, steps)))

    events, _, steps = changes(train)
    first = trivial_baseline(events, schema)
    step = trivial_baseline(steps if len(steps) else events, schema)

    def nats(dataset: Any) -> float:
        _, firsts, steps = changes(dataset)
        total = first.log_prob(firsts).sum() + step.log_prob(steps).sum()
        return -float(total / (len(firsts) + len(steps)))

    return nats
