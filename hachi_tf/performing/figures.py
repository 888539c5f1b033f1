"""What was counted and timed while a model played."""

import collections

import numpy as np

LATE_S = 0.002  # an event sent this long after it was due counts as late


class Figures:
    """Counts, and the latest latencies.

    Attributes:
        inputs: inputs that the model has taken.
        ignored: inputs that came while an output was pending, or in a pause.
        outputs: outputs that were sent.
        late: outputs that were sent more than 2 ms after they were due.
        errors: messages and steps that went wrong.
    """

    def __init__(self, keep: int = 2000):
        self.inputs = self.ignored = self.outputs = self.late = self.errors = 0
        self._latencies: collections.deque[float] = collections.deque(maxlen=keep)

    def took(self, seconds: float) -> None:
        """Keeps how long it took from a message to its answer, or to what is pending then."""
        self._latencies.append(seconds)

    def sent(self, lateness_s: float) -> None:
        """Counts an output, and whether it is late."""
        self.outputs += 1
        self.late += lateness_s > LATE_S

    def latency_ms(self) -> tuple[float, float]:
        """The median and the 99th percentile of the latest latencies in ms, 0 if there is none."""
        if not self._latencies:
            return 0.0, 0.0
        p50, p99 = np.percentile(np.fromiter(self._latencies, float), [50, 99]) * 1000
        return float(p50), float(p99)

    def merged(self, others: "list[Figures]") -> "Figures":
        """These and others' figures together."""
        total = Figures(keep=sum(len(each._latencies) for each in [self, *others]))
        for each in [self, *others]:
            for name in ("inputs", "ignored", "outputs", "late", "errors"):
                setattr(total, name, getattr(total, name) + getattr(each, name))
            total._latencies.extend(each._latencies)
        return total
