"""One monotonic clock for everything that is played, and what is due on it."""

import heapq
import itertools
import time
from collections.abc import Callable

MAX_PLANNED = 100_000


class Planned:
    """Something that will be done.

    Attributes:
        due: when, in seconds on the clock.
        cancelled: whether it will not be done after all.
    """

    __slots__ = ("due", "action", "cancelled")

    def __init__(self, due: float, action: Callable[[float], None]):
        self.due, self.action, self.cancelled = due, action, False

    def cancel(self) -> None:
        """Takes it off the plan; does nothing if it was done already."""
        self.cancelled = True


class Clock:
    """Seconds that only go forward, and a plan of what is due.

    Actions get the time at which they were due, not the time at which they ran, so a chain of
    events that plans each one from the one before does not drift. What is overdue runs at once,
    the longest overdue first.

    Args:
        now: seconds that never jump; `time.perf_counter` has the finest grain on every system.
    """

    def __init__(self, now: Callable[[], float] = time.perf_counter):
        self.now = now
        self._plan: list[tuple[float, int, Planned]] = []
        self._numbers = itertools.count()

    def __len__(self) -> int:
        return len(self._plan)

    def at(self, due: float, action: Callable[[float], None]) -> Planned:
        """Plans `action(due)`.

        Args:
            due: seconds on this clock; a time that has passed means at once.
            action: called with `due` by `run_due`, on the thread that calls that.

        Returns:
            What can be cancelled. With 100,000 things on the plan, a further one is cancelled
            from the beginning.
        """
        planned = Planned(due, action)
        if len(self._plan) >= MAX_PLANNED:
            planned.cancel()
        else:
            heapq.heappush(self._plan, (due, next(self._numbers), planned))
        return planned

    def next_due(self) -> float | None:
        """When the next thing is due, None if there is none."""
        while self._plan and self._plan[0][2].cancelled:
            heapq.heappop(self._plan)
        return self._plan[0][0] if self._plan else None

    def run_due(self, most: int = 64) -> int:
        """Does what is due.

        Args:
            most: how many things at most, so that a chain without delays leaves time to listen.

        Returns:
            How many things were done.
        """
        done = 0
        while done < most:
            due = self.next_due()
            if due is None or due > self.now():
                break
            planned = heapq.heappop(self._plan)[2]
            done += 1
            planned.action(due)
        return done
