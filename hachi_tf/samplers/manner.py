"""How events are drawn: neatness, temperature, and which classes are left out."""

from typing import Any, NamedTuple

import tensorflow as tf


class Manner(NamedTuple):
    """The settings of a batch of samples.

    Attributes:
        bias: float32 `[B]`; 0 is unbiased, more is neater (Graves 2013, section 5.4).
        temperature: float32 `[B]`; 1 is unchanged, 0 takes the likeliest.
        top_k: int32 `[B]`, how many of the likeliest classes of a step may be drawn; below 1
            for all. None, as the next, where nothing is left out.
        top_p: float32 `[B]` in (0, 1], the share of the probability that the likeliest classes
            of a step must have to be all that may be drawn; 1 for all.
    """

    bias: Any
    temperature: Any
    top_k: Any = None
    top_p: Any = None

    def valid(self) -> tf.Tensor:
        """Which rows can be drawn, bool `[B]`.

        Bias and temperature are finite and the temperature is not negative, and `top_p` is in
        its range.
        """
        valid = tf.math.is_finite(self.bias) & tf.math.is_finite(self.temperature)
        valid &= self.temperature >= 0.0
        if self.top_p is not None:
            valid &= (self.top_p > 0.0) & (self.top_p <= 1.0)
        return valid

    def repaired(self) -> "Manner":
        """The same, with settings that are no trouble in the rows that are not valid."""
        valid = self.valid()
        top_p = None if self.top_p is None else tf.where(valid, self.top_p, 1.0)
        return Manner(
            tf.where(valid, self.bias, 0.0),
            tf.where(valid, self.temperature, 1.0),
            self.top_k,
            top_p,
        )

    def for_head(self) -> dict[str, tf.Tensor]:
        """The arguments of `Head.sample`."""
        return {name: value for name, value in self._asdict().items() if value is not None}
