"""What ends a training between two steps: the clock, or a signal."""

import contextlib
import signal
import time
from typing import Any


class Clock:
    """Tells when `max_minutes` are over and when something is due again.

    Args:
        max_minutes: 0 for no limit.
    """

    def __init__(self, max_minutes: float = 0.0):
        self._end = time.monotonic() + 60.0 * max_minutes if max_minutes else float("inf")
        self._due: dict[str, float] = {}

    def over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self._end

    def due(self, what: str, every_s: float) -> bool:
        """Whether `every_s` seconds have passed since this last was true for `what`."""
        now = time.monotonic()
        if now < self._due.setdefault(what, now + every_s):
            return False
        self._due[what] = now + every_s
        return True


# Windows sends a process of its own group SIGBREAK in place of Ctrl-C's SIGINT.
_NAMES = ("SIGINT", "SIGTERM", "SIGBREAK")
_ASKING = [each for name in _NAMES if (each := getattr(signal, name, None))]


class Interrupt:
    """While entered, the first Ctrl-C or SIGTERM only sets `asked`; the second interrupts at once.

    A signal that rose in the middle of a step would leave weights and step number apart. SIGTERM
    is what schedulers of clusters send before they end a process.

    Attributes:
        asked: whether one came.
        status: the exit status that it asks for.
    """

    def __init__(self):
        self.asked, self.status = False, 128 + signal.SIGINT
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Interrupt":
        for number in _ASKING:
            with contextlib.suppress(ValueError):  # not the main thread, which alone gets signals
                self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *unused: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler or signal.SIG_DFL)

    def _ask(self, number: int, *unused: object) -> None:
        self.status = 128 + number
        if self.asked:
            raise KeyboardInterrupt(self.status)
        self.asked = True
