"""The loop inside the graph that draws one event after the other."""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from hachi_tf.samplers.state import SamplerState


class LoopOutputs(NamedTuple):
    """What `sample_loop` returns.

    Attributes:
        events: float32 `[B, T, F]` in data units, zeros past a row's length.
        lengths: int32 `[B]`, the number of events that were drawn.
        state: the state after them.
        params: float32 `[B, P]`, the head's parameters at each row's last step, zeros for a
            row that drew nothing; None unless `num_params` was given.
        positions: float32 `[B, T]`, where the network stood at each event, zeros past a row's
            length; None unless `progress` was given.
    """

    events: tf.Tensor
    lengths: tf.Tensor
    state: SamplerState
    params: tf.Tensor | None
    positions: tf.Tensor | None


class Progress(NamedTuple):
    """How far a network that reads a text has come in it.

    Attributes:
        position: float32 `[B]`, to be kept for each event.
        was_over: bool `[B]`, whether the text was over before this step's event, which then is
            not drawn.
        is_over: bool `[B]`, whether the text is over with this step's event.
        may_end: bool `[B]`, whether a learned end counts at this step's event.
    """

    position: tf.Tensor
    was_over: tf.Tensor
    is_over: tf.Tensor
    may_end: tf.Tensor


def select_rows(condition, x, y):
    """Rows of `x` where the condition `[B]` holds, rows of `y` elsewhere.

    `tf.where` would broadcast the condition over the columns, which is several times slower.
    """
    return tf.raw_ops.Select(condition=condition, x=x, y=y)


def sample_loop(
    forward: Callable,
    step: Callable,
    draw: Callable,
    state: SamplerState,
    noise,
    num_steps,
    num_params: int = 0,
    progress: Callable | None = None,
) -> LoopOutputs:
    """Draws up to `num_steps` events a row.

    Each step consumes the row's last event (zeros at the beginning), draws the next one and
    feeds it back in data units, so that a client that sends events back one by one drives the
    network with the same numbers. A row stops at its own `num_steps`, at the event with which
    the sequence ends, or before an event that is not finite; from then on it is frozen. The
    loop stops when every row has.

    Args:
        forward: `event [B, F] in data units -> the network's input [B, F]`.
        step: `(input [B, F], network state) -> (params [B, P], network state)`.
        draw: `(params [B, P], noise [B, N], network state) -> (event [B, F] in data units, end
            bool [B])`, where `end` says that the sequence ends with this event, and is None if
            it never does.
        state: where to begin; a row that has ended draws nothing.
        noise: float32 `[B, T, N]`, row t for the t-th event of this call.
        num_steps: int32 `[B]`, at most T.
        num_params: P if the last step's parameters are wanted, else 0.
        progress: `(network state, last event [B, F], event [B, F]) -> Progress`, events in data
            units, for a network that reads a text, else None.

    Returns:
        A `LoopOutputs`.
    """
    batch_size, max_steps = tf.unstack(tf.shape(noise)[:2])
    event_size = state.last_event.shape[-1]
    is_one_step = noise.shape[1] == 1
    noise = tf.transpose(noise, [1, 0, 2])  # [T, B, N]
    start = tf.zeros_like(state.last_event)

    def draw_one(t, active, params, current):
        begun = current.step_count > 0
        inputs = select_rows(begun, forward(current.last_event), start)
        new_params, network = step(inputs, current.network)
        event, end = draw(new_params, tf.gather(noise, t), network)
        ended, position = current.ended, None
        if progress is not None:
            reached = progress(network, current.last_event, event)
            ended |= active & reached.was_over
            active &= ~reached.was_over
            end = reached.is_over if end is None else reached.is_over | (end & reached.may_end)
            position = reached.position
        active &= tf.reduce_all(tf.math.is_finite(event), axis=-1)
        if num_params:
            params = select_rows(active, new_params, params)
        current = SamplerState(
            step_count=current.step_count + tf.cast(active, tf.int32),
            ended=ended if end is None else ended | (active & end),
            last_event=select_rows(active, event, current.last_event),
            network=tuple(
                select_rows(active, new, old)
                for new, old in zip(network, current.network, strict=True)
            ),
        )
        active &= t + 1 < num_steps
        if end is not None:
            active &= ~end
        return active, params, current, position

    active, params = (num_steps > 0) & ~state.ended, tf.zeros([batch_size, num_params])
    if is_one_step:  # as live playing has it: a loop would take longer than what is in it
        _, params, final, position = draw_one(0, active, params, state)
        events, places = final.last_event[:, None], position
        places = None if position is None else position[:, None]
    else:
        final, params, events, places = _draw_all(
            draw_one, max_steps, active, params, state, progress is not None
        )
    lengths = final.step_count - state.step_count
    drawn = tf.sequence_mask(lengths, max_steps)
    if places is not None:
        places = tf.where(drawn, places, 0.0)
    events = tf.where(drawn[..., None], tf.ensure_shape(events, [None, None, event_size]), 0.0)
    return LoopOutputs(events, lengths, final, params if num_params else None, places)


def _draw_all(draw_one, max_steps, active, params, state, has_places):
    """Repeats `draw_one` until no row is active.

    Returns the last state and parameters, the events `[B, T, F]`, and the positions `[B, T]`,
    None if there are none.
    """
    shape = tf.shape(state.last_event)
    events, places = (
        tf.raw_ops.TensorListReserve(
            element_shape=each, num_elements=max_steps, element_dtype=tf.float32
        )
        for each in (shape, shape[:1])
    )

    def go_on(t, active, *unused):
        return (t < max_steps) & tf.reduce_any(active)

    def body(t, active, params, current, events, places):
        active, params, current, position = draw_one(t, active, params, current)
        events = tf.raw_ops.TensorListSetItem(input_handle=events, index=t, item=current.last_event)
        if has_places:
            places = tf.raw_ops.TensorListSetItem(input_handle=places, index=t, item=position)
        return t + 1, active, params, current, events, places

    variables = (0, active, params, state, events, places)
    _, _, params, final, events, places = tf.while_loop(
        go_on, body, variables, parallel_iterations=1
    )

    def stacked(elements, shape, order):
        elements = tf.raw_ops.TensorListStack(
            input_handle=elements, element_shape=shape, element_dtype=tf.float32
        )
        return tf.transpose(elements, order)

    events = stacked(events, shape, [1, 0, 2])
    return final, params, events, stacked(places, shape[:1], [1, 0]) if has_places else None
