"""Scoring events: what `Sampler.log_prob` does."""

from typing import Any

import tensorflow as tf

from hachi_tf.samplers.loop import select_rows
from hachi_tf.samplers.outputs import Scored
from hachi_tf.samplers.state import SamplerState
from hachi_tf.samplers.units import log_det


def score(sampler: Any, events, lengths, state, ended, context: Any, written_text=None) -> Scored:
    """Scores events `[B, T, F]` under a model; see `Sampler.log_prob`.

    Args:
        sampler: with `network`, `head`, `transforms`, `schema`, `layout` and `units`.
        events: as for `Sampler.log_prob`, as are the next three.
        lengths: int32 `[B]`.
        state: float32 `[B, S]`.
        ended: bool `[B]`, or None.
        context: what the network made of the rows' texts, or None.
        written_text: string `[B]`, or None.
    """
    state, width = sampler.layout.unpack(state), tf.shape(events)[1]
    # The network wants at least one step.
    events = tf.pad(events, [[0, 0], [0, tf.cast(width < 1, tf.int32)], [0, 0]])
    steps = tf.shape(events)[1]
    lengths = tf.clip_by_value(lengths, 0, width)
    mask = tf.sequence_mask(lengths, steps)
    events = tf.where(mask[..., None], events, 0.0)

    read = sampler.units.filled(events)
    recurrent = list(state.network)
    memory = recurrent.pop() if sampler.transforms.state_size else None
    shifted = sampler.units.shifted(read, mask, state.last_event, state.step_count > 0, memory)
    params, network = sampler.network(
        shifted.inputs, initial_state=recurrent, context=context, lengths=lengths
    )
    scored, before = sampler.units.middle(events), shifted.before()
    values = sampler.units.inputs(events, before)
    targets = tf.gather(values, sampler.schema.columns(predicted=True), axis=-1)
    still_ended = state.ended & (lengths == 0)
    if sampler.schema.end_of_sequence:
        last = tf.range(steps) == lengths[:, None] - 1
        end = tf.cast(last & ended[:, None], tf.float32)
        targets = tf.concat([targets, end[..., None]], axis=-1)
        still_ended |= ended & (lengths > 0)
    step_log_prob = sampler.head.log_prob(params, targets)
    step_log_prob += log_det(sampler.transforms, sampler.schema, scored, before, values)
    step_log_prob = tf.where(mask, step_log_prob, 0.0)

    if context is not None:
        written = tf.zeros_like(context.lengths)
        if written_text is not None:
            written = sampler.network.encode(written_text).lengths
        network = sampler.network.at_character(network, written, context)
    if memory is not None:
        network = [*network, shifted.before_last(lengths)]
    at = tf.maximum(lengths - 1, 0)
    last_event = tf.gather(read, at, batch_dims=1)
    state = SamplerState(
        step_count=state.step_count + lengths,
        ended=still_ended,
        last_event=select_rows(lengths > 0, last_event, state.last_event),
        network=tuple(network),
    )
    return Scored(
        tf.reduce_sum(step_log_prob, axis=1), step_log_prob[:, :width], sampler.layout.pack(state)
    )
