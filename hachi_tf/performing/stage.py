"""Voices, their messages and the clock, together on one thread."""

import collections
import functools
import logging
import os
from collections.abc import Callable, Sequence
from typing import Any

from hachi_tf.errors import UserError
from hachi_tf.performing.clock import Clock
from hachi_tf.performing.osc import OscPort, read
from hachi_tf.performing.routes import Routes
from hachi_tf.performing.voice import Voice

log = logging.getLogger(__name__)

_IDLE_S = 0.5
_MARGIN_S = 0.02 if os.name == "nt" else 0.001  # how much later than asked a wait may end
_NAP_S = 0.0002
_MOST_REPORTS = 10  # in a second
_MOST_POSTED = 10_000


class Stage:
    """Plays until it is stopped.

    One thread waits for messages and for what is due, steps the models and sends, so nothing
    waits for another thread. Whatever a message, a model or a listener does wrong is counted,
    logged and sent as `/error`, ten a second at most, and never ends the playing.

    Args:
        voices: in the order of their numbers, which begin at 1.
        port: where messages come from and go to.
        clock: the voices' clock.
    """

    def __init__(self, voices: Sequence[Voice], port: OscPort, clock: Clock):
        self.voices, self.port, self.clock = list(voices), port, clock
        self._stopped = False
        self._posted: collections.deque[Callable[[], Any]] = collections.deque()
        self._reports: collections.deque[float] = collections.deque(maxlen=_MOST_REPORTS)
        self._silenced = self.num_errors = self.num_unposted = 0
        self.routes = Routes(self.voices, self.stop, self.send_figures, self.report)
        for number, voice in enumerate(self.voices, 1):
            voice.on_output.append(functools.partial(self._send_output, f"/{number}/output"))
            voice.on_ended.append(functools.partial(self.port.send, f"/{number}/end"))
            voice.on_error.append(self.report)

    def run(self) -> None:
        """Plays until `stop`; says `/status 1` before and `/status 0` after."""
        self.port.discard()  # what came before there was anyone to answer
        self.port.send("/status", 1)
        try:
            for voice in self.voices:
                voice.start()
            while not self._stopped:
                self._turn()
        finally:
            self.port.send("/status", 0)

    def stop(self) -> None:
        """Ends `run`; from any thread."""
        self._stopped = True
        self.port.wake()

    def post(self, action: Callable[[], Any]) -> None:
        """Has something done on the stage's thread, soon; from any thread.

        While 10,000 wait, further ones are counted in `num_unposted` and not done.
        """
        if len(self._posted) >= _MOST_POSTED:
            self.num_unposted += 1
            return
        self._posted.append(action)
        self.port.wake()

    def report(self, error: Exception) -> None:
        """Counts an error, and says it if not too many were said in this second."""
        self.num_errors += 1
        now = self.clock.now()
        if len(self._reports) == _MOST_REPORTS and now - self._reports[0] < 1.0:
            self._silenced += 1
            return
        self._reports.append(now)
        text = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
        text = " ".join(text.split())[:300]
        if self._silenced:
            text += f" ({self._silenced} other errors were not said)"
            self._silenced = 0
        log.warning("%s", text)
        self.port.send("/error", text)

    def send_figures(self, numbers: Sequence[int]) -> None:
        """Sends latencies and counts.

        `/latency`: the median and the 99th percentile in ms, outputs that were late, datagrams
        that were dropped, errors. `/<id>/latency` for each voice: the two in ms, late outputs,
        ignored inputs, errors, inputs, outputs.
        """
        for number in numbers:
            figures = self.voices[number - 1].figures
            counts = (figures.late, figures.ignored, figures.errors, figures.inputs)
            values = [*figures.latency_ms(), *map(float, counts), float(figures.outputs)]
            self.port.send(f"/{number}/latency", *values)
        if len(numbers) == len(self.voices):
            first, *others = (voice.figures for voice in self.voices)
            total = first.merged(others)
            counts = (total.late, self.port.inbox.dropped, self.num_errors)
            self.port.send("/latency", *total.latency_ms(), *map(float, counts))

    def _turn(self) -> None:
        """Waits, then does what is due and what one message wants."""
        try:
            if not self.port.inbox and not self._posted:
                self._wait()
            self.port.drain()
            self.clock.run_due()
            if self._posted:
                self._posted.popleft()()
            datagram = self.port.inbox.pop()
            if datagram is not None:
                for message in read(datagram):
                    self._take(*message)
        except Exception as error:  # the watchdog: nothing ends the playing
            self.report(error)

    def _take(self, due_s: float, address: str, values: list[Any]) -> None:
        now = self.clock.now()
        if due_s > now:
            self.clock.at(due_s, functools.partial(self.routes.handle, address, values))
        else:
            self.routes.handle(address, values, due_s)

    def _wait(self) -> None:
        """Until something comes or is due; the last millisecond in short naps."""
        due = self.clock.next_due()
        left = _IDLE_S if due is None else due - self.clock.now()
        if left > _MARGIN_S:
            self.port.wait(min(left - _MARGIN_S, _IDLE_S))
        elif left > 0:
            self.port.wait(min(left, _NAP_S))

    def _send_output(self, address: str, values: list[float], due_s: float) -> None:
        self.port.send(address, *values)
