"""The training loop: one compiled step, everything random a pure function of seed and step."""

from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from hachi_tf.data.pipeline import batch_signature
from hachi_tf.errors import UserError
from hachi_tf.evaluation.teacher_forcing import (
    carried_sizes,
    row_seeds,
    split_carried,
    teacher_forcing,
)
from hachi_tf.training import optimizers
from hachi_tf.training.checkpoints import assign_arrays, variable_arrays
from hachi_tf.training.weight_noise import WeightNoise
from hachi_tf.transforms import Transform

# So many non-finite steps in a row, and training stops with an error.
MAX_SKIPPED_IN_A_ROW = 20


class Schedule(NamedTuple):
    """The learning rate over the steps; see `optimizers.learning_rate_at`."""

    peak: float
    warmup_steps: int
    total_steps: int
    decay: str

    def __call__(self, step: int) -> float:
        """The learning rate of a step."""
        return optimizers.learning_rate_at(step, *self)


class Trainer:
    """Learns from batches, one step after the other.

    The loss is the sum of the negative log-likelihoods of all valid steps of the global batch,
    divided by their count. A step whose loss or gradient is not finite changes nothing and is
    counted.

    Args:
        network: a network of `hachi_tf.models`; its weights are created here if need be.
        transforms: fitted, from data units to network space.
        optimizer: a Keras optimizer.
        schedule: the learning rate over the steps.
        seed: for dropout, weight noise and quantum noise.
        clip_norm: the largest global norm of the gradient; 0 for none.
        per_sequence: whether to follow the gradient of the nats a sequence, as Graves does,
            rather than a step. It matters to his RMSProp, whose epsilon is not small beside the
            square of a gradient by the step.
        weight_noise: None, or noise on the network's weights.
        strategy: a `tf.distribute` strategy of one replica; the default one by default.
        carried_rows: of a pipeline whose rows go on where they stopped, how many they are: the
            recurrent state is carried over from step to step. 0 for none.

    Raises:
        ValueError: for a strategy of several replicas, which would each learn from all rows.
    """

    def __init__(
        self,
        network: Any,
        transforms: Transform,
        optimizer: Any,
        schedule: Schedule,
        seed: int = 0,
        clip_norm: float = 0.0,
        per_sequence: bool = False,
        weight_noise: WeightNoise | None = None,
        strategy: tf.distribute.Strategy | None = None,
        carried_rows: int = 0,
    ):
        self.network, self.optimizer, self.schedule = network, optimizer, schedule
        self._transforms, self._seed, self._clip_norm = transforms, seed, clip_norm
        self._per_sequence = per_sequence
        self._noise = weight_noise
        self._strategy = strategy or tf.distribute.get_strategy()
        if self._strategy.num_replicas_in_sync > 1:
            raise ValueError("expected a strategy of one replica; got several")
        with self._strategy.scope():
            network.build()
        self._learned = list(network.trainable_variables)
        self._learned += weight_noise.trainable_variables if weight_noise else []
        with self._strategy.scope():
            optimizer.build(self._learned)
        self._state = []
        if carried_rows:
            for index, size in enumerate(carried_sizes(network, transforms)):
                zeros = tf.zeros([carried_rows, size])
                self._state.append(keras.Variable(zeros, trainable=False, name=f"state_{index}"))
        self.step, self.skipped, self._skipped_in_a_row = 0, 0, 0
        self._compiled = tf.function(
            self._distributed_step,
            input_signature=[batch_signature(len(network.schema)), tf.TensorSpec([], tf.int32)],
            autograph=False,
        )

    def train_step(self, batch: dict[str, tf.Tensor]) -> dict[str, float]:
        """Learns from one batch.

        Args:
            batch: as `Pipeline.batches` yields it.

        Returns:
            `nats_per_step`, `gradient_norm`, `learning_rate`, `num_events`, all before the
            update; not finite if the step was skipped.

        Raises:
            UserError: if too many steps in a row were not finite.
        """
        rate = self.schedule(self.step)
        self.optimizer.learning_rate.assign(rate)
        result = self._compiled(batch, tf.constant(self.step, tf.int32))
        loss, norm, count = (float(value) for value in result)
        self.step += 1
        finite = np.isfinite(loss) and np.isfinite(norm)
        self._skipped_in_a_row = 0 if finite else self._skipped_in_a_row + 1
        self.skipped += not finite
        if self._skipped_in_a_row >= MAX_SKIPPED_IN_A_ROW:
            raise UserError(
                "a finite loss",
                f"{self._skipped_in_a_row} steps in a row that are not, the last at {self.step}",
                "try a smaller --learning_rate or --clip_norm=1; the last checkpoint is kept",
            )
        return dict(nats_per_step=loss, gradient_norm=norm, learning_rate=rate, num_events=count)

    def _distributed_step(self, batch: dict[str, tf.Tensor], step: tf.Tensor):
        loss, norm, count = self._strategy.run(self._replica_step, args=(batch, step))
        return loss, norm, count

    def _replica_step(self, batch: dict[str, tf.Tensor], step: tf.Tensor):
        seeds = row_seeds(self._seed, step, batch["index"])
        state, memory = split_carried(self.network, self._carried(batch["begins"]))
        forced = teacher_forcing(
            batch["events"],
            batch["lengths"],
            batch["ends"],
            self.network.schema,
            self._transforms,
            seeds,
            batch["offset"],
            batch["begins"],
            batch["previous"],
            batch["skip"],
            memory,
        )
        count = tf.reduce_sum(tf.cast(forced.mask, tf.float32))
        replicas = tf.distribute.get_replica_context()
        count = replicas.all_reduce("sum", count)
        step_seed = tf.stack([tf.constant(self._seed, tf.int32), step])
        clean, draws = self._add_noise(step_seed)
        variables = self.network.trainable_variables
        with tf.GradientTape() as tape:
            params, state = self.network(
                forced.inputs,
                initial_state=state,
                context=self.network.encode(batch["text"]),
                lengths=batch["lengths"],
                training=True,
                seed=step_seed,
            )
            log_prob = self.network.head.log_prob(params, forced.targets)
            nats = -tf.reduce_sum(tf.where(forced.mask, log_prob, 0.0))
        carried = state if forced.memory is None else [*state, forced.memory]
        for variable, value in zip(self._state, carried, strict=False):
            variable.assign(tf.where(tf.math.is_finite(value), value, 0.0))
        # Derivatives of the sum, so that Graves's elementwise limits mean what they mean there.
        gradients = tape.gradient(
            nats,
            [variable.value for variable in variables],
            unconnected_gradients=tf.UnconnectedGradients.ZERO,
        )
        gradients = [gradient / count for gradient in gradients]
        for variable, value in zip(variables, clean, strict=False):
            variable.assign(value)
        if self._noise:
            gradients = self._noise.gradients(gradients, draws)
        if self._per_sequence:
            rows = tf.cast(tf.shape(batch["lengths"])[0], tf.float32)
            mean_length = count / replicas.all_reduce("sum", rows)
            gradients = [gradient * mean_length for gradient in gradients]
        loss = replicas.all_reduce("sum", nats) / count
        norm = tf.linalg.global_norm(replicas.all_reduce("sum", gradients))
        if self._clip_norm:
            scale = self._clip_norm / tf.maximum(norm, self._clip_norm)
            gradients = [gradient * scale for gradient in gradients]
        finite = tf.math.is_finite(loss) & tf.math.is_finite(norm)

        def learn():
            self.optimizer.apply_gradients(zip(gradients, self._learned, strict=True))
            return True

        tf.cond(finite, learn, lambda: False)
        return loss, norm, count

    def _carried(self, begins: tf.Tensor) -> list[tf.Tensor] | None:
        """The state that rows go on from, zeros where one begins; None if none is carried."""
        if not self._state:
            return None
        return [tf.where(begins[:, None], 0.0, state.value) for state in self._state]

    def _add_noise(self, step_seed: tf.Tensor) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
        """Adds the step's weight noise; returns the clean weights and the draws."""
        if not self._noise:
            return [], []
        variables = self.network.trainable_variables
        # A copy: reading a variable may alias the buffer that the next line overwrites.
        clean = [tf.identity(variable.value) + 0.0 for variable in variables]
        draws = self._noise.draw(tf.random.experimental.stateless_fold_in(step_seed, 1))
        rows = zip(variables, clean, draws, self._noise.deviations(), strict=True)
        for variable, value, draw, deviation in rows:
            variable.assign(value + deviation * draw)
        return clean, draws

    def arrays(self) -> dict[str, np.ndarray]:
        """All that a resumed run needs, apart from `metadata`."""
        extra = self._noise.trainable_variables if self._noise else []
        return {
            **variable_arrays("network", self.network.weights),
            **variable_arrays("noise", extra),
            **variable_arrays("optimizer", self.optimizer.variables),
            **variable_arrays("state", self._state),
        }

    def metadata(self) -> dict[str, int]:
        """The counters of a resumed run, for JSON."""
        return {"step": self.step, "skipped": self.skipped, "in_a_row": self._skipped_in_a_row}

    def restore(self, arrays: dict[str, np.ndarray], metadata: dict[str, Any], where: Any) -> None:
        """Goes back to where `arrays` and `metadata` were taken.

        Raises:
            UserError: if they belong to another network or optimizer.
        """
        extra = self._noise.trainable_variables if self._noise else []
        assign_arrays("network", self.network.weights, arrays, where)
        assign_arrays("noise", extra, arrays, where)
        assign_arrays("optimizer", self.optimizer.variables, arrays, where)
        assign_arrays("state", self._state, arrays, where)
        self.step, self.skipped = metadata["step"], metadata["skipped"]
        self._skipped_in_a_row = metadata["in_a_row"]


def num_weights(network: keras.Model) -> int:
    """How many numbers the network learns."""
    return sum(int(np.prod(variable.shape)) for variable in network.trainable_variables)
