"""The synthesis network of Graves 2013, section 5: the pen moves while a window reads a text."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.layers.soft_window import TextContext, log_weights, moves
from hachi_tf.layers.stacked_rnn import check_options
from hachi_tf.layers.windowed_lstm import WindowedLSTM
from hachi_tf.models.prediction_network import PredictionNetwork
from hachi_tf.models.text_encoder import TextEncoder
from hachi_tf.models.window_path import Path, between, follow, places

# A row may take so many times the average number of events a character, and so many more.
_LIMIT_FACTOR, _LIMIT_EXTRA = 2.5, 100
# A character is reached when the window's centre is so near to it, of 1 from one to the next.
_NEAR = 0.1


@keras.saving.register_keras_serializable("hachi_tf")
class SynthesisNetwork(PredictionNetwork):
    """Predicts the next event from the events so far and a text (Graves 2013, section 5).

    The lowest layer reads the window of the step before and moves it; the layers above read the
    window of the step. `call` equals iterated `step`, but for the path that the state keeps:
    events that are given to `call` are not judged.

    Args:
        schema: as for `PredictionNetwork`.
        head: as for `PredictionNetwork`.
        alphabet: the characters that it knows, in Unicode's normal form C.
        window_components: K, Gaussians of the window.
        events_per_character: how many events a character takes on average; it sets the pace of
            an untrained window and the limit on a sample's length.
        **kwargs: as for `PredictionNetwork`; the cell is `lstm` or `peephole_lstm`.

    Raises:
        UserError: for values out of range.
    """

    kind = "synthesis"
    conditioned = True

    def __init__(
        self,
        schema: Any,
        head: Any,
        alphabet: str,
        window_components: int = 10,
        events_per_character: float = 25.0,
        **kwargs,
    ):
        if not alphabet:
            raise UserError("an alphabet with at least one character", "none")
        self._text_options = (alphabet, window_components, float(events_per_character))
        super().__init__(schema, head, **kwargs)

    def _make_layers(self) -> None:
        self.alphabet, self.window_components, self.events_per_character = self._text_options
        self.alphabet = "".join(sorted(set(self.alphabet)))
        self._text_encoder = TextEncoder(self.alphabet)
        limit = self.clip_derivatives and self.clip_derivatives[0]
        check_options(self.num_layers, self.hidden_size, self.cell, self.dropout, limit)
        self.reader = WindowedLSTM(
            self.hidden_size,
            len(self.alphabet),
            self.window_components,
            self.events_per_character,
            cell=self.cell,
            clip_derivatives=limit,
            dtype=self.precision,
            name="reader",
        )
        self.rnn = None
        if self.num_layers > 1:
            self.rnn = self._stack(self.num_layers - 1, below_size=self.hidden_size)

    @property
    def state_shapes(self) -> list[int]:
        """Reader (h, c, positions, window), layers above, and the path."""
        above = self.rnn.state_shapes if self.rnn else []
        return [*self.reader.state_shapes, *above, len(Path._fields)]

    @property
    def _input_size(self) -> int:
        """The events, and whether there was none before."""
        return self._encoder.size + 1

    def _encode_events(self, events: tf.Tensor, kappa: tf.Tensor) -> tf.Tensor:
        """Events `[B, T, F]` -> inputs, with a 1 at the first step of a text.

        One step in hundreds is the first: without a mark of its own, from which the weights learn
        at their own pace, a network is long in learning how letters begin.

        Args:
            events: in network space.
            kappa: `[B, K]`, the positions before; zeros before the first step, and never after.
        """
        begins = tf.reduce_max(kappa, axis=1) == 0.0
        first = tf.range(tf.shape(events)[1])[None] == 0
        mark = tf.cast(begins[:, None] & first, events.dtype)
        return tf.concat([self._encoder(events), mark[..., None]], -1)

    def build(self, input_shape=None):
        """Creates the weights; the shape of the inputs follows from schema and alphabet."""
        if not self.built:
            self.reader.build((None, None, self._input_size))
            if self.rnn:
                self.rnn.build((None, None, self._input_size + len(self.alphabet)))
            self.output_layer.build((None, self.num_layers * self.hidden_size))
            self.built = True

    def adopt(self, other: "SynthesisNetwork") -> None:
        """Takes the weights of a network that knows fewer characters.

        What belongs to characters that it lacks keeps its own first weights.

        Args:
            other: a built network of the same layers, its alphabet a part of this one's.
        """
        places = [self.alphabet.index(character) for character in other.alphabet]
        first, size, old = self._input_size, len(self.alphabet), len(other.alphabet)
        for mine, theirs in zip(self.weights, other.weights, strict=True):
            value = theirs.numpy()
            if value.shape != tuple(mine.shape):  # a kernel: inputs, window, layer below
                wider = np.array(mine.numpy())
                wider[:first] = value[:first]
                wider[first : first + size][places] = value[first : first + old]
                wider[first + size :] = value[first + old :]
                value = wider
            mine.assign(value)

    def encode(self, text: Any = None) -> TextContext:
        """Strings `[B]`, UTF-8 in normal form C -> what the window reads."""
        return self._text_encoder(tf.convert_to_tensor(text))

    def initial_state(self, batch_size: int | tf.Tensor) -> list[tf.Tensor]:
        """Zeros, one float32 `[B, ...]` for each state tensor."""
        return [tf.zeros([batch_size, size]) for size in self.state_shapes]

    def step(
        self, inputs: tf.Tensor, state: list[tf.Tensor], context: TextContext
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """One step; see `PredictionNetwork.step`."""
        inputs = self._encode_events(inputs[:, None], state[2])[:, 0]
        h, w, params, reader = self.reader.step(inputs, context, state[:4])
        outputs, above = [h], []
        if self.rnn:
            upper, above = self.rnn.step(tf.concat([inputs, w], -1), state[4:-1], below=h)
            outputs.append(tf.cast(upper, tf.float32))
        path = follow(self.path(state), log_weights(params, reader[2], places(context)), context)
        params = self._params(tf.concat(outputs, -1))
        return params, [*reader, *above, tf.stack(path, 1)]

    def call(
        self,
        inputs: tf.Tensor,
        initial_state: list[tf.Tensor] | None = None,
        context: TextContext | None = None,
        lengths: tf.Tensor | None = None,
        training: bool = False,
        seed: tf.Tensor | None = None,
        rows: tuple[tf.Tensor, tf.Tensor] | None = None,
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Whole sequences; see `PredictionNetwork.call`. The path stays what it was."""
        if initial_state is None:
            initial_state = self.initial_state(tf.shape(inputs)[0])
        inputs = self._encode_events(inputs, initial_state[2])
        h, w, reader = self.reader(inputs, context, initial_state[:4], lengths)
        outputs, above = [h], []
        if self.rnn:
            upper, above = self.rnn(
                tf.concat([inputs, tf.cast(w, inputs.dtype)], -1),
                initial_state=initial_state[4:-1],
                lengths=lengths,
                training=training,
                seed=seed,
                below=h,
                rows=rows,
            )
            outputs.append(upper)
        return self._params(tf.concat(outputs, -1)), [*reader, *above, initial_state[-1]]

    def window(
        self, inputs: tf.Tensor, context: TextContext, lengths: tf.Tensor | None = None
    ) -> tf.Tensor:
        """The weights phi `[B, T, U]` of the characters at each step, for pictures.

        Args:
            inputs: as for `call`.
            context: what `encode` returned.
            lengths: as for `call`.
        """
        start = tf.zeros([tf.shape(inputs)[0], self.window_components])
        inputs = self._encode_events(inputs, start)
        h, _, _ = self.reader(inputs, context, None, lengths)
        params = self.reader.window.params(h)
        kappa = tf.cumsum(moves(params), axis=1)
        return tf.exp(log_weights(params, kappa, tf.shape(context.characters.classes)[1]))

    def path(self, state: list[tf.Tensor]) -> Path:
        """How far the window has come."""
        return Path(*tf.unstack(state[-1], axis=1))

    def at_character(
        self, state: list[tf.Tensor], count: tf.Tensor, context: TextContext
    ) -> list[tf.Tensor]:
        """The state after given events, which wrote the first `count` int32 `[B]` characters.

        Those count as written, and so do all up to the one where the window is now.
        """
        params = self.reader.window.params(state[0])
        now = follow(self.path(state), log_weights(params, state[2], places(context)), context)
        written = tf.cast(count, tf.float32)
        reached = self.path(state)._replace(
            furthest=tf.maximum(now.furthest, written), position=now.position, passed=now.passed
        )
        begun = tf.reduce_any(state[2] > 0.0, axis=1)  # rows of no events stay at the start
        path = tf.stack(reached, 1)
        return [*state[:-1], tf.where(begun[:, None], path, state[-1])]

    def is_read(self, state: list[tf.Tensor], context: TextContext) -> tf.Tensor:
        """Whether the window's centre has reached the last character with ink; bool `[B]`.

        The largest weight is there earlier, when the pen is still on its way to that character.
        """
        path = self.path(state)
        reached = between(path.furthest, context.lengths + 1, context) <= 0
        centre = tf.where(path.passed > 0.5, path.furthest, tf.floor(path.position + _NEAR))
        return reached & (between(centre, context.lengths + 1, context) <= 0)

    def is_over(
        self, state: list[tf.Tensor], last_event: tf.Tensor, event: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Whether the text is written, by Graves's rule (section 5.3): before and after an event.

        The rule holds an event or two before the pen is done, so a stroke that has begun is
        finished, if it takes no more than half a character's events.

        Args:
            state: after the step that gave `event`.
            last_event: `[B, F]` in data units, the one before; zeros if there was none.
            event: `[B, F]` in data units.

        Returns:
            Whether it was over before the event, and whether it is with it; bool `[B]`.
        """
        passed = self.path(state).passed
        is_passed = passed > 0.5
        if "end_of_stroke" not in self.schema.names:
            return is_passed, tf.zeros_like(is_passed)
        pen = self.schema.names.index("end_of_stroke")
        was_lifted = (last_event[:, pen] > 0.5) | (passed > 0.5 * self.events_per_character)
        return is_passed & was_lifted, is_passed & (event[:, pen] > 0.5)

    def is_complete(self, state: list[tf.Tensor], context: TextContext) -> tf.Tensor:
        """Whether every character with ink was reached, and none skipped; bool `[B]`."""
        return self.is_read(state, context) & (self.path(state).skipped < 0.5)

    def step_limit(self, context: TextContext) -> tf.Tensor:
        """The most events that a sane writer takes for each text; int32 `[B]`, 0 for no text."""
        pace = _LIMIT_FACTOR * self.events_per_character
        limit = tf.cast(context.lengths, tf.float32) * pace + _LIMIT_EXTRA
        return tf.where(context.lengths > 0, tf.cast(limit, tf.int32), 0)

    def get_config(self) -> dict[str, Any]:
        """What `from_config` takes, as values for JSON."""
        return {
            **super().get_config(),
            "alphabet": self.alphabet,
            "window_components": self.window_components,
            "events_per_character": self.events_per_character,
        }
