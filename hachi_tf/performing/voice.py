"""One model that listens, answers and plays in time."""

import collections
import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.performing.clock import Clock, Planned
from hachi_tf.performing.columns import Columns
from hachi_tf.performing.drawing import Drawing
from hachi_tf.performing.figures import Figures
from hachi_tf.performing.manner import Manner

_RETRY_S = 0.5  # after a step that failed while playing alone
_LONGEST_LAG_S = 1.0  # a chain further behind goes on from now, rather than catch up
_MOST_HEARD = 1000  # events of a call that are answered

Listener = Callable[[list[float], float], None]


class Voice:
    """A model's inputs, what is pending of it, and its outputs.

    Everything runs on one thread, the one that also calls `clock.run_due`.

    Args:
        model: anything with `schema` and `step` as `hachi_tf.serving.stepper.Stepper` has them;
            `fixable` and `ranges` count too, if it has them.
        clock: what is due.
        manner: how to play.
        fixed: what columns are held at, by their names, as `tables.parse_fixed` gives them.

    Attributes:
        drawing: the model's state, and the settings of its draws.
        fixable: whether columns can be held.
        on_output: called with the values of `/output` and when they were due.
        on_input: called with the values of an input that was taken and when it came.
        on_ended: called without arguments after a sequence's last event.
        on_error: called with an exception that ended nothing.
        figures: counts and latencies.
    """

    def __init__(self, model: Any, clock: Clock, manner: Manner | None = None, fixed: Any = None):
        self.model, self.clock = model, clock
        self.manner = manner = manner or Manner()
        self.columns = Columns(model.schema, getattr(model, "ranges", None))
        self.fixable = getattr(model, "fixable", True)
        self.drawing = Drawing(model, manner.bias, manner.temperature, manner.seed, fixed)
        self.figures = Figures()
        self.on_output: list[Listener] = []
        self.on_input: list[Listener] = []
        self.on_ended: list[Callable[[], None]] = []
        self.on_error: list[Callable[[Exception], None]] = []
        self._planned: Planned | None = None  # the output, the next step or the answer
        self._pending: tuple[np.ndarray, bool] | None = None  # an event, and if it is the last
        self._last_s: float | None = None  # when the last event was, for the delay of an input
        self._paused_s: float | None = None
        self._left = 0.0  # events that follow on their own after the pending one
        self._base_s = 0.0  # when the event before the one to draw was due
        self._steer: np.ndarray | None = None
        self._calls: collections.deque[float] = collections.deque(maxlen=_MOST_HEARD)
        self._gaps: list[float] = []  # between the answer's events, of a model without time
        self.stopped = False

    def start(self) -> None:
        """Begins to play, if that is the manner."""
        if self.manner.mode == "free" and not self.stopped:
            self._left, self._base_s = math.inf, self.clock.now()
            self._plan(self._base_s, self._advance)

    def input(self, values: Sequence[Any], received_s: float | None = None) -> None:
        """Takes what `/input` holds.

        Args:
            values: one a column, without the time; those that are only predicted may be left out.
            received_s: when it came, now by default.

        Raises:
            UserError: if the values are not what the columns want.
        """
        now = self.clock.now() if received_s is None else received_s
        event = self.columns.to_event(values)
        mode = self.manner.mode
        if self.paused or self.stopped or (mode == "react" and self._pending is not None):
            self.figures.ignored += 1
            return
        since = 0.0 if self._last_s is None else now - self._last_s
        event = self.columns.with_delay(event, since)
        if mode == "free":
            self._steer = event
        else:
            if mode == "respond":
                self._drop()
            drawn = self.drawing.step(event)
        self._last_s = now
        self.figures.inputs += 1
        self._tell(self.on_input, self.columns.to_values(event), now)
        if mode == "react":
            self._prepare(drawn, now)
        elif mode == "respond":
            self._calls.append(now)
            self._base_s, self._answer_begins = now, drawn
            self._plan(now + self.manner.pause_s, self._answer)
        self.figures.took(self.clock.now() - now)

    def sample(self, received_s: float | None = None) -> None:
        """Sends another draw of the next event at once, and leaves everything else as it is."""
        now = self.clock.now() if received_s is None else received_s
        self._emit(self.drawing.another(), now, 0.0)
        self.figures.took(self.clock.now() - now)

    def reset(self) -> None:
        """Clears the recurrent state, nothing else; a voice that had stopped plays again."""
        self.drawing.forget()
        if self.stopped:
            self.stopped = False
            self.start()

    def cancel(self) -> None:
        """Drops what is pending, and clears the clock: the next input has a delay of 0."""
        self._drop()
        self._calls.clear()
        self._last_s = self._steer = None
        self.start()

    def pause(self, on: bool) -> None:
        """Holds everything as it is and takes no inputs, or goes on."""
        now = self.clock.now()
        if on and not self.paused:
            self._paused_s = now
            if self._planned is not None:
                self._planned.cancel()
        elif not on and self.paused:
            held = now - self._paused_s
            self._paused_s = None
            self._base_s += held
            self._last_s = None if self._last_s is None else self._last_s + held
            if self._planned is not None:
                self._plan(self._planned.due + held, self._planned.action)

    @property
    def paused(self) -> bool:
        """Whether it is held."""
        return self._paused_s is not None

    def set_mode(self, mode: str) -> None:
        """Plays in another mode; what is pending still comes, and nothing of the old one after it.

        Args:
            mode: one of `manner.MODES`.
        """
        if mode == self.manner.mode:
            return
        self.manner = dataclasses.replace(self.manner, mode=mode)
        self._calls.clear()
        self._gaps, self._left, self._steer = [], 0, None
        if self._pending is None:
            self._drop()
            self.start()
        elif mode == "free":
            self._left = math.inf

    def hold(self, column: str | float, value: str | float | None = None) -> None:
        """Holds a column at a value from the next draw on; without a value, lets it go.

        Args:
            column: its name, or its place among the columns beside the time, from 0.
            value: as `/input` has it.

        Raises:
            UserError: if there is no such column, it cannot have the value, or the model's
                columns cannot be held.
        """
        name, held = self.columns.held(column, value)
        if held is not None and not self.fixable:
            raise UserError("a model whose columns can be held", "none", "export it again")
        others = {key: each for key, each in self.drawing.fixed.items() if key != name}
        self.drawing.fixed = others if held is None else {**others, name: held}

    def _drop(self) -> None:
        """Takes everything off the plan."""
        if self._planned is not None:
            self._planned.cancel()
        self._planned = self._pending = None
        self._left = 0

    def _plan(self, due: float, action: Callable[[float], None]) -> None:
        if self._planned is not None:
            self._planned.cancel()
        self._planned = self.clock.at(due, action)
        if self.paused:
            self._planned.cancel()  # `pause` plans it again

    def _prepare(self, drawn: tuple[np.ndarray, bool], base_s: float) -> None:
        """Plans the output of an event that follows one at `base_s`, or sends it."""
        due = base_s + self._delay(drawn[0])
        self._pending = drawn
        if due > self.clock.now():
            self._plan(due, self._send)
        else:
            self._send(due)

    def _delay(self, event: np.ndarray) -> float:
        if self.columns.temporal:
            return self.columns.delay_s(event)
        if self._gaps:
            return self._gaps[int(len(self._gaps) - 1 - self._left)]
        return 1 / self.manner.rate_hz if self.manner.mode == "free" else 0.0

    def _send(self, due: float) -> None:
        """Sends what is pending; what is overdue is sent all the same."""
        drawn, ended = self._pending
        self._pending = self._planned = None
        chained = self.columns.temporal or self.manner.mode != "react"
        if self.manner.mode != "react":
            self._last_s = due
        self._emit(drawn, due, max(self.clock.now() - due, 0.0) if chained else 0.0)
        if ended:
            self._end()
        if self._left > 0 and self._planned is None and not self.stopped:
            self._base_s = due
            self._plan(self.clock.now(), self._advance)

    def _advance(self, due: float) -> None:
        """Draws the next event of a chain, from an input if one has come."""
        self._planned = None
        event, self._steer = (self.drawing.own if self._steer is None else self._steer), None
        if self.clock.now() - self._base_s > _LONGEST_LAG_S:
            self._base_s = self.clock.now()
        try:
            drawn = self.drawing.step(event)
        except Exception as error:  # the chain must go on
            self.drawing.forget()
            self._plan(self.clock.now() + _RETRY_S, self._advance)
            self._fail(error)
            return
        self._left -= 1
        self._prepare(drawn, self._base_s)

    def _answer(self, due: float) -> None:
        """Begins the answer to a call."""
        calls = list(self._calls)
        self._calls.clear()
        self._left = len(calls) - 1
        self._gaps = [] if self.columns.temporal else np.diff(calls).tolist() or [0.0]
        drawn = self._answer_begins
        first = self._base_s + self._delay(drawn[0]) if self.columns.temporal else due
        self._pending = drawn
        self._plan(max(first, due), self._send)

    def _emit(self, event: np.ndarray, due: float, lateness_s: float) -> None:
        self.figures.sent(lateness_s)
        self._tell(self.on_output, self.columns.to_values(event), due)

    def _end(self) -> None:
        if self.manner.on_end == "reset":
            self.reset()
        self.stopped = self.manner.on_end == "stop"
        self._tell(self.on_ended)

    def _tell(self, listeners: list, *arguments: Any) -> None:
        for listener in listeners:
            try:
                listener(*arguments)
            except Exception as error:  # a listener that fails must not end the playing
                self._fail(error)

    def _fail(self, error: Exception) -> None:
        self.figures.errors += 1
        for listener in self.on_error:
            listener(error)
