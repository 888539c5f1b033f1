"""Draws and scores events in data units: a network, its head and its transforms as one."""

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.samplers import noise
from hachi_tf.samplers.loop import sample_loop, select_rows
from hachi_tf.samplers.state import SamplerState, StateLayout
from hachi_tf.schema import Schema
from hachi_tf.transforms import Transform


class Drawn(NamedTuple):
    """What `Sampler.sample` returns.

    Attributes:
        events: float32 `[B, T, F]` in data units, zeros past a row's length; T is the largest
            number of steps that a row asked for.
        lengths: int32 `[B]`, the number of events drawn.
        ended: bool `[B]`, whether the sequence has ended, rather than reached its steps.
        state: float32 `[B, S]`, from which `sample` goes on.
    """

    events: tf.Tensor
    lengths: tf.Tensor
    ended: tf.Tensor
    state: tf.Tensor


class Scored(NamedTuple):
    """What `Sampler.log_prob` returns, in nats, of densities in data units.

    Attributes:
        log_prob: float32 `[B]`, the sum over a row's events.
        step_log_prob: float32 `[B, T]`, of each event, zeros past a row's length.
        state: float32 `[B, S]`, from which `sample` and `log_prob` go on.
    """

    log_prob: tf.Tensor
    step_log_prob: tf.Tensor
    state: tf.Tensor


class Stepped(NamedTuple):
    """What `Sampler.step` returns.

    Attributes:
        event: float32 `[B, F]` in data units, zeros in a row that drew none.
        state: float32 `[B, S]`.
        ended: bool `[B]`, whether the sequence has ended.
        params: float32 `[B, P]`, the parameters of the head's distribution that the event was
            drawn from, zeros in a row that drew none.
    """

    event: tf.Tensor
    state: tf.Tensor
    ended: tf.Tensor
    params: tf.Tensor


class Sampler:
    """The functions behind an export's signatures, over plain tensors.

    The numbers that event t of a row needs are a pure function of the row's seed and t, so a
    shorter sample is the beginning of a longer one, and chunks joined equal one sample.

    Args:
        network: a built network, e.g. `PredictionNetwork`.
        transforms: from data units to the network's.
        schema: the columns.
        max_steps: the most events that one call draws for a row.

    Raises:
        UserError: if the schema has known columns.
    """

    def __init__(self, network: Any, transforms: Transform, schema: Schema, max_steps: int):
        known = [feature.name for feature in schema.features if feature.role == "known"]
        if known:
            raise UserError("a schema without known columns to sample from", ", ".join(known))
        self.network, self.head = network, network.head
        self.transforms, self.schema, self.max_steps = transforms, schema, max_steps
        self.layout = StateLayout(len(schema), network.state_shapes)
        quanta = [feature.quantum or 0.0 for feature in schema.features]
        self._quanta = np.float32(quanta) if any(quanta) else None

    def sample(self, seed, num_steps, bias, temperature, state=None, context=None) -> Drawn:
        """Draws events.

        Args:
            seed: int32 `[B, 2]`.
            num_steps: int32 `[B]`, taken as at least 0 and at most `max_steps`.
            bias: float32 `[B]`; 0 is unbiased, more is neater (Graves 2013, section 5.4).
            temperature: float32 `[B]`; 1 is unchanged, 0 takes the likeliest. A row whose bias
                or temperature is not finite, or whose temperature is negative, has length 0.
            state: float32 `[B, S]` to go on from, the beginning by default.
            context: what the network's `encode` returned.

        Returns:
            A `Drawn`.
        """
        if state is None:
            state = self.layout.zeros(tf.shape(seed)[0])
        num_steps = tf.clip_by_value(num_steps, 0, self.max_steps)
        steps = tf.maximum(tf.reduce_max(num_steps), 0)  # 0 for an empty batch
        state = self.layout.unpack(state)
        out = self._draw(seed, steps, num_steps, bias, temperature, state, context)
        return Drawn(out.events, out.lengths, out.state.ended, self.layout.pack(out.state))

    def step(self, seed, event, has_event, bias, temperature, state, context=None) -> Stepped:
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
            context: what the network's `encode` returned.

        Returns:
            A `Stepped`.
        """
        has_event &= _is_valid(bias, temperature)
        state = self.layout.unpack(state)
        first = has_event & (state.step_count == 0)

        def consume_start():
            start = tf.zeros_like(state.last_event)
            _, network = self.network.step(start, list(state.network), context)
            pairs = zip(network, state.network, strict=True)
            return [select_rows(first, new, old) for new, old in pairs]

        network = tf.cond(tf.reduce_any(first), consume_start, lambda: list(state.network))
        state = SamplerState(
            step_count=state.step_count + tf.cast(first, tf.int32),
            ended=state.ended & ~has_event,
            last_event=select_rows(has_event, event, state.last_event),
            network=tuple(network),
        )
        num_steps = tf.ones_like(state.step_count)
        out = self._draw(
            seed, 1, num_steps, bias, temperature, state, context, self.head.params_size
        )
        return Stepped(out.events[:, 0], self.layout.pack(out.state), out.state.ended, out.params)

    def log_prob(self, events, lengths, state, ended=None, context=None) -> Scored:
        """Scores events under the model.

        A column with a quantum is scored at the middle of its grid cell.

        Args:
            events: float32 `[B, T, F]` in data units; what stands past `lengths` is not read.
            lengths: int32 `[B]`, taken as at least 0 and at most T.
            state: float32 `[B, S]`, zeros if the events are a sequence's first ones.
            ended: bool `[B]`, for a schema with an end of sequence: whether the sequence ends
                with the row's last event, else it is scored as going on.
            context: what the network's `encode` returned.

        Returns:
            A `Scored`.
        """
        state, width = self.layout.unpack(state), tf.shape(events)[1]
        # The network wants at least one step.
        events = tf.pad(events, [[0, 0], [0, tf.cast(width < 1, tf.int32)], [0, 0]])
        steps = tf.shape(events)[1]
        lengths = tf.clip_by_value(lengths, 0, width)
        mask = tf.sequence_mask(lengths, steps)
        events = tf.where(mask[..., None], events, 0.0)

        first = self.transforms.forward(state.last_event)
        first = select_rows(state.step_count > 0, first, tf.zeros_like(first))
        inputs = tf.concat([first[:, None], self.transforms.forward(events)[:, :-1]], axis=1)
        params, network = self.network(
            inputs, initial_state=list(state.network), context=context, lengths=lengths
        )
        scored = events if self._quanta is None else events + 0.5 * self._quanta
        targets = self.transforms.forward(scored)
        still_ended = state.ended & (lengths == 0)
        if self.schema.end_of_sequence:
            last = tf.range(steps) == lengths[:, None] - 1
            end = tf.cast(last & ended[:, None], tf.float32)
            targets = tf.concat([targets, end[..., None]], axis=-1)
            still_ended |= ended & (lengths > 0)
        step_log_prob = self.head.log_prob(params, targets) + self.transforms.log_det(scored)
        step_log_prob = tf.where(mask, step_log_prob, 0.0)

        at = tf.maximum(lengths - 1, 0)
        last_event = tf.gather(events, at, batch_dims=1)
        state = SamplerState(
            step_count=state.step_count + lengths,
            ended=still_ended,
            last_event=select_rows(lengths > 0, last_event, state.last_event),
            network=tuple(network),
        )
        return Scored(
            tf.reduce_sum(step_log_prob, axis=1), step_log_prob[:, :width], self.layout.pack(state)
        )

    def _draw(self, seed, steps, num_steps, bias, temperature, state, context, num_params=0):
        """The loop over `steps` steps, with rows of invalid settings left out."""
        valid = _is_valid(bias, temperature)
        bias = tf.where(valid, bias, 0.0)
        temperature = tf.where(valid, temperature, 1.0)
        uniforms = noise.uniforms(seed, state.step_count, steps, self.head.noise_size)
        size = len(self.schema)

        def step(inputs, network):
            return self.network.step(inputs, list(network), context)

        def draw(params, uniforms):
            drawn = self.head.sample(params, uniforms, bias, temperature)
            event = self.transforms.inverse(drawn[:, :size])
            if self._quanta is not None:
                cell = np.where(self._quanta > 0, self._quanta, 1)
                event = tf.where(self._quanta > 0, tf.floor(event / cell) * cell, event)
            return event, drawn[:, size] > 0.5 if self.schema.end_of_sequence else None

        num_steps = tf.where(valid, num_steps, 0)
        return sample_loop(
            self.transforms.forward, step, draw, state, uniforms, num_steps, num_params
        )


def _is_valid(bias, temperature):
    finite = tf.math.is_finite(bias) & tf.math.is_finite(temperature)
    return finite & (temperature >= 0.0)
