"""A model's events, one after the other: where it is, and what shapes its draws."""

from collections.abc import Mapping
from typing import Any

import numpy as np

_MOST_STEPS = 10_000_000


class Drawing:
    """Draws one event after the other of one sequence.

    Args:
        model: anything with `step(state, event, bias, temperature, seed, fixed)`, as
            `hachi_tf.serving.stepper.Stepper` has it; `fixed` is left out if nothing is.
        bias: 0 is unbiased, more is neater.
        temperature: 1 is unchanged, 0 takes the likeliest.
        seed: 0 to 2^32 - 1.
        fixed: what columns are held at, by their names.

    Attributes:
        bias: of the next draws.
        temperature: of the next draws.
        fixed: of the next draws; a new dictionary takes its place, it is never changed.
        own: the last event that was drawn, float32 `[F]`, None at the beginning.
    """

    def __init__(
        self,
        model: Any,
        bias: float = 0.0,
        temperature: float = 1.0,
        seed: int = 0,
        fixed: Mapping[str, Any] | None = None,
    ):
        self.bias, self.temperature = bias, temperature
        self.fixed: dict[str, Any] = dict(fixed or {})
        self._model = model
        self._begin()
        self.set_seed(seed)

    def step(self, event: np.ndarray | None) -> tuple[np.ndarray, bool]:
        """Draws what follows `event` and goes on to it; leaves all as it was on an error.

        Args:
            event: float32 `[F]` in data units; None for the sequence's first event.

        Returns:
            The event `[F]`, and whether the sequence ends with it.

        Raises:
            ArithmeticError: if the model drew no finite event.
        """
        if self._steps >= _MOST_STEPS:  # the model's own count, on which draws depend, stands still
            self._renew()
        drawn, ended, state = self._draw(self._state, event, self._row_seed)
        self._steps += 1
        self._asked = self._state, event
        self._state, self.own = state, drawn
        return drawn, ended

    def another(self) -> np.ndarray:
        """Another draw of the last event `[F]`, which leaves everything else as it is.

        Raises:
            ArithmeticError: if the model drew no finite event.
        """
        self._draws += 1
        drawn, *_ = self._draw(*self._asked, (self._seed, self._draws))
        return drawn

    def forget(self) -> None:
        """Goes back to the beginning; the same events would come again, so they are others."""
        self._begin()
        self._renew()

    def set_seed(self, seed: int) -> None:
        """Draws with another seed, from 0 to 2^32 - 1, from now on."""
        self._seed, self._draws = seed, 0
        self._row_seed = (seed, 0)

    def _begin(self) -> None:
        self._state, self.own, self._steps = None, None, 0
        self._asked: tuple[Any, np.ndarray | None] = (None, None)

    def _renew(self) -> None:
        self._draws += 1
        self._row_seed = (self._seed, self._draws)

    def _draw(self, state: Any, event: np.ndarray | None, seed: tuple[int, int]):
        """One step: the event `[F]`, whether the sequence ends with it, and the next state."""
        step = self._model.step(
            state,
            None if event is None else event[None],
            self.bias,
            self.temperature,
            np.array([seed], np.uint32).view(np.int32),
            **({"fixed": self.fixed} if self.fixed else {}),
        )
        drawn = np.asarray(step.event)[0]
        if not np.isfinite(drawn).all():
            raise ArithmeticError("the model drew no finite event; /reset or other inputs may help")
        return drawn, bool(step.ended[0]), step.state
