"""What a network expects, and where its window stands, while it is shown a drawing."""

import unicodedata
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.evaluation.density import NextPoints, log_sum_exp
from hachi_tf.evaluation.teacher_forcing import teacher_forcing
from hachi_tf.layers.heads import GaussianMixture


class Alignment(NamedTuple):
    """What the window looked at while a line was written.

    Attributes:
        weights: float32 `[T, U]`, phi (Graves 2013, eq. 46) of each character at each step.
        text: the U characters, without those that the network does not know.
    """

    weights: np.ndarray
    text: str


def next_points(
    network: Any, transforms: Any, events: np.ndarray, text: str | None = None
) -> NextPoints:
    """What a network expects at each step of a drawing that it is shown (teacher forcing).

    A column with a quantum is taken at the middle of its grid cell.

    Args:
        network: a network of strokes, whose head has one mixture of Gaussians over dx and dy.
        transforms: from data units to the network's.
        events: `[T, 3]`, T at least 1, in data units.
        text: what the drawing says, for a network that is conditioned.

    Raises:
        UserError: if network, text and events do not fit together.
    """
    schema = network.schema
    inputs, lengths = _inputs(network, transforms, events)
    block, columns, start = _mixture_block(network)
    given = _context(network, text)
    params, _ = network(inputs, lengths=lengths, **({"context": given[0]} if given else {}))
    own = tf.cast(params[0, :, start : start + block.params_size], tf.float32)
    mixture = block.distribution(own)
    loc, log_scale, atanh_correlation = _components(mixture.components_distribution)
    logits = mixture.mixture_distribution.logits.numpy().astype(np.float64)

    # What the transforms do to the two columns, from three events: an affine map a column.
    probes = np.zeros([3, len(schema)], np.float32)
    probes[1:, columns] = [[1.0], [2.0]]
    zero, one, two = transforms.inverse(probes)[:, columns].astype(np.float64)
    slope = one - zero
    if not np.allclose(two - one, slope, rtol=1e-4) or not (slope > 0).all():
        raise UserError("transforms that only shift and scale dx and dy", "others")
    offsets = np.asarray(events, np.float64)[:, columns]
    quanta = [schema.features[column].quantum or 0.0 for column in columns]
    reached = np.cumsum(offsets, axis=0)
    origins = reached - offsets
    return NextPoints(
        points=reached + 0.5 * np.array(quanta),
        log_weights=logits - log_sum_exp(logits)[:, None],
        loc=origins[:, None] + zero + loc * slope,
        log_scale=log_scale + np.log(slope),
        atanh_correlation=atanh_correlation,
    )


def alignment(network: Any, transforms: Any, events: np.ndarray, text: str) -> Alignment:
    """Where the window of a conditioned network stands while it is shown a line and its text.

    Args:
        network: a conditioned network, e.g. `SynthesisNetwork`.
        transforms: from data units to the network's.
        events: `[T, 3]`, T at least 1, in data units.
        text: what the line says.

    Raises:
        UserError: if network, text and events do not fit together.
    """
    inputs, lengths = _inputs(network, transforms, events)
    given = _context(network, text)
    if given is None:
        raise UserError("a network that reads a text", "one that does not", "name another model")
    context, known = given
    weights = network.window(inputs, context, lengths)[0].numpy()
    return Alignment(weights[:, : len(known)], known)


def _inputs(network: Any, transforms: Any, events: np.ndarray) -> tuple[tf.Tensor, tf.Tensor]:
    """A batch of one: the network's inputs `[1, T, F]` and the length `[1]`."""
    schema, events = network.schema, np.asarray(events, np.float32)
    if events.ndim != 2 or events.shape[1] != len(schema) or not len(events):
        raise UserError(f"rows of {', '.join(schema.names)}", f"shape {list(events.shape)}")
    if not np.isfinite(events).all():
        raise UserError("finite events", "others")
    lengths, ends = tf.constant([len(events)]), tf.constant([True])
    seeds = tf.zeros([1, 2], tf.int32)
    forced = teacher_forcing(events[None], lengths, ends, schema, transforms, seeds)
    return forced.inputs, lengths


def _context(network: Any, text: str | None) -> tuple[Any, str] | None:
    """What the network reads and the characters of it that it knows; None if it reads nothing."""
    if not getattr(network, "conditioned", False):
        if text:
            raise UserError("no text for a network that reads none", repr(text))
        return None
    text = unicodedata.normalize("NFC", text or "")
    known = "".join(character for character in text if character in network.alphabet)
    if not known:
        raise UserError("a text with characters that the network knows", repr(text))
    return network.encode(tf.constant([known])), known


def _mixture_block(network: Any) -> tuple[Any, list[int], int]:
    """The head of dx and dy, their columns in the schema, and where its parameters begin."""
    schema, start = network.schema, 0
    predicted = schema.columns(predicted=True)
    for places, block in network.head.blocks:
        columns = [predicted[place] for place in places]
        names = [schema.names[column] for column in columns]
        if isinstance(block, GaussianMixture) and names == ["dx", "dy"]:
            return block, columns, start
        start += block.params_size
    heads = ", ".join(type(block).__name__ for _, block in network.head.blocks)
    raise UserError(
        "a network of strokes, with one mixture of Gaussians over dx and dy",
        f"{heads} over {', '.join(schema.names)}",
    )


def _components(components: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Means, log standard deviations `[T, M, 2]` and atanh correlations `[T, M]`, float64."""
    loc = components.loc.numpy().astype(np.float64)
    if hasattr(components, "atanh_correlation"):
        log_scale = components.log_scale.numpy().astype(np.float64)
        return loc, log_scale, components.atanh_correlation.numpy().astype(np.float64)
    log_scale = np.log(components.stddev().numpy().astype(np.float64))
    return loc, log_scale, np.zeros(loc.shape[:-1])
