"""Dynamic evaluation: the network goes on learning while it reads what it is scored on.

Mikolov 2012, section 3.4 of "Statistical language models based on neural networks"; Graves 2013,
section 3.1. Each window is predicted first, then a gradient step is made on it: nothing is ever
learned before it is scored, so the figure is as honest as the static one.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import tensorflow as tf

from hachi_tf.data.pieces import Cut
from hachi_tf.data.pipeline import batch_signature
from hachi_tf.evaluation.parts import chunk
from hachi_tf.evaluation.scoring import Scores, score_batch
from hachi_tf.evaluation.teacher_forcing import carried_sizes
from hachi_tf.models import network_from_dict, network_to_dict
from hachi_tf.transforms import Transform

CLIP_NORM = 1.0
"""The largest norm of a window's gradient."""


class DynamicScorer:
    """Scores data sets with a copy of a network that learns from each window once it is scored.

    A step is plain gradient descent on the window's nats a step. Dropout is off. The recurrent
    state goes on from window to window as the weights before the step have made it, and starts
    from zero with each sequence; what was learned goes on through all sequences in their order.

    Args:
        network: a built network of `hachi_tf.models`; it is left as it is.
        transforms: from data units to network space.
        rate: the learning rate.
        window: the most events of a window.
    """

    def __init__(self, network: Any, transforms: Transform, rate: float, window: int = 100):
        self._original, self._window = network, window
        self._state_sizes = carried_sizes(network, transforms)
        self._network = network_from_dict(network_to_dict(network))
        self._network.build()
        copy, variables = self._network, self._network.trainable_variables

        def learn(batch, state):
            with tf.GradientTape() as tape:
                figures, state, nats = score_batch(copy, transforms, batch, state)
                loss = tf.reduce_sum(nats)
            gradients = tape.gradient(
                loss,
                [variable.value for variable in variables],
                unconnected_gradients=tf.UnconnectedGradients.ZERO,
            )
            count = tf.cast(tf.reduce_sum(batch["lengths"] - batch["skip"]), tf.float32)
            count = tf.maximum(count, 1.0)
            norm = tf.linalg.global_norm(gradients) / count
            step = rate / count * tf.minimum(1.0, CLIP_NORM / norm)
            # A window whose loss or gradient is not finite teaches nothing.
            use = tf.math.is_finite(norm) & (norm > 0.0)
            for variable, gradient in zip(variables, gradients, strict=True):
                variable.assign_sub(tf.where(use, step * gradient, 0.0))
            return figures, state

        self._compiled = tf.function(
            learn,
            input_signature=[
                batch_signature(len(network.schema)),
                [tf.TensorSpec([None, size], tf.float32) for size in self._state_sizes],
            ],
            autograph=False,
        )

    def __call__(self, dataset: Any, progress: Callable[[range], Iterable[int]] = iter) -> Scores:
        """Scores all sequences of a `Dataset`, from the original weights on.

        Args:
            dataset: the sequences.
            progress: goes through the numbers of the windows, and may show how far it is.
        """
        self._network.set_weights(self._original.get_weights())
        cut, sums = Cut(dataset.lengths, self._window), np.zeros([3, len(dataset)])
        for number in progress(range(len(cut))):
            piece = cut[np.array([number])]
            if piece.start[0] == 0:
                state = [tf.zeros([1, size]) for size in self._state_sizes]
            figures, state = self._compiled(chunk(dataset, piece, 0, self._window), state)
            sums[:, piece.sequence[0]] += [float(value[0]) for value in figures]
        return Scores(*sums, np.asarray(dataset.counted, np.int64))


def dynamic_figures(scores: Scores, static: dict[str, Any]) -> dict[str, float]:
    """The figures of dynamic evaluation, for JSON.

    Args:
        scores: what `DynamicScorer` returned.
        static: the figures of the network as it is, with those of `text_scores` if it is of text.
    """
    nats = float(scores.nats.sum())
    counts = {"nats_per_step": "num_events", "nats_per_sequence": "num_sequences"}
    figures = {f"dynamic_{name}": nats / static[count] for name, count in counts.items()}
    for name, count in (("character", "num_characters"), ("byte", "num_bytes")):
        if count in static:
            figures[f"dynamic_bits_per_{name}"] = nats / math.log(2) / max(static[count], 1)
    return figures
