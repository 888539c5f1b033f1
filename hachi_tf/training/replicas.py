"""The devices and hosts that learn together: each takes a share of every batch."""

import contextlib
import dataclasses
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.training.workers import AGAIN, Cluster, WorkerLost


class Replicas:
    """The replicas of one network, of which this process has some.

    Every worker reads the same flags and data and takes its share of each batch; sums over all
    replicas take the place of sums over the batch, so that all of them learn what one process
    would. What the run directory holds is written by the chief alone.

    Args:
        strategy: a `tf.distribute` strategy; None for this process and TensorFlow's default.
        cluster: the workers, if there are several.

    Attributes:
        strategy: the strategy.
        count: replicas in all.
        local: the numbers of those in this process.
        num_workers: processes in all.
        is_chief: whether this process writes.
    """

    def __init__(self, strategy: Any = None, cluster: Cluster | None = None):
        import tensorflow as tf

        self._tf = tf
        self.strategy = strategy or tf.distribute.get_strategy()
        self.count = self.strategy.num_replicas_in_sync
        self.num_workers = len(cluster.addresses) if cluster else 1
        index = cluster.index if cluster else 0
        self.is_chief = index == 0
        each = self.count // self.num_workers
        self.local = range(index * each, (index + 1) * each)

    @property
    def shares(self) -> list[tuple[int, int]] | None:
        """Number and count for each replica of this process, as `Pipeline.batch` takes them."""
        return [(number, self.count) for number in self.local] if self.count > 1 else None

    def scope(self) -> contextlib.AbstractContextManager:
        """Where variables are made."""
        return self.strategy.scope()

    def run(self, function: Callable, *arguments: Any) -> Any:
        """Calls a function on every replica; see `first` for its results."""
        return self.strategy.run(function, args=arguments)

    def mine(self, shares: list[Any]) -> Any:
        """Within `run`, the share of the replica, of one for each replica of this process."""
        if len(shares) == 1:
            return shares[0]
        number = self._tf.distribute.get_replica_context().replica_id_in_sync_group
        return shares[int(self._tf.get_static_value(number)) - self.local.start]

    def sum(self, values: list[Any]) -> list[Any]:
        """Within `run`, the sums of tensors over all replicas."""
        if self.count == 1:
            return values
        values = [self._tf.identity(value) for value in values]  # each on the replica's device
        return self._tf.distribute.get_replica_context().all_reduce("sum", values)

    def first(self, values: Any) -> Any:
        """Of what `run` returned, this process's first replica's."""
        if self.count == 1:
            return values
        return self._tf.nest.map_structure(
            lambda value: self.strategy.experimental_local_results(value)[0], values
        )

    def learn(self, optimizer: Any, gradients: list[Any], variables: list[Any]) -> None:
        """Lets a Keras optimizer take a step on every replica.

        Args:
            optimizer: built.
            gradients: as `run` returned them, the same ones on each replica.
            variables: the Keras variables.
        """
        if self.count == 1:
            optimizer.apply_gradients(zip(gradients, variables, strict=True))
            return
        rate = optimizer.learning_rate

        def update(variable, gradient, rate):
            optimizer.update_step(gradient, variable, rate)

        for gradient, variable in zip(gradients, variables, strict=True):
            self.strategy.extended.update(
                variable.value, update, args=(gradient, rate), group=False
            )
        optimizer.iterations.assign_add(1)

    def agree(self, values: Any) -> list[Any]:
        """The numbers `[n]` of each worker, in their order.

        Args:
            values: of this one.
        """
        if self.num_workers == 1:
            return [values]
        tf = self._tf

        def gather():
            mine = tf.constant(values, tf.float64)[None]
            first = tf.distribute.get_replica_context().replica_id_in_sync_group
            row = tf.one_hot(first, self.count, dtype=tf.float64)[:, None]
            return self.sum([row * mine])[0]

        table = self.first(tf.function(lambda: self.run(gather), autograph=False)()).numpy()
        return list(table[:: self.count // self.num_workers])

    def part(self) -> None:
        """Waits until all workers have done what they had to do; one that has gone has."""
        with contextlib.suppress(WorkerLost), self.watched():
            self.agree([0.0])

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Turns the errors of a worker that has gone into one line.

        Raises:
            WorkerLost: if a worker has gone.
        """
        if self.num_workers == 1:
            yield
            return
        errors = self._tf.errors
        try:
            yield
        except (errors.UnavailableError, errors.AbortedError, errors.CancelledError,
                errors.DeadlineExceededError, errors.InternalError) as error:  # fmt: skip
            lines = [line for line in str(error).splitlines() if "aborted" in line]
            raise WorkerLost(
                f"all {self.num_workers} workers to stay",
                f"one that has gone ({(lines or [str(error)])[0][:200]})",
                AGAIN,
            ) from error


def among_all(values: Any, places: tuple[Any, Any]) -> Any:
    """Rows `[B, S]` of a share at their places among those of the whole batch, zeros elsewhere."""
    import tensorflow as tf

    place, rows = places
    values = tf.where(tf.math.is_finite(values), values, 0.0)
    # One row more, for those that have no place.
    shape = tf.stack([rows + 1, tf.shape(values)[1]])
    return tf.scatter_nd(tf.where(place < 0, rows, place)[:, None], values, shape)[:-1]


def make_replicas(name: str, cluster: Cluster | None = None) -> Replicas:
    """The replicas that a flag asks for.

    Of several workers it returns when all have come, and no operation may have run before.

    Args:
        name: one of `workers.STRATEGIES`. `auto` is `multi_worker` where there is a cluster, else
            `mirrored` where TensorFlow sees several GPUs, else `one`.
        cluster: what `workers.wanted_cluster` returned.

    Raises:
        UserError: if one device is all there is to mirror on.
    """
    import tensorflow as tf

    if cluster is not None:
        return Replicas(tf.distribute.MultiWorkerMirroredStrategy(), cluster)
    devices = [] if name == "one" else tf.config.list_logical_devices("GPU")
    if name == "mirrored" and len(devices) < 2:
        found = len(devices)
        devices = tf.config.list_logical_devices("CPU")
        if len(devices) < 2:
            raise UserError(
                "several GPUs for --strategy=mirrored", str(found), "leave the flag out"
            )
    if len(devices) < 2:
        return Replicas()
    return Replicas(tf.distribute.MirroredStrategy([device.name for device in devices]))


def compare_workers(replicas: Replicas, config: Any, fingerprint: str, trainer: Any) -> None:
    """Sees to it that all workers do the same.

    Args:
        replicas: of which this process has some.
        config: the flags (`hachi_tf.train.TrainConfig`).
        fingerprint: of the data.
        trainer: with the weights to begin with.

    Raises:
        UserError: if a worker has other flags, data, weights, or another step.
        WorkerLost: if one has gone.
    """
    if replicas.num_workers == 1:
        return
    config = dataclasses.replace(config, data="", device="auto", debug=False)
    numbers = [zlib.crc32((config.to_json() + fingerprint).encode()), trainer.step]
    for values in trainer.arrays().values():
        numbers.append(zlib.crc32(np.ascontiguousarray(values).tobytes()))
    with replicas.watched():
        table = replicas.agree([float(number) for number in numbers])
    for index, other in enumerate(table):
        if not np.array_equal(other, table[0]):
            what = "flags or data" if other[0] != table[0][0] else "weights or another step"
            raise UserError(
                "the same flags, the same data, and a --run_dir that all workers share",
                f"other {what} at worker {index}",
            )
