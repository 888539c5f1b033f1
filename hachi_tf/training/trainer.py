"""The training loop: one compiled step, everything random a pure function of seed and step."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from hachi_tf.data.pipeline import batch_signature, share_signature
from hachi_tf.errors import UserError
from hachi_tf.evaluation.teacher_forcing import (
    carried_sizes,
    row_seeds,
    split_carried,
    teacher_forcing,
)
from hachi_tf.training.checkpoints import assign_arrays, variable_arrays
from hachi_tf.training.optimizers import Schedule
from hachi_tf.training.replicas import Replicas, among_all
from hachi_tf.training.weight_noise import WeightNoise
from hachi_tf.transforms import Transform

# What workers may tell one another with a step; see `Trainer.train_step`.
NUM_WISHES = 2
NO_WISHES = (0.0,) * NUM_WISHES
# So many non-finite steps in a row, and training stops with an error.
MAX_SKIPPED_IN_A_ROW = 20


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
        replicas: what learns together; this process alone by default. Each replica learns from a
            share of the batch, and sums over all of them take the place of sums over the batch.
        carried_rows: of a pipeline whose rows go on where they stopped, how many they are: the
            recurrent state is carried over from step to step. 0 for none.

    Attributes:
        agreed: what all workers together gave as `wishes` for the last step.
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
        replicas: Replicas | None = None,
        carried_rows: int = 0,
    ):
        self.network, self.optimizer, self.schedule = network, optimizer, schedule
        self._transforms, self._seed, self._clip_norm = transforms, seed, clip_norm
        self._per_sequence = per_sequence
        self._noise = weight_noise
        self._replicas = replicas or Replicas()
        with self._replicas.scope():
            network.build()
        self._learned = list(network.trainable_variables)
        self._learned += weight_noise.trainable_variables if weight_noise else []
        self._state = []
        with self._replicas.scope():
            optimizer.build(self._learned)
            for index, size in enumerate(
                carried_sizes(network, transforms) if carried_rows else []
            ):
                zeros = tf.zeros([carried_rows, size])
                self._state.append(keras.Variable(zeros, trainable=False, name=f"state_{index}"))
        self.step, self.skipped, self._skipped_in_a_row = 0, 0, 0
        self.agreed = np.zeros(NUM_WISHES)
        count = len(self._replicas.local)
        signature = share_signature if self._replicas.count > 1 else batch_signature
        self._compiled = tf.function(
            self._distributed_step,
            input_signature=[
                [signature(len(network.schema))] * count,
                tf.TensorSpec([], tf.int32),
                tf.TensorSpec([NUM_WISHES], tf.float32),
            ],
            autograph=False,
        )

    def train_step(self, batch: Any, wishes: Sequence[float] = NO_WISHES) -> dict[str, float]:
        """Learns from one batch.

        Args:
            batch: as `Pipeline.batches` yields it; of several replicas, a share for each that is
                in this process.
            wishes: numbers that are summed over the workers, so that all of them know.

        Returns:
            `nats_per_step`, `gradient_norm`, `learning_rate`, `num_events`, all before the
            update; not finite if the step was skipped.

        Raises:
            UserError: if too many steps in a row were not finite.
            WorkerLost: if a worker has gone.
        """
        rate = self.schedule(self.step)
        self.optimizer.learning_rate.assign(rate)
        shares = [batch] if isinstance(batch, dict) else list(batch)
        with self._replicas.watched():
            result = self._compiled(shares, tf.constant(self.step, tf.int32), tf.constant(wishes))
            *result, agreed = result
            loss, norm, count = (float(value) for value in result)
        if self._replicas.num_workers > 1:
            self.agreed = agreed.numpy()
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

    def _distributed_step(self, shares: list[dict[str, tf.Tensor]], step: tf.Tensor, wishes):
        replicas = self._replicas
        step_seed = tf.stack([tf.constant(self._seed, tf.int32), step])
        clean, draws = self._add_noise(step_seed)
        sums, state = replicas.run(self._derivatives, shares, step, step_seed, wishes)
        for variable, value in zip(self.network.trainable_variables, clean, strict=False):
            variable.assign(value)
        for variable, value in zip(self._state, replicas.first(state), strict=True):
            value = value[: variable.shape[0]]
            variable.assign(tf.where(tf.math.is_finite(value), value, 0.0))
        gradients, *figures = replicas.run(self._gradients, sums, draws)
        loss, norm, count, agreed = replicas.first(figures)
        finite = tf.math.is_finite(loss) & tf.math.is_finite(norm)

        def learn():
            replicas.learn(self.optimizer, gradients, self._learned)
            return True

        tf.cond(finite, learn, lambda: False)
        return loss, norm, count, agreed

    def _derivatives(self, shares, step: tf.Tensor, step_seed: tf.Tensor, wishes: tf.Tensor):
        """On a replica: sums over all replicas, and the state that goes on, of all rows."""
        batch = self._replicas.mine(shares)
        places = (batch["place"], batch["rows"]) if "place" in batch else None
        seeds = row_seeds(self._seed, step, batch["index"])
        state, memory = split_carried(self.network, self._carried(batch["begins"], places))
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
        rows = (
            tf.shape(batch["lengths"])[0]
            if places is None
            else tf.math.count_nonzero(places[0] >= 0, dtype=tf.int32)
        )
        variables = self.network.trainable_variables
        with tf.GradientTape() as tape:
            params, state = self.network(
                forced.inputs,
                initial_state=state,
                context=self.network.encode(batch["text"]),
                lengths=batch["lengths"],
                training=True,
                seed=step_seed,
                rows=places,
            )
            log_prob = self.network.head.log_prob(params, forced.targets)
            nats = -tf.reduce_sum(tf.where(forced.mask, log_prob, 0.0))
        # Derivatives of the sum, so that Graves's elementwise limits mean what they mean there.
        gradients = tape.gradient(
            nats,
            [variable.value for variable in variables],
            unconnected_gradients=tf.UnconnectedGradients.ZERO,
        )
        carried = [] if not self._state else state
        carried = (
            [*carried, forced.memory] if self._state and forced.memory is not None else carried
        )
        carried = [among_all(value, places) for value in carried] if places else list(carried)
        sums = [nats, count, tf.cast(rows, tf.float32), wishes, *gradients, *carried]
        sums = self._replicas.sum(sums)
        cut = len(sums) - len(carried)
        return sums[:cut], sums[cut:]

    def _gradients(self, sums: list[tf.Tensor], draws: list[tf.Tensor]):
        """On a replica: what the optimizer follows, loss, norm, count and wishes."""
        nats, count, rows, wishes, *gradients = sums
        gradients = [gradient / count for gradient in gradients]
        if self._noise:
            gradients = self._noise.gradients(gradients, draws)
        if self._per_sequence:
            mean_length = count / rows
            gradients = [gradient * mean_length for gradient in gradients]
        norm = tf.linalg.global_norm(gradients)
        if self._clip_norm:
            scale = self._clip_norm / tf.maximum(norm, self._clip_norm)
            gradients = [gradient * scale for gradient in gradients]
        return gradients, nats / count, norm, count, wishes

    def _carried(self, begins: tf.Tensor, places: Any) -> list[tf.Tensor] | None:
        """The state that rows go on from, zeros where one begins; None if none is carried."""
        if not self._state:
            return None
        state = [variable.value for variable in self._state]
        if places:
            state = [tf.gather(value, tf.maximum(places[0], 0)) for value in state]
        return [tf.where(begins[:, None], 0.0, value) for value in state]

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

        Args:
            arrays: what `arrays` returned.
            metadata: what `metadata` returned.
            where: they came from, for the error.

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
