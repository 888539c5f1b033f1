"""What REST, gRPC and streams have in common: checks, computing, counting."""

import asyncio
import contextlib
import time
from collections.abc import Iterator

import numpy as np

from hachi_tf.serving.asgi import Disconnected
from hachi_tf.serving.batching import Batcher, Call, Job
from hachi_tf.serving.failures import Failure, invalid
from hachi_tf.serving.limits import MOST_DRAWN, MOST_GIVEN, Limits
from hachi_tf.serving.merging import count_rows, count_steps, given_steps, padded_rows
from hachi_tf.serving.metrics import Metrics
from hachi_tf.serving.registry import Registry
from hachi_tf.serving.servable import Servable, Signature

DEFAULT = "serving_default"
_API = "Predict"


class Core:
    """Answers requests whose arrays have been read.

    Args:
        registry: the models.
        limits: of requests.
        reproducible: as for `Batcher`.
    """

    def __init__(
        self, registry: Registry, limits: Limits | None = None, reproducible: bool = False
    ):
        self.registry, self.limits = registry, limits or Limits()
        self.reproducible = reproducible
        self.metrics = Metrics()
        self.batcher = Batcher(self.limits, reproducible, self._observe)
        self.metrics.gauge(
            "hachi_tf_queue_length", "Requests that wait.", lambda: self.batcher.waiting
        )

    def close(self) -> None:
        """Answers what waits, and ends the threads."""
        self.registry.close()
        self.batcher.close()

    def check(self, inputs: dict[str, np.ndarray], servable: Servable) -> None:
        """Refuses arrays that do not belong together, or would take too much.

        Raises:
            Failure: if they are such.
        """
        sizes = {name: len(value) for name, value in inputs.items()}
        if len(set(sizes.values())) != 1:
            raise invalid(f"expected as many rows in each input; got {sizes}")
        count = count_rows(inputs)
        self.limits.check_rows(count)
        rows = padded_rows(count) if self.reproducible else count
        given, drawn = given_steps(inputs), count_steps(inputs, servable.max_steps)
        self.limits.check_steps(given, rows, MOST_GIVEN, "events or bytes of a text")
        self.limits.check_steps(drawn, rows, MOST_DRAWN, "num_steps")

    async def compute(
        self,
        servable: Servable,
        signature: str,
        inputs: dict[str, np.ndarray],
        timeout_s: float | None = None,
        merges: bool = True,
        always: bool = False,
    ) -> dict[str, np.ndarray]:
        """The outputs for checked inputs.

        Args:
            servable: what computes.
            signature: of it.
            inputs: arrays that suit it.
            timeout_s: from now; the server's own by default, and at most that.
            merges: whether it may be merged with other requests.
            always: as for `Batcher.submit`.

        Raises:
            Failure: if there is no room, no time, or the model fails.
        """
        steps = count_steps(inputs, servable.max_steps)
        job = Job(servable, servable.same_as(signature), inputs, steps, merges)
        future = self.batcher.submit(job, always)
        limit_s = self.limits.timeout_s
        try:
            async with asyncio.timeout(limit_s if timeout_s is None else min(limit_s, timeout_s)):
                return await asyncio.wrap_future(future)
        except TimeoutError as error:
            raise Failure("DEADLINE_EXCEEDED", "the request took longer than it may") from error
        finally:
            future.cancel()  # gives its place in the queue up, if it still has one

    @contextlib.contextmanager
    def counted(self, entrypoint: str) -> Iterator["Counted"]:
        """Counts a request and how it ended; the name and signature are filled in on the way."""
        begin_s, counted = time.perf_counter(), Counted()
        code = "CANCELLED"
        try:
            yield counted
            code = "OK"
        except Failure as failure:
            code = failure.code
            raise
        except Disconnected:
            raise
        except Exception:
            code = "INTERNAL"
            raise
        finally:
            self.metrics.requests.add(counted.model, code, counted.signature)
            if code == "OK":
                micros = (time.perf_counter() - begin_s) * 1e6
                labels = (counted.model, _API, entrypoint, counted.signature)
                self.metrics.latency.add(*labels, value=micros)

    def _observe(self, call: Call) -> None:
        labels = (call.servable.name, call.signature)
        self.metrics.runtime.add(labels[0], _API, "TF2", labels[1], value=call.seconds * 1e6)
        self.metrics.rows.add(*labels, value=call.rows)
        self.metrics.merged.add(*labels, value=call.requests)


class Counted:
    """Labels of a request for the metrics: only names that there are, so that they stay few."""

    model = ""
    signature = ""

    def resolved(self, servable: Servable, signature: str, code: str, message: str) -> Signature:
        """The signature of a loaded version.

        Args:
            servable: the version.
            signature: its name, the default one if empty.
            code: what it is if there is none.
            message: what is said then, with `{}` for the name.

        Raises:
            Failure: if there is none.
        """
        self.model = servable.name
        name = signature or DEFAULT
        if name not in servable.signatures:
            raise Failure(code, message.format(name[:200]))
        self.signature = name
        return servable.signatures[name]
