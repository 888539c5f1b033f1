"""What ends a training between two steps: the clock, or Ctrl-C."""

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


# Windows sends a process of its own group the second in place of the first.
_ASKING = [each for name in ("SIGINT", "SIGBREAK") if (each := getattr(signal, name, None))]


class Interrupt:
    """While entered, the first Ctrl-C only sets `asked`; the second one interrupts at once.

    A signal that rose in the middle of a step would leave weights and step number apart.
    """

    def __init__(self):
        self.asked = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "Interrupt":
        with contextlib.suppress(ValueError):  # not the main thread, which alone gets signals
            for number in _ASKING:
                self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *unused: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _ask(self, *unused: object) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
