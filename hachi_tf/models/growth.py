"""The weights of a network of text in one that knows more characters."""

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.schema import Schema

# The most probability that all new characters have together, whatever came before: at most so
# many nats a character are lost on a text without them.
_NEW_PROBABILITY = 5e-4


def is_grown(schema: Schema, old: Schema) -> bool:
    """Whether a schema is one of text that has all classes of another, and maybe an end."""
    if schema.text_unit is None or schema.text_unit != old.text_unit:
        return False
    return set(old.features[0].classes) <= set(schema.features[0].classes)


def grown_inputs(kernel: np.ndarray, old: np.ndarray, schema: Schema, before: Schema) -> np.ndarray:
    """The kernel of a recurrent layer whose first inputs are one-hot classes.

    Args:
        kernel: `[K + H, U]` of the new network; the rows of new classes are taken from it.
        old: `[L + H, U]`, of the network that knew L classes.
        schema: of the new network, with K classes.
        before: of the old one.
    """
    places, known, _ = _places(schema, before)
    inputs, old_inputs = len(schema.features[0].classes), len(before.features[0].classes)
    grown = np.array(kernel)
    grown[places], grown[inputs:] = old[known], old[old_inputs:]
    return grown


def grown_outputs(
    values: np.ndarray, old: np.ndarray, schema: Schema, before: Schema
) -> np.ndarray:
    """The output layer's kernel or bias for a softmax over classes and, if there is one, an end.

    The logit of a new class is the mean of the old ones' less a constant. Since a mean of logits
    is at most the logarithm of the mean of their exponentials, that bounds the probability which
    new classes can take from the old ones.

    Args:
        values: `[..., P]`, of the new network; that of an end is taken from it if the old network
            had none.
        old: `[..., Q]`, of the old one.
        schema: of the new network.
        before: of the old one.
    """
    places, known, new = _places(schema, before)
    grown = np.array(values)
    grown[..., places] = old[..., known]
    if len(new):
        grown[..., new] = old[..., known].mean(axis=-1, keepdims=True)
        if grown.ndim == 1:  # the bias
            grown[new] += np.log(_NEW_PROBABILITY * len(known) / len(new))
    if schema.end_of_sequence and before.end_of_sequence:
        grown[..., -1] = old[..., -1]
    return grown


def _places(schema: Schema, before: Schema) -> tuple[list[int], list[int], list[int]]:
    """Of the old classes the places among the new ones, and their own; the places of new ones."""
    if not is_grown(schema, before):
        raise UserError("a network with all the characters of the other", "one that lacks some")
    index = {name: place for place, name in enumerate(schema.features[0].classes)}
    old = before.features[0].classes
    places = [index[name] for name in old]
    return places, list(range(len(old))), sorted(set(index.values()) - set(places))
