"""Draws and scores series: what came before is remembered, what is known of the next is read."""

from typing import Any

import numpy as np
import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.samplers import noise
from hachi_tf.samplers.loop import sample_loop, select_rows
from hachi_tf.samplers.manner import Manner
from hachi_tf.samplers.outputs import Stepped
from hachi_tf.samplers.sampler import Sampler
from hachi_tf.schema import Schema
from hachi_tf.transforms import Transform


class SeriesSampler(Sampler):
    """The functions behind the signatures of a model with known columns or a memory.

    As a `Sampler`'s, with `known` as one more input where there are known columns: row t holds
    those of the event to predict, in the schema's order. The memory of transforms, what they know
    before a row's last event, is the last part of the state.

    Args:
        network: a built network that reads no text.
        transforms: from data units to the network's.
        schema: the columns.
        max_steps: the most events that one call draws for a row.

    Raises:
        UserError: if the network reads a text.
    """

    in_order = True

    def __init__(self, network: Any, transforms: Transform, schema: Schema, max_steps: int):
        if network.conditioned:
            raise UserError("no known columns with a network that reads a text", "some")
        super().__init__(network, transforms, schema, max_steps)

    def sample(self, seed, num_steps, bias, temperature, state=None, known=None):
        """See `Sampler.sample`.

        Args:
            seed: as for `Sampler.sample`, as are the next four.
            num_steps: int32 `[B]`, also limited by T.
            bias: float32 `[B]`.
            temperature: float32 `[B]`.
            state: float32 `[B, S]`.
            known: float32 `[B, T, K]`, for a schema with K known columns.
        """
        if known is not None:
            num_steps = tf.minimum(num_steps, tf.shape(known)[1])
        return super().sample(seed, num_steps, bias, temperature, state, fixed=known)

    def sample_primed(self, prime, prime_lengths, seed, num_steps, bias, temperature, known=None):
        """See `Sampler.sample_primed`; `known` is of the events after the prime."""
        ended = tf.zeros_like(prime_lengths, tf.bool)
        beginning = self.layout.zeros(tf.shape(prime)[0])
        primed = self.log_prob(prime, prime_lengths, beginning, ended)
        return self.sample(seed, num_steps, bias, temperature, primed.state, known)

    def step(self, seed, event, has_event, bias, temperature, state, known=None) -> Stepped:
        """See `Sampler.step`; `known` is float32 `[B, K]`, of the event to draw."""
        manner = Manner(bias, temperature)
        rows = None if known is None else known[:, None]
        return self._step(seed, event, has_event, manner, state, self._read(), rows)[0]

    def _consume_start(self, event, network, context):
        """The network's state once it has read what comes before a client's first event."""
        recurrent, memory = self._split(network)
        inputs = tf.zeros_like(event)
        if self.schema.known:
            inputs = self.units.with_known(inputs, self._known_inputs(event[:, None])[:, 0])
        _, recurrent = self.network.step(inputs, recurrent, context)
        return [*recurrent, *memory]

    def _draw(self, seed, steps, num_steps, manner, state, context, fixed=None, num_params=0):
        """As `Sampler._draw`; `fixed` are the known columns `[B, T, K]`, or None.

        Beside the state there is, in the loop, how many events a row has.
        """
        settings = manner.repaired().for_head()
        uniforms = noise.uniforms(seed, state.step_count, steps, self.head.noise_size)
        predicted, ends = self.schema.columns(predicted=True), self.schema.end_of_sequence
        begun_with = state.step_count
        events = None if fixed is None else self._known_events(fixed)
        inputs_known = None if fixed is None else self._known_inputs(events)

        def of_step(rows, count):
            if rows is None:
                return None
            place = tf.minimum(count - begun_with, tf.shape(rows)[1] - 1)
            return tf.gather(rows, place, batch_dims=1)

        def step(last_event, network):
            (*network, count) = network
            recurrent, memory = self._split(network)
            inputs, memory = self._consume(last_event, count > 0, memory)
            inputs = self.units.with_known(inputs, of_step(inputs_known, count))
            params, recurrent = self.network.step(inputs, recurrent, context)
            return params, [*recurrent, *memory, count + 1]

        def draw(params, uniforms, network):
            (*network, count) = network
            _, memory = self._split(network)
            drawn = self.head.sample(params, uniforms, **settings)
            columns = [tf.zeros_like(drawn[:, 0])] * len(self.schema)
            for place, column in enumerate(predicted):
                columns[column] = drawn[:, place]
            event = self.units.events(tf.stack(columns, axis=1), *memory)
            event = self.units.with_known(event, of_step(events, count - 1))
            return event, drawn[:, len(predicted)] > 0.5 if ends else None

        out = sample_loop(
            lambda last_event: last_event,
            step,
            draw,
            state._replace(network=(*state.network, begun_with)),
            uniforms,
            tf.where(manner.valid(), num_steps, 0),
            num_params,
        )
        return out._replace(state=out.state._replace(network=out.state.network[:-1]))

    def _consume(self, last_event, begun, memory):
        """What the network reads of the last event, and the memory after it, `[B, S]` in a list."""
        inputs = self.units.inputs(last_event, *memory)
        inputs = select_rows(begun, inputs, tf.zeros_like(inputs))
        if not memory:
            return inputs, []
        after = self.units.remember(last_event[:, None], *memory)[:, 1]
        return inputs, [select_rows(begun, after, *memory)]

    def _split(self, network):
        """The network's own state, and the memory in a list, which is empty if there is none."""
        count = len(self.network.state_shapes)
        return list(network[:count]), list(network[count:])

    def _known_events(self, known):
        """Known columns `[B, T, K]` in events `[B, T, F]`, NaN in the others."""
        nothing = tf.fill(tf.shape(known)[:2], np.nan)
        columns = [nothing] * len(self.schema)
        for place, column in enumerate(self.schema.known):
            columns[column] = known[..., place]
        return tf.stack(columns, axis=-1)

    def _known_inputs(self, events):
        """Events `[B, T, F]` as the network reads them; only of known columns that is right."""
        events = self.units.filled(events)
        if not self.transforms.state_size:
            return self.units.inputs(events)
        shape = tf.concat([tf.shape(events)[:2], [self.transforms.state_size]], axis=0)
        return self.units.inputs(events, tf.zeros(shape))
