"""The one thread that computes: requests wait in a queue and are merged into calls.

While a call runs, others gather; the next call takes the oldest request and all that suit it. No
request waits only in order to be merged, unless the last call was merged too: then others are
about to come, and the next call waits a few milliseconds for as many as it had.
"""

import collections
import dataclasses
import logging
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future

import numpy as np
import tensorflow as tf

from hachi_tf.serving.failures import Failure
from hachi_tf.serving.limits import MOST_DRAWN, MOST_GIVEN, Limits, queue_full
from hachi_tf.serving.merging import count_rows, kind, merge, padded_rows, split
from hachi_tf.serving.servable import Servable

log = logging.getLogger(__name__)

_GATHER_S = 0.003
_SHORT_STEPS = 16  # calls of up to so many steps cost about the same


@dataclasses.dataclass(eq=False)
class Job:
    """A request that waits.

    Attributes:
        servable: what answers it.
        signature: of the servable.
        inputs: arrays that suit the signature.
        steps: what its cost follows.
        merges: whether it may be merged with others.
        future: its answer, arrays by name.
    """

    servable: Servable
    signature: str
    inputs: dict[str, np.ndarray]
    steps: int = 1
    merges: bool = True
    future: Future = dataclasses.field(default_factory=Future)
    rows: int = dataclasses.field(init=False)
    kind: Hashable = dataclasses.field(init=False)

    def __post_init__(self):
        self.rows, self.kind = count_rows(self.inputs), kind(self.inputs)
        self.merges = self.merges and self.kind is not None


@dataclasses.dataclass(frozen=True)
class Call:
    """What a call did, for the metrics."""

    servable: Servable
    signature: str
    requests: int
    rows: int
    padded: int
    seconds: float


class Batcher:
    """Runs jobs, oldest first, on a thread of its own.

    Args:
        limits: of the queue and of a merged call.
        reproducible: whether a request alone is padded as merged ones are, so that what it gets
            does not depend on whether others came at the same time.
        observe: is told of each call.
    """

    def __init__(
        self,
        limits: Limits,
        reproducible: bool = False,
        observe: Callable[[Call], None] = lambda call: None,
    ):
        self._limits, self._reproducible, self._observe = limits, reproducible, observe
        self._waiting: collections.deque[Job] = collections.deque()
        self._changed = threading.Condition()
        self._closing = False
        self._last_merged = 1
        self._thread = threading.Thread(target=self._work, name="inference", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        return len(self._waiting)

    def submit(self, job: Job, always: bool = False) -> Future:
        """Adds a job to the queue.

        Args:
            job: the job; cancelling its future takes it out of the queue.
            always: whether it is let in though the queue is full.

        Returns:
            The job's future.

        Raises:
            Failure: if the queue is full, or the server is ending.
        """
        with self._changed:
            if self._closing:
                raise Failure("UNAVAILABLE", "the server is ending")
            if not always and len(self._waiting) >= self._limits.max_queue:
                raise queue_full(len(self._waiting))
            self._waiting.append(job)
            self._changed.notify()
        job.future.add_done_callback(lambda future: self._forget(job, future))
        return job.future

    def close(self) -> None:
        """Answers what waits, and ends the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _forget(self, job: Job, future: Future) -> None:
        if future.cancelled():
            with self._changed:
                if job in self._waiting:
                    self._waiting.remove(job)

    def _work(self) -> None:
        while (batch := self._take()) is not None:
            batch = [job for job in batch if job.future.set_running_or_notify_cancel()]
            if batch:
                self._last_merged = len(batch)
                self._answer(batch)

    def _take(self) -> list[Job] | None:
        """The next jobs to run together; None at the end."""
        with self._changed:
            while not self._waiting and not self._closing:
                self._changed.wait()
            if self._last_merged > 1:
                until = time.perf_counter() + _GATHER_S
                while len(self._waiting) < self._last_merged and not self._closing:
                    left = until - time.perf_counter()
                    if left <= 0 or not self._changed.wait(left):
                        break
            if not self._waiting:
                return None if self._closing else []
            return self._gather()

    def _gather(self) -> list[Job]:
        """Takes the oldest job out of the queue, and those that suit it.

        A call lasts as long as its longest row, so a short request never waits for one that
        takes more than twice as long.
        """
        first = self._waiting.popleft()
        batch, rows = [first], first.rows
        if not first.merges:
            return batch
        low = high = max(first.steps, _SHORT_STEPS)
        most = MOST_GIVEN if first.kind else MOST_DRAWN
        left = []
        for job in self._waiting:
            steps = max(job.steps, _SHORT_STEPS)
            lowest, highest = min(low, steps), max(high, steps)
            total = rows + job.rows
            if (
                job.merges
                and job.servable is first.servable
                and (job.signature, job.kind) == (first.signature, first.kind)
                and highest <= 2 * lowest
                and total <= self._limits.max_batch_rows
                and padded_rows(total) * highest <= most
            ):
                batch.append(job)
                rows, low, high = total, lowest, highest
            else:
                left.append(job)
        if len(batch) > 1:
            self._waiting = collections.deque(left)
        return batch

    def _answer(self, batch: list[Job]) -> None:
        try:
            answers = self._call(batch)
        except Exception as error:  # whatever a graph may raise
            if len(batch) > 1:
                for job in batch:
                    self._answer([job])
            else:
                batch[0].future.set_exception(_failure(error))
            return
        for job, answer in zip(batch, answers, strict=True):
            job.future.set_result(answer)

    def _call(self, batch: list[Job]) -> list[dict[str, np.ndarray]]:
        servable, name = batch[0].servable, batch[0].signature
        signature = servable.signatures[name]
        rows = sum(job.rows for job in batch)
        alone = len(batch) == 1 and not self._reproducible
        padded = rows if alone else padded_rows(rows)
        requests = [job.inputs for job in batch]
        inputs = requests[0] if alone else merge(requests, signature, padded)
        begin_s = time.perf_counter()
        outputs = servable.run(name, inputs)
        seconds = time.perf_counter() - begin_s
        self._observe(Call(servable, name, len(batch), rows, padded, seconds))
        return split(outputs, requests, signature, servable.max_steps)


def _failure(error: Exception) -> Failure:
    """What a client is told of an error in a graph; nothing of the graph itself."""
    if isinstance(error, Failure):
        return error
    if isinstance(error, tf.errors.InvalidArgumentError):
        return Failure("INVALID_ARGUMENT", "the model cannot compute with these inputs")
    if isinstance(error, (tf.errors.ResourceExhaustedError, MemoryError)):
        return Failure("RESOURCE_EXHAUSTED", "the request takes more memory than there is")
    log.error("a call failed", exc_info=error)
    return Failure("INTERNAL", "the model failed; the server's log says why")
