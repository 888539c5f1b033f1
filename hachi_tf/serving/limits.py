"""How much a server does for one request, and for all of them together."""

import dataclasses

from hachi_tf.serving.failures import Failure, invalid

MOST_DRAWN = 1 << 17
"""Rows times steps that one call draws."""

MOST_GIVEN = 1 << 16
"""Rows times steps, or bytes of a text, that one call is given; more would take gigabytes."""


@dataclasses.dataclass(frozen=True)
class Limits:
    """Limits, each with what exceeding it means.

    Attributes:
        max_body_bytes: of one request; 413, RESOURCE_EXHAUSTED.
        max_buffered_bytes: of all requests that are being received; 429.
        max_rows: of one request; 400.
        max_steps: events of a row that a request may ask for or send, and bytes of a text; 400.
        max_batch_rows: that requests are merged to.
        max_queue: requests that wait; 429, RESOURCE_EXHAUSTED.
        max_streams: at one time; 429.
        timeout_s: from a request's arrival to its answer; 504, DEADLINE_EXCEEDED.
    """

    max_body_bytes: int = 8 << 20
    max_buffered_bytes: int = 256 << 20
    max_rows: int = 64
    max_steps: int = 10_000
    max_batch_rows: int = 64
    max_queue: int = 256
    max_streams: int = 64
    timeout_s: float = 60.0

    def check_rows(self, rows: int) -> None:
        """Refuses a request of too many rows.

        Raises:
            Failure: if it is one.
        """
        if rows > self.max_rows:
            raise invalid(f"expected at most {self.max_rows} rows in a request; got {rows}")

    def check_steps(self, steps: int, rows: int, most: int, what: str) -> None:
        """Refuses a request of too many steps.

        Args:
            steps: of its longest row.
            rows: that a call has for it.
            most: of the product of the two.
            what: what the steps are.

        Raises:
            Failure: if it is one.
        """
        if steps > self.max_steps:
            raise invalid(f"expected {what} of at most {self.max_steps}; got {steps}")
        if steps * rows > most:
            raise invalid(f"expected rows times {what} of at most {most}; got {rows * steps}")


def queue_full(waiting: int) -> Failure:
    """What is said to whom there is no room for."""
    return Failure("RESOURCE_EXHAUSTED", f"{waiting} requests are waiting already; try again later")
