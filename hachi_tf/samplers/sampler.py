"""Draws and scores events in data units: a network, its head and its transforms as one."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.samplers import noise
from hachi_tf.samplers.loop import Progress, sample_loop, select_rows
from hachi_tf.samplers.manner import Manner
from hachi_tf.samplers.outputs import Drawn, Scored, Stepped, Written
from hachi_tf.samplers.reading import Style, read
from hachi_tf.samplers.score import score
from hachi_tf.samplers.state import SamplerState, StateLayout
from hachi_tf.samplers.units import Units
from hachi_tf.schema import Schema
from hachi_tf.transforms import Transform


class Sampler:
    """The functions behind an export's signatures, over plain tensors.

    The numbers that event t of a row needs are a pure function of the row's seed and t, so a
    shorter sample is the beginning of a longer one, and chunks joined equal one sample.

    Args:
        network: a built network, e.g. `PredictionNetwork`.
        transforms: from data units to the network's.
        schema: the columns.
        max_steps: the most events that one call draws for a row.
        styles: ways of writing that rows may name, for a network that reads a text.
        fixable: whether signatures take columns that are held fixed.

    Attributes:
        in_order: whether it knows what came before, and what is known of what comes.

    Raises:
        UserError: if the schema has known columns or the transforms a memory, which are for
            `SeriesSampler`, or columns are to be fixed beside a text.
    """

    in_order: bool = False

    def __init__(
        self,
        network: Any,
        transforms: Transform,
        schema: Schema,
        max_steps: int,
        styles: Sequence[Style] = (),
        fixable: bool = False,
    ):
        if (schema.known or transforms.state_size) and not self.in_order:
            raise UserError("a SeriesSampler for known columns and memories", type(self).__name__)
        if fixable and network.conditioned:
            raise UserError("no fixed columns with a network that reads a text", "fixable=True")
        self.network, self.head, self.fixable = network, network.head, fixable
        self.transforms, self.schema, self.max_steps = transforms, schema, max_steps
        memory = [transforms.state_size] if transforms.state_size else []
        self.layout = StateLayout(len(schema), [*network.state_shapes, *memory])
        self.units = Units(transforms, schema)
        self.styles, self._style_states = list(styles), None
        if self.styles:
            self._style_states = np.concatenate([self._state_after(each) for each in self.styles])

    def sample(
        self,
        seed,
        num_steps,
        bias,
        temperature,
        state=None,
        text=None,
        style=None,
        prime_text=None,
        fixed=None,
        top_k=None,
        top_p=None,
    ):
        """Draws events.

        A row with a text ends with an end that the network has learned, which counts only once
        all characters were reached, or where the window has left it (Graves 2013, section 5.3).

        Args:
            seed: int32 `[B, 2]`.
            num_steps: int32 `[B]`, taken as at least 0 and at most `max_steps`; a text also
                limits it, to some times what its characters take on average.
            bias: float32 `[B]`; 0 is unbiased, more is neater (Graves 2013, section 5.4).
            temperature: float32 `[B]`; 1 is unchanged, 0 takes the likeliest. A row whose bias
                or temperature is not finite, or whose temperature is negative, has length 0.
            state: float32 `[B, S]` to go on from, the beginning by default.
            text: string `[B]`, what to write, for a network that reads a text.
            style: string `[B]`, names of styles, empty for none; a row with a name that is none
                has length 0.
            prime_text: string `[B]`, what the events that led to `state` wrote; not together
                with a style.
            fixed: float32 `[B, F]` in data units, what columns are held at while the others are
                drawn to suit, NaN where a column is free; for a network that reads no text.
            top_k: int32 `[B]`, how many of the likeliest classes of a step may be drawn, below
                1 for all; for a head that truncates, as is the next.
            top_p: float32 `[B]`, which share of the probability the likeliest classes of a step
                must have to be all that may be drawn, 1 for all. A row with one that is not in
                (0, 1] has length 0.

        Returns:
            A `Drawn`, or a `Written` if there is a text.
        """
        beginning = self.layout.zeros(tf.shape(seed)[0]) if state is None else state
        reading = self._read(text, style, prime_text)
        if reading.state is not None:
            fresh = reading.styled & (beginning[:, 0] < 0.5)  # no event yet
            beginning = select_rows(fresh, reading.state, beginning)
        state = self.layout.unpack(beginning)
        if reading.context is not None:
            limit = self.network.step_limit(reading.context)
            state = state._replace(ended=state.ended | ~reading.inked)
            num_steps = tf.minimum(num_steps, limit - state.step_count)
            num_steps = tf.where(reading.valid, num_steps, 0)
        num_steps = tf.clip_by_value(num_steps, 0, self.max_steps)
        steps = tf.maximum(tf.reduce_max(num_steps), 0)  # 0 for an empty batch
        manner = Manner(bias, temperature, top_k, top_p)
        out = self._draw(seed, steps, num_steps, manner, state, reading.context, fixed)
        drawn = Drawn(out.events, out.lengths, out.state.ended, self.layout.pack(out.state))
        if reading.context is None:
            return drawn
        complete = self.network.is_complete(list(out.state.network), reading.context)
        shift = tf.cast(reading.prime_length[:, None], tf.float32)
        mask = tf.sequence_mask(out.lengths, steps)
        position = tf.where(mask, out.positions - shift, 0.0)
        return Written(*drawn, drawn.ended & complete, position, reading.context.dropped)

    def sample_primed(
        self,
        prime,
        prime_lengths,
        seed,
        num_steps,
        bias,
        temperature,
        text=None,
        prime_text=None,
        fixed=None,
    ):
        """Draws the events after given ones.

        The prime is read with the whole text, its own and what is to be written (Graves 2013,
        section 5.5).

        Args:
            prime: float32 `[B, P, F]` in data units.
            prime_lengths: int32 `[B]`.
            seed: as for `sample`, as are `num_steps`, `bias`, `temperature` and `text`.
            num_steps: int32 `[B]`.
            bias: float32 `[B]`.
            temperature: float32 `[B]`.
            text: string `[B]`.
            prime_text: string `[B]`, what the prime writes.
            fixed: float32 `[B, F]`, as for `sample`.

        Returns:
            As `sample`.
        """
        beginning = self.layout.zeros(tf.shape(prime)[0])
        ended = tf.zeros_like(prime_lengths, tf.bool)
        whole = None if text is None else tf.strings.join([prime_text, text])
        primed = self.log_prob(prime, prime_lengths, beginning, ended, whole, prime_text)
        conditions = {"text": text, "prime_text": prime_text, "fixed": fixed}
        return self.sample(seed, num_steps, bias, temperature, primed.state, **conditions)

    def step(
        self, seed, event, has_event, bias, temperature, state, text=None, fixed=None
    ) -> Stepped:
        """Draws one event, from the model's own last one or from a client's.

        A client's event takes the place of the state's last one, so one that sends each drawn
        event back gets what `sample` draws; it also revives a sequence that had ended. At the
        beginning a client's event becomes the first of the sequence.

        Args:
            seed: int32 `[B, 2]`.
            event: float32 `[B, F]` in data units, read where `has_event`.
            has_event: bool `[B]`.
            bias: float32 `[B]`, as for `sample`.
            temperature: float32 `[B]`, as for `sample`.
            state: float32 `[B, S]`, zeros to begin.
            text: string `[B]`, what to write, for a network that reads a text.
            fixed: float32 `[B, F]`, as for `sample`.

        Returns:
            A `Stepped`.
        """
        manner = Manner(bias, temperature)
        return self._step(seed, event, has_event, manner, state, self._read(text), fixed)[0]

    def _step(self, seed, event, has_event, manner, state, reading, fixed=None):
        """A `Stepped`, and whether each row has drawn an event, bool `[B]`."""
        context = reading.context
        has_event &= manner.valid()
        state = self.layout.unpack(state)
        first = has_event & (state.step_count == 0)

        def consume_start():
            network = self._consume_start(event, list(state.network), context)
            pairs = zip(network, state.network, strict=True)
            return [select_rows(first, new, old) for new, old in pairs]

        network = tf.cond(tf.reduce_any(first), consume_start, lambda: list(state.network))
        state = SamplerState(
            step_count=state.step_count + tf.cast(first, tf.int32),
            ended=state.ended & ~has_event,
            last_event=select_rows(has_event, self.units.filled(event), state.last_event),
            network=tuple(network),
        )
        num_steps = tf.ones_like(state.step_count)
        if context is not None:
            state = state._replace(ended=state.ended | ~reading.inked)
            num_steps = tf.where(reading.inked, num_steps, 0)
        size = self.head.params_size
        out = self._draw(seed, 1, num_steps, manner, state, context, fixed, size)
        state = self.layout.pack(out.state)
        return Stepped(out.events[:, 0], state, out.state.ended, out.params), out.lengths > 0

    def log_prob(self, events, lengths, state, ended=None, text=None, written_text=None) -> Scored:
        """Scores events under the model.

        A column with a quantum is scored at the middle of its grid cell. NaN is a missing value,
        which is left out as the head says.

        Args:
            events: float32 `[B, T, F]` in data units; what stands past `lengths` is not read.
            lengths: int32 `[B]`, taken as at least 0 and at most T.
            state: float32 `[B, S]`, zeros if the events are a sequence's first ones.
            ended: bool `[B]`, for a schema with an end of sequence: whether the sequence ends
                with the row's last event, else it is scored as going on.
            text: string `[B]`, for a network that reads a text.
            written_text: string `[B]`, the beginning of `text` that counts as written after
                the events; by default that which the window has reached.

        Returns:
            A `Scored`.
        """
        return score(self, events, lengths, state, ended, self._read(text).context, written_text)

    def _consume_start(self, event, network, context):
        """The network's state once it has read what comes before a client's first event."""
        return self.network.step(tf.zeros_like(event), network, context)[1]

    def _state_after(self, style: Style) -> np.ndarray:
        """The state `[1, S]` after a style's line."""
        scored = self.log_prob(
            tf.constant(style.events, tf.float32)[None],
            tf.constant([len(style.events)]),
            self.layout.zeros(1),
            tf.constant([False]),
            tf.constant([style.text]),
            tf.constant([style.text]),
        )
        return scored.state.numpy()

    def _read(self, text=None, style=None, prime_text=None):
        return read(self.network, self.styles, self._style_states, text, style, prime_text)

    def _draw(self, seed, steps, num_steps, manner, state, context, fixed=None, num_params=0):
        """The loop over `steps` steps, with rows of invalid settings left out."""
        settings = manner.repaired().for_head()
        uniforms = noise.uniforms(seed, state.step_count, steps, self.head.noise_size)
        size = len(self.schema)
        if fixed is not None:
            settings["fixed"] = self.units.fixed(fixed)

        def step(inputs, network):
            return self.network.step(inputs, list(network), context)

        def draw(params, uniforms, _):
            drawn = self.head.sample(params, uniforms, **settings)
            event = self.units.events(drawn[:, :size] if self.schema.end_of_sequence else drawn)
            if fixed is not None:
                event = tf.where(tf.math.is_nan(fixed), event, fixed)
            return event, drawn[:, size] > 0.5 if self.schema.end_of_sequence else None

        def progress(network, last_event, event):
            network = list(network)
            was_over, is_over = self.network.is_over(network, last_event, event)
            may_end = self.network.is_read(network, context)
            return Progress(self.network.path(network).position, was_over, is_over, may_end)

        return sample_loop(
            self.units.inputs,
            step,
            draw,
            state,
            uniforms,
            tf.where(manner.valid(), num_steps, 0),
            num_params,
            None if context is None else progress,
        )
