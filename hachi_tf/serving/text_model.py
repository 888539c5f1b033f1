"""A model of text for people: strings in and out."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from hachi_tf.alphabet import Alphabet
from hachi_tf.errors import UserError
from hachi_tf.serving import arguments
from hachi_tf.serving.model import Model
from hachi_tf.serving.results import Samples, Scores, Step
from hachi_tf.serving.streams import CHUNK, Pieces, streams

# Bytes of a prime that are read at once; more take much memory.
_LONG_PRIME = 20_000
_STEP = ("event", "state", "ended", "params")


class TextModel(Model):
    """Samples, scores and steps of a model whose events are characters, or bytes.

    As a `Model`, but with texts for events: `str`, normalized to NFC, or of a model of bytes
    `bytes`; there a `str` stands for its UTF-8.

    Args:
        *args: as for `Model`.

    Attributes:
        unit: `"char"` or `"byte"`.
        characters: the characters that it knows, None of a model of bytes.
    """

    def __init__(self, *args: Any):
        super().__init__(*args)
        self.unit = self.schema.text_unit
        classes = "".join(self.schema.features[0].classes)
        self.characters = Alphabet(classes) if self.unit == "char" else None

    def sample(
        self,
        num_samples: int = 1,
        num_steps: int | Sequence[int] | None = None,
        bias: float | Sequence[float] = 0.0,
        temperature: float | Sequence[float] = 1.0,
        seed: int | np.ndarray | None = None,
        prime_text: str | bytes | Sequence[str] | Sequence[bytes] = "",
        top_k: int | Sequence[int] = 0,
        top_p: float | Sequence[float] = 1.0,
    ) -> Samples:
        """Draws texts.

        Args:
            num_samples: B, how many.
            num_steps: the most characters or bytes of a text, as for `Model.sample`, as are the
                next three.
            bias: has no effect on a text.
            temperature: 1 is unchanged, 0 takes the likeliest.
            seed: one number, or one pair a row.
            prime_text: what goes before, one text or one a row; it is not part of what is
                returned, and what of it the model lacks is left out.
            top_k: only so many of the likeliest characters may be drawn, 0 for all; one number or
                one a row.
            top_p: only the likeliest characters that together have this probability may be drawn
                (Holtzman et al. 2019), 1 for all; one number or one a row.

        Returns:
            A `Samples` with `texts`.

        Raises:
            UserError: if an argument is out of range or its shape does not fit.
        """
        if not isinstance(num_samples, (int, np.integer)) or num_samples < 1:
            raise UserError("a number of samples of at least 1", repr(num_samples))
        inputs = self._settings(num_samples, num_steps, bias, temperature, seed)
        inputs |= self._truncation(num_samples, top_k, top_p)
        if isinstance(prime_text, (str, bytes)) and not prime_text:
            return self._samples("sample", inputs)
        primes = arguments.unit_texts("prime_text", prime_text, num_samples, self.unit)
        if max(map(len, primes)) <= _LONG_PRIME:
            return self._samples("sample_primed", inputs | {"prime_text": primes})
        state, unknown = self._read(primes)
        drawn = self._samples("continue", inputs | {"state": state})
        return dataclasses.replace(drawn, num_unknown=unknown)

    def continue_(
        self,
        state: np.ndarray,
        num_steps: int | Sequence[int] | None = None,
        bias: float | Sequence[float] = 0.0,
        temperature: float | Sequence[float] = 1.0,
        seed: int | np.ndarray | None = None,
        top_k: int | Sequence[int] = 0,
        top_p: float | Sequence[float] = 1.0,
    ) -> Samples:
        """Goes on from a state; with the seed of the first call, chunks joined equal one sample.

        Args:
            state: float32 `[B, S]` as an earlier call returned it.
            num_steps: as for `sample`, as are all that follow.
            bias: has no effect on a text.
            temperature: 1 is unchanged.
            seed: one number, or one pair a row.
            top_k: 0 for all characters.
            top_p: 1 for all characters.

        Raises:
            UserError: if an argument is out of range or its shape does not fit.
        """
        state = self._state(state)
        inputs = self._settings(len(state), num_steps, bias, temperature, seed)
        inputs |= self._truncation(len(state), top_k, top_p)
        return self._samples("continue", inputs | {"state": state})

    def step(
        self,
        state: np.ndarray | None = None,
        event: np.ndarray | None = None,
        bias: float | Sequence[float] = 0.0,
        temperature: float | Sequence[float] = 1.0,
        seed: int | np.ndarray | None = None,
        top_k: int | Sequence[int] = 0,
        top_p: float | Sequence[float] = 1.0,
    ) -> Step:
        """Draws one character or byte a row.

        Args:
            state: as for `Model.step`.
            event: indices of classes `[B, 1]` in place of the last ones, as for `Model.step`.
            bias: as for `sample`, as are all that follow.
            temperature: 1 is unchanged.
            seed: one number, or one pair a row.
            top_k: 0 for all characters.
            top_p: 1 for all characters.

        Returns:
            A `Step` with `texts`.

        Raises:
            UserError: if an argument is out of range or its shape does not fit.
        """
        inputs = self._step_inputs(state, event, bias, temperature, seed)
        inputs |= self._truncation(len(inputs["state"]), top_k, top_p)
        out = self.call("step", inputs)
        return Step(texts=self._drawn_texts(out), **{name: out[name] for name in _STEP})

    def log_prob(
        self,
        text: str | bytes | Sequence[str] | Sequence[bytes],
        state: np.ndarray | None = None,
        ended: bool | Sequence[bool] = True,
    ) -> Scores:
        """Scores texts, without what the model lacks in them.

        Args:
            text: one text, or a sequence of them.
            state: float32 `[B, S]` that they go on from, the beginning by default.
            ended: whether each text is a whole one, rather than going on; read where the model
                has learned the end of a text.

        Returns:
            A `Scores` with `num_unknown`.

        Raises:
            UserError: if a shape does not fit.
        """
        rows = 1 if isinstance(text, (str, bytes)) else len(text)
        if state is None:
            state = np.zeros([rows, self.state_size], np.float32)
        inputs = {
            "text": arguments.unit_texts("text", text, rows, self.unit),
            "state": self._state(state, rows),
        }
        if self.schema.end_of_sequence:
            inputs["ended"] = arguments.per_row("ended", np.asarray(ended, bool), rows)
        out = self.call("log_prob", inputs)
        pairs = zip(out["step_log_prob"], out["lengths"], strict=True)
        steps = [row[:length] for row, length in pairs]
        return Scores(out["log_prob"], steps, out["state"], out["num_unknown"])

    def stream(
        self,
        prime_text: str | bytes = "",
        num_steps: int | None = None,
        temperature: float = 1.0,
        seed: int | np.ndarray | None = None,
        top_k: int = 0,
        top_p: float = 1.0,
        stop: str | Sequence[str] = (),
        chunk: int = CHUNK,
    ) -> Iterator[str]:
        """Draws one text and yields pieces of it as they are drawn.

        Joined they are what `sample` draws from the same seed, up to the first stop string. Of a
        model of bytes, bytes that are no UTF-8 become U+FFFD.

        Args:
            prime_text: as for `sample`; it is not part of what is yielded.
            num_steps: the most characters or bytes, also more than `max_steps`; by default there
                is no end but that which the model has learned.
            temperature: as for `sample`, as are the next three.
            seed: one number, or the row's own seed int32 `[1, 2]`.
            top_k: 0 for all characters.
            top_p: 1 for all characters.
            stop: the text ends before the first of these strings that was drawn.
            chunk: how many characters or bytes are drawn at a time.

        Raises:
            UserError: if an argument is out of range.
        """
        settings = {"temperature": temperature, "seed": seed, "top_k": top_k, "top_p": top_p}
        drawn = self.streams(1, prime_text, num_steps, stop, chunk, **settings)
        return (piece for each in drawn for piece in each.pieces if piece)

    def streams(self, num_samples: int = 1, *given: Any, **settings: Any) -> Iterator[Pieces]:
        """Draws several texts side by side, see `hachi_tf.serving.streams.streams`."""
        return streams(self, num_samples, *given, **settings)

    def _read(self, primes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The state after long primes, read in parts, and how much was left out of each."""
        state, unknown = None, np.zeros(len(primes), np.int32)
        if self.unit == "char":
            primes = [prime.decode("utf-8", "surrogatepass") for prime in primes]
        for begin in range(0, max(map(len, primes)), _LONG_PRIME):
            parts = [prime[begin : begin + _LONG_PRIME] for prime in primes]
            scores = self.log_prob(parts, state, ended=False)
            state, unknown = scores.state, unknown + scores.num_unknown
        return state, unknown

    def _samples(self, name: str, inputs: dict[str, np.ndarray]) -> Samples:
        out = self.call(name, inputs)
        pairs = zip(out["events"], out["lengths"], strict=True)
        return Samples(
            [row[:length] for row, length in pairs],
            out["ended"],
            out["state"],
            inputs["seed"],
            num_unknown=out.get("num_unknown"),
            texts=self._drawn_texts(out),
        )

    def _drawn_texts(self, out: dict[str, np.ndarray]) -> list[str] | list[bytes]:
        if self.unit == "byte":
            return list(out["text_bytes"])
        return [each.decode() for each in out["text"]]

    def _truncation(self, rows: int, top_k: Any, top_p: Any) -> dict[str, np.ndarray]:
        return {"top_k": arguments.top_k(top_k, rows), "top_p": arguments.top_p(top_p, rows)}
