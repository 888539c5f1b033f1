"""Draws and scores texts: a sampler whose events are characters or bytes."""

from typing import Any

import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.samplers.manner import Manner
from hachi_tf.samplers.sampler import Sampler
from hachi_tf.samplers.series_sampler import SeriesSampler
from hachi_tf.samplers.text_codec import TextCodec
from hachi_tf.schema import Schema
from hachi_tf.transforms import Transform


class TextSampler(Sampler):
    """The functions behind a text model's signatures: as a `Sampler`'s, with texts.

    They return dictionaries: what a `Sampler` returns, and the text in `text`, or in `text_bytes`
    of a model of bytes.

    Args:
        network: a built network that reads no other text.
        transforms: from data units to the network's.
        schema: the columns, with a `text_unit`.
        max_steps: the most characters or bytes that one call draws for a row.

    Raises:
        UserError: if the head cannot leave out unlikely classes.
    """

    def __init__(self, network: Any, transforms: Transform, schema: Schema, max_steps: int):
        super().__init__(network, transforms, schema, max_steps)
        if not self.head.truncates:
            raise UserError("a head for texts that takes top_k and top_p", type(self.head).__name__)
        self.codec = TextCodec(schema)

    def sample(self, seed, num_steps, bias, temperature, top_k, top_p, state=None):
        """See `Sampler.sample`."""
        drawn = super().sample(seed, num_steps, bias, temperature, state, top_k=top_k, top_p=top_p)
        return {
            **drawn._asdict(),
            self.codec.output: self.codec.encode(drawn.events, drawn.lengths),
        }

    def sample_primed(self, prime_text, seed, num_steps, bias, temperature, top_k, top_p):
        """Draws what follows given texts.

        Args:
            prime_text: string `[B]`; of characters UTF-8 in normal form C.
            seed: as for `Sampler.sample`, as are all that follow.
            num_steps: int32 `[B]`.
            bias: float32 `[B]`.
            temperature: float32 `[B]`.
            top_k: int32 `[B]`.
            top_p: float32 `[B]`.

        Returns:
            As `sample`, without the prime, and `num_unknown` int32 `[B]`: what of the prime was
            left out, since the model lacks it or it is no UTF-8.
        """
        scored = self.log_prob(prime_text, self.layout.zeros(tf.shape(seed)[0]))
        drawn = self.sample(seed, num_steps, bias, temperature, top_k, top_p, scored["state"])
        return drawn | {"num_unknown": scored["num_unknown"]}

    def step(self, seed, event, has_event, bias, temperature, top_k, top_p, state):
        """See `Sampler.step`; events are indices of classes, the text is empty without one."""
        manner = Manner(bias, temperature, top_k, top_p)
        stepped, drew = self._step(seed, event, has_event, manner, state, self._read())
        text = self.codec.encode(stepped.event[:, tf.newaxis], tf.cast(drew, tf.int32))
        return stepped._asdict() | {self.codec.output: text}

    def log_prob(self, text, state, ended=None):
        """Scores texts.

        Args:
            text: string `[B]`, as the prime of `sample_primed`.
            state: float32 `[B, S]`, zeros if the texts are a sequence's beginning.
            ended: bool `[B]`, where sequences have a learned end: whether they end so.

        Returns:
            `log_prob` float32 `[B]` and `step_log_prob` float32 `[B, T]` in nats, `state` float32
            `[B, S]`, and `lengths` and `num_unknown`, int32 `[B]`: what was scored, and what was
            left out as in `sample_primed`.
        """
        events, lengths, num_unknown = self.codec.decode(text)
        if ended is None and self.schema.end_of_sequence:
            ended = tf.zeros_like(lengths, tf.bool)
        scored = super().log_prob(events, lengths, state, ended)
        return scored._asdict() | {"lengths": lengths, "num_unknown": num_unknown}


def make_sampler(
    network: Any, transforms: Transform, schema: Schema, max_steps: int, **options: Any
) -> Sampler:
    """The sampler for a network: a `TextSampler` for a text model, a `SeriesSampler` for series.

    Args:
        network: a built network.
        transforms: from data units to the network's.
        schema: the columns.
        max_steps: the most events that one call draws for a row.
        **options: what else `Sampler` takes; models of texts and of series have none of it.

    Raises:
        UserError: if an option is not for the network.
    """
    is_series = bool(schema.known or transforms.state_size)
    given = [name for name, value in options.items() if value]
    if is_series and given:
        raise UserError("no styles and no fixed columns with a model of series", given[0])
    if is_series:
        return SeriesSampler(network, transforms, schema, max_steps)
    if schema.text_unit is not None and not network.conditioned:
        if given:
            raise UserError("no styles and no fixed columns with a model of text", given[0])
        return TextSampler(network, transforms, schema, max_steps)
    return Sampler(network, transforms, schema, max_steps, **options)
