"""Gaussian noise on the weights, drawn once a batch.

Graves 2013 draws the noise once a sequence. Here all rows of a batch share one draw, because a
draw a row would turn every product by a weight matrix into one product a row; with a batch of one
the two are the same.
"""

import keras
import tensorflow as tf


class WeightNoise:
    """Fixed or adaptive weight noise.

    Fixed: every weight is w + sigma * eps (Graves 2013, section 3.2: sigma = 0.075).
    Adaptive: each weight has a standard deviation of its own, learned by minimizing the
    description length of Graves, "Practical Variational Inference for Neural Networks" (2011):
    the loss plus KL(posterior || prior) a step of the training set, with the Gaussian prior whose
    mean and variance are the best ones for the present posterior. The gradient by log sigma goes
    through the draw.

    Args:
        variables: the network's trainable variables.
        deviation: the standard deviation, or the initial one if adaptive.
        adaptive: whether deviations are learned.
        num_steps: time steps in an epoch of training data, over which the KL is spread.
    """

    def __init__(self, variables: list, deviation: float, adaptive: bool, num_steps: int):
        self._variables, self._num_steps = variables, num_steps
        self.adaptive = adaptive
        initial = keras.initializers.Constant(tf.math.log(deviation).numpy())
        self._log_deviations = [
            keras.Variable(initial, shape=v.shape, dtype="float32", name=f"log_deviation_{i}")
            for i, v in enumerate(variables)
        ]
        self.trainable_variables = self._log_deviations if adaptive else []

    def draw(self, seed: tf.Tensor) -> list[tf.Tensor]:
        """Noise of unit deviation for each weight.

        Args:
            seed: int32 `[2]`.
        """
        fold_in = tf.random.experimental.stateless_fold_in
        return [
            tf.random.stateless_normal(variable.shape, fold_in(seed, number))
            for number, variable in enumerate(self._variables)
        ]

    def deviations(self) -> list[tf.Tensor]:
        """The standard deviation of each weight."""
        return [tf.exp(variable.value) for variable in self._log_deviations]

    def _prior(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Mean and variance of the best Gaussian prior for all weights together."""
        count = float(sum(variable.value.shape.num_elements() for variable in self._variables))
        mean = tf.add_n([tf.reduce_sum(v.value) for v in self._variables]) / count
        pairs = zip(self._variables, self.deviations(), strict=True)
        squares = [tf.reduce_sum((v.value - mean) ** 2 + s**2) for v, s in pairs]
        return mean, tf.add_n(squares) / count

    def gradients(self, gradients: list[tf.Tensor], draws: list[tf.Tensor]) -> list[tf.Tensor]:
        """Gradients for the weights and, if adaptive, for the log deviations after them.

        Args:
            gradients: of the loss in nats a step, taken at the noisy weights.
            draws: what `draw` returned.
        """
        if not self.adaptive:
            return gradients
        mean, variance = self._prior()
        for_weights, for_deviations = [], []
        rows = zip(self._variables, gradients, draws, self.deviations(), strict=True)
        for variable, gradient, draw, deviation in rows:
            pull = (variable.value - mean) / variance
            for_weights.append(gradient + pull / self._num_steps)
            spread = deviation**2 / variance - 1.0
            for_deviations.append(gradient * draw * deviation + spread / self._num_steps)
        return for_weights + for_deviations
