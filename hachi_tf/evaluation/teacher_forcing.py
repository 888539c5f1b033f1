"""From a batch in data units to the network's inputs and the head's targets."""

from typing import Any, NamedTuple

import tensorflow as tf

from hachi_tf.samplers import noise
from hachi_tf.samplers.units import Units, log_det
from hachi_tf.schema import Schema
from hachi_tf.transforms import Transform


class Forced(NamedTuple):
    """What teacher forcing needs of a batch.

    Attributes:
        inputs: `[B, T, F]`, the events in network space, shifted by one, zeros first; but known
            columns are not shifted.
        targets: `[B, T, E]` in the head's event space.
        mask: bool `[B, T]`, the steps that count.
        log_det: `[B, T]`, what turns a density in network space into one in data units.
        memory: `[B, S]`, what the transforms knew before each row's last event; None if they know
            nothing of what came before.
    """

    inputs: tf.Tensor
    targets: tf.Tensor
    mask: tf.Tensor
    log_det: tf.Tensor
    memory: tf.Tensor | None = None


def row_seeds(seed: int | tf.Tensor, step: int | tf.Tensor, index: tf.Tensor) -> tf.Tensor:
    """Seeds `[B, 2]` int32: a pure function of run, step and each example's global index `[B]`."""
    words = [tf.cast(word, tf.uint32) for word in (seed, step, index)]
    pair = noise.threefry_2x32(words[:2], [words[2], tf.zeros_like(words[2])])
    return tf.bitcast(tf.stack(pair, axis=-1), tf.int32)


def dequantize(
    events: tf.Tensor, schema: Schema, seeds: tf.Tensor, offset: tf.Tensor | None = None
) -> tf.Tensor:
    """Adds uniform noise of one quantum to the columns that have one.

    Args:
        events: `[B, T, F]` in data units.
        schema: the columns.
        seeds: int32 `[B, 2]`.
        offset: int32 `[B]`, the place of each row's first event in its sequence; 0 by default.
    """
    quanta = [feature.quantum or 0.0 for feature in schema.features]
    if not any(quanta):
        return events
    first = tf.zeros(tf.shape(events)[:1], tf.int32) if offset is None else offset
    uniform = noise.uniforms(seeds, first, tf.shape(events)[1], len(quanta))
    return events + tf.constant(quanta, tf.float32) * uniform


def teacher_forcing(
    events: tf.Tensor,
    lengths: tf.Tensor,
    ends: tf.Tensor,
    schema: Schema,
    transforms: Transform,
    seeds: tf.Tensor,
    offset: tf.Tensor | None = None,
    begins: tf.Tensor | None = None,
    previous: tf.Tensor | None = None,
    skip: tf.Tensor | None = None,
    memory: tf.Tensor | None = None,
) -> Forced:
    """Inputs and targets of a batch of sequences.

    A column with a quantum is read at the middle of its grid cell.

    Args:
        events: `[B, T, F]` in data units; what stands past `lengths` is not read.
        lengths: int32 `[B]`.
        ends: bool `[B]`, whether the row's last event is its sequence's last.
        schema: the columns.
        transforms: from data units to network space.
        seeds: int32 `[B, 2]` for the noise of columns that have a quantum.
        offset: int32 `[B]`, the place of each row's first event in its sequence; 0 by default.
        begins: bool `[B]`, whether each row starts from nothing, as all do by default.
        previous: `[B, F]` in data units, the event before the row's first one where it does not.
        skip: int32 `[B]`, how many of each row's first events do not count; 0 by default.
        memory: `[B, S]`, what the transforms knew before `previous`; zeros by default.
    """
    steps = tf.range(tf.shape(events)[1])[None]
    present = steps < lengths[:, None]
    events = tf.where(present[..., None], events, 0.0)
    noisy = dequantize(events, schema, seeds, offset)
    units = Units(transforms, schema)
    begun = tf.zeros_like(present[:, 0]) if previous is None else ~begins
    previous = tf.zeros_like(events[:, 0]) if previous is None else units.filled(previous)
    if transforms.state_size:
        zeros = tf.zeros([tf.shape(events)[0], transforms.state_size])
        memory = zeros if memory is None else tf.where(begun[:, None], memory, zeros)
    shifted = units.shifted(units.filled(events), present, previous, begun, memory)
    before = shifted.before()
    values = transforms.forward(noisy, *(() if before is None else (before,)))
    density = log_det(transforms, schema, noisy, before, values)
    predicted = schema.columns(predicted=True)
    targets = values if len(predicted) == len(schema) else tf.gather(values, predicted, axis=-1)
    if schema.end_of_sequence:
        last = steps == (lengths - 1)[:, None]
        end = tf.cast(last & ends[:, None], tf.float32)
        targets = tf.concat([targets, end[..., None]], axis=-1)
    mask = present if skip is None else present & (steps >= skip[:, None])
    return Forced(shifted.inputs, targets, mask, density, shifted.before_last(lengths))


def carried_sizes(network: Any, transforms: Transform) -> list[int]:
    """The widths of what goes on from window to window: the network's state, then the memory."""
    memory = [transforms.state_size] if transforms.state_size else []
    return [*network.state_shapes, *memory]


def split_carried(
    network: Any, carried: list[tf.Tensor] | None
) -> tuple[list[tf.Tensor] | None, tf.Tensor | None]:
    """The network's state, and the transforms' memory or None, of what `carried_sizes` names."""
    if carried is None:
        return None, None
    count = len(network.state_shapes)
    return list(carried[:count]), carried[count] if len(carried) > count else None
