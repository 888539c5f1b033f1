"""Counts and times in Prometheus's text format, under TensorFlow Serving's names.

Dashboards and alerts made for TensorFlow Serving work as they are; what it has no name for begins
with `hachi_tf_`. Names and buckets: tensorflow_serving/servables/tensorflow/util.cc.
"""

import bisect
import threading
from collections.abc import Callable, Sequence

PATH = "/monitoring/prometheus/metrics"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_PREFIX = ":tensorflow:serving:"
_MICROSECONDS = tuple(10 * 1.8**power for power in range(33))
_ROWS = tuple(float(1 << power) for power in range(11))


class Family:
    """A metric's values by its labels.

    Args:
        name: of the metric.
        text: what it is.
        labels: names of the labels.
        kind: `counter`, `gauge`, or `histogram`, which has `buckets`.
        buckets: upper bounds, the infinite one left out.
    """

    def __init__(
        self, name: str, text: str, labels: Sequence[str], kind: str, buckets: Sequence[float] = ()
    ):
        self.name, self.text, self.labels, self.kind = name, text, tuple(labels), kind
        self._buckets = tuple(buckets)
        self._values: dict[tuple[str, ...], list[float]] = {}
        self._lock = threading.Lock()

    def add(self, *labels: str, value: float = 1.0) -> None:
        """Counts, or takes a value into a histogram."""
        with self._lock:
            if self.kind != "histogram":
                self._values.setdefault(labels, [0.0])[0] += value
                return
            # counts of the buckets, of the infinite one, then the sum
            counts = self._values.setdefault(labels, [0.0] * (len(self._buckets) + 2))
            counts[bisect.bisect_left(self._buckets, value)] += 1
            counts[-1] += value

    def lines(self) -> list[str]:
        """The metric in Prometheus's format."""
        lines = [f"# HELP {self.name} {self.text}", f"# TYPE {self.name} {self.kind}"]
        with self._lock:
            values = {labels: list(value) for labels, value in self._values.items()}
        for labels, value in values.items():
            pairs = [
                f'{key}="{_escaped(each)}"' for key, each in zip(self.labels, labels, strict=True)
            ]
            if self.kind != "histogram":
                lines.append(f"{self.name}{_braced(pairs)} {_number(value[0])}")
                continue
            total = 0.0
            bounds = [*map(_number, self._buckets), "+Inf"]
            for bound, count in zip(bounds, value[:-1], strict=True):
                total += count
                bucket = _braced([*pairs, f'le="{bound}"'])
                lines.append(f"{self.name}_bucket{bucket} {_number(total)}")
            lines.append(f"{self.name}_sum{_braced(pairs)} {_number(value[-1])}")
            lines.append(f"{self.name}_count{_braced(pairs)} {_number(total)}")
        return lines


class Metrics:
    """All that a server counts.

    Attributes:
        requests: by model, signature and the name of the status code.
        latency: microseconds from a request to its answer, of those answered.
        runtime: microseconds in the model.
        rows: of calls, padding left out.
        merged: requests a call.
    """

    def __init__(self):
        self.requests = Family(
            f"{_PREFIX}request_count",
            "The total number of requests.",
            ["model_name", "status", "signature"],
            "counter",
        )
        self.latency = Family(
            f"{_PREFIX}request_latency",
            "Wall time of a request, in microseconds.",
            ["model_name", "API", "entrypoint", "signature"],
            "histogram",
            _MICROSECONDS,
        )
        self.runtime = Family(
            f"{_PREFIX}runtime_latency",
            "Wall time in the model, in microseconds.",
            ["model_name", "API", "runtime", "signature"],
            "histogram",
            _MICROSECONDS,
        )
        labels = ["model_name", "signature"]
        self.rows = Family("hachi_tf_batch_rows", "Rows of a call.", labels, "histogram", _ROWS)
        self.merged = Family(
            "hachi_tf_batch_requests", "Requests merged into a call.", labels, "histogram", _ROWS
        )
        self._families = [self.requests, self.latency, self.runtime, self.rows, self.merged]
        self._gauges: dict[str, tuple[str, Callable[[], float]]] = {}

    def gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Adds a value that is read when it is asked for."""
        self._gauges[name] = text, read

    def page(self) -> bytes:
        """The metrics in Prometheus's format."""
        lines = [line for family in self._families for line in family.lines()]
        for name, (text, read) in self._gauges.items():
            family = Family(name, text, [], "gauge")
            family.add(value=read())
            lines += family.lines()
        return ("\n".join(lines) + "\n").encode()


def _braced(pairs: list[str]) -> str:
    return "{" + ",".join(pairs) + "}" if pairs else ""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
