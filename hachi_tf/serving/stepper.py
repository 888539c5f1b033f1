"""Steps of one sequence at the least cost a step, for live playing."""

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.serving import arguments, column_arguments
from hachi_tf.serving.results import Step

log = logging.getLogger(__name__)

_MAX_COUNT = 2.0**24 - 2  # float32 counts no further


class Stepper:
    """Draws one event after the other of one sequence.

    `Model.step` checks and converts six inputs and four outputs, which takes longer than a small
    network does. Here a step is one call of a graph with three inputs, and the state stays what
    the graph gave.

    Args:
        model: a `Model` that reads no text.

    Raises:
        UserError: if the model reads a text.
    """

    def __init__(self, model: Any):
        import tensorflow as tf

        if model.alphabet is not None:
            raise UserError("a model of events to play live", "one that writes texts")
        self.schema, self.fixable, self.ranges = model.schema, model.fixable, model.ranges
        self._model = model  # its signatures hold its variables only weakly
        self._constant = tf.constant
        columns, signature = len(model.schema), model.signatures["step"]
        more = {}
        if model.schema.text_unit is not None:  # of all classes
            more = {"top_k": tf.zeros([1], tf.int32), "top_p": tf.ones([1])}
        self._given: Mapping[str, Any] = {}
        self._held = np.full([columns], np.nan, np.float32)

        def step(state, controls, seed):
            # controls: the event, what is held, whether there is an event, bias, temperature
            held = {"fixed": controls[None, columns : 2 * columns]} if model.fixable else {}
            has_event, settings = controls[2 * columns], controls[2 * columns :]
            drawn = signature(
                state=state,
                event=controls[None, :columns],
                has_event=settings[:1] > 0.5,
                bias=settings[1:2],
                temperature=settings[2:],
                seed=seed,
                **held,
                **more,
            )
            before, after = state[0, 0], drawn["state"][0, 0]
            read = before + tf.where(before > 0.0, 0.0, has_event)
            event = tf.where((after > read) | (read >= _MAX_COUNT), drawn["event"][0], np.nan)
            return tf.concat([event, tf.cast(drawn["ended"], tf.float32)], 0), drawn["state"]

        specs = [
            tf.TensorSpec([1, model.state_size], tf.float32),
            tf.TensorSpec([2 * columns + 3], tf.float32),
            tf.TensorSpec([1, 2], tf.int32),
        ]
        self._beginning = tf.zeros([1, model.state_size])
        for compiled in (True, False):
            # Compiled by XLA a step takes about half the time, most of all after a pause, when
            # the caches are cold; not all that runs TensorFlow has XLA, nor each operation.
            traced = tf.function(step, autograph=False, jit_compile=compiled)
            self._step = traced.get_concrete_function(*specs)
            try:
                for _ in range(2):  # the first calls build what later ones use
                    self.step(seed=0)
                break
            except tf.errors.OpError as error:
                if not compiled:
                    raise
                log.info("steps without XLA: %s", " ".join(str(error).split())[:200])

    def step(
        self,
        state: Any = None,
        event: np.ndarray | None = None,
        bias: float = 0.0,
        temperature: float = 1.0,
        seed: int | np.ndarray | None = None,
        fixed: Mapping[str, Any] | None = None,
    ) -> Step:
        """Draws one event, as `Model.step` does for one row.

        Args:
            state: what an earlier step returned, the beginning by default.
            event: float32 `[1, F]` in data units that takes the place of the last one.
            bias: finite; 0 is unbiased, more is neater.
            temperature: finite, at least 0; 1 is unchanged, 0 takes the likeliest.
            seed: a number from 0 to 2^32 - 1, or int32 `[1, 2]`; drawn if None.
            fixed: what columns are held at, by their names, as for `Model.step`.

        Returns:
            A `Step` whose state is only for the next step, and without `params`. Its event is
            NaN if the model drew none: it had ended, or its numbers were not finite.

        Raises:
            UserError: if the seed or a value to hold is out of range.
        """
        seed = arguments.row_seeds(seed, 1)
        state = self._beginning if state is None else state
        columns, fixed = len(self.schema), fixed or {}
        if fixed != self._given:
            self._hold(fixed)
        controls = np.zeros([2 * columns + 3], np.float32)
        if event is not None:
            controls[:columns] = event[0]
        controls[columns : 2 * columns] = self._held
        controls[2 * columns :] = event is not None, bias, temperature
        drawn, state = self._step(state, self._constant(controls), self._constant(seed))
        drawn = drawn.numpy()
        return Step(drawn[None, :columns], state, drawn[columns:] > 0.5, None)

    def _hold(self, fixed: Mapping[str, Any]) -> None:
        if fixed and not self.fixable:
            raise UserError("no fixed columns: this model takes none", ", ".join(fixed))
        self._held = column_arguments.fixed(fixed, self.schema, 1)[0]
        self._given = dict(fixed)
