"""A model for people: samples, scores and steps, with NumPy arrays in and out."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from hachi_tf.alphabet import Alphabet
from hachi_tf.errors import UserError
from hachi_tf.schema import Schema
from hachi_tf.serving import arguments, column_arguments
from hachi_tf.serving.results import Samples, Scores, Step


class Model:
    """Samples, scores and steps through signatures.

    Args:
        schema: the columns.
        signatures: by name, functions of named tensors that return named tensors, as
            `hachi_tf.serving.signatures.make_signatures` makes them.
        max_steps: the most events that one call draws for a row.
        state_size: S.
        alphabet: the characters that the model can write, or None if it reads no text.
        styles: names of the model's own ways of writing, with the texts of their primes.
        scale: None, or the lines' measures in data units, as `measure_lines` gives them.
        fixable: whether columns may be held fixed while others are drawn.
    """

    def __init__(
        self,
        schema: Schema,
        signatures: dict[str, Callable],
        max_steps: int,
        state_size: int,
        alphabet: Alphabet | None = None,
        styles: dict[str, str] | None = None,
        scale: dict[str, float] | None = None,
        fixable: bool = False,
    ):
        self.schema, self.signatures = schema, signatures
        self.max_steps, self.state_size = max_steps, state_size
        self.alphabet, self.styles, self.scale = alphabet, styles or {}, scale
        self.fixable = fixable
        self.ranges: dict[int, tuple[float, float]] = {}  # of columns by index, where known

    def sample(
        self,
        num_samples: int = 1,
        num_steps: int | Sequence[int] | None = None,
        bias: float | Sequence[float] = 0.0,
        temperature: float | Sequence[float] = 1.0,
        seed: int | np.ndarray | None = None,
        prime: np.ndarray | Sequence[np.ndarray] | None = None,
        text: str | Sequence[str] | None = None,
        prime_text: str | Sequence[str] | None = None,
        style: str | Sequence[str] = "",
        fixed: Mapping[str, Any] | np.ndarray | None = None,
        known: np.ndarray | Sequence[np.ndarray] | None = None,
    ) -> Samples:
        """Draws sequences from the beginning.

        A model that reads a text wants one, leaves out the characters that it lacks, and takes
        no more steps than some times the average of the text's length.

        Args:
            num_samples: B, how many.
            num_steps: the most events of a sequence, one number or one a row; by default as
                many as the export allows.
            bias: 0 is unbiased, more is neater; one number or one a row.
            temperature: 1 is unchanged, 0 takes the likeliest; one number or one a row.
            seed: a number from 0 to 2^32 - 1, from which each row gets a seed of its own, or
                the rows' own seeds int32 `[B, 2]`; drawn if None.
            prime: events `[P, F]` to begin with, or one such array a row; they are not part of
                what is returned.
            text: what to write, one text or one a row, for a model that reads a text.
            prime_text: what the prime says, with what stands between it and `text`, e.g. a
                space; one text or one a row.
            style: the name of one of the model's `styles`, one or one a row; "" for none.
            fixed: columns that are held fixed while the others are drawn given them: values in
                data units, or labels, by the columns' names, one or one a row, e.g.
                `{"channel": "1"}`; or an array `[B, F]`, NaN where a column is free.
            known: of a model with known columns what they are of the events to draw, `[T, K]`, or
                one such array a row.

        Returns:
            A `Samples`.

        Raises:
            UserError: if an argument is out of range or its shape does not fit.
        """
        if not isinstance(num_samples, (int, np.integer)) or num_samples < 1:
            raise UserError("a number of samples of at least 1", repr(num_samples))
        inputs = self._settings(num_samples, num_steps, bias, temperature, seed)
        inputs |= self._texts(num_samples, text=text) | self._fixed(num_samples, fixed)
        inputs |= column_arguments.known(known, self.schema, num_samples, inputs["num_steps"])
        if prime is None:
            return self._samples("sample", inputs | self._styles(num_samples, style))
        if self.alphabet is not None:
            if style != "":
                raise UserError("either a style or a prime", "both")
            inputs |= self._texts(num_samples, prime_text=prime_text)
        alone = isinstance(prime, np.ndarray) and prime.ndim == 2
        primes = [prime] * num_samples if alone else list(prime)
        if len(primes) != num_samples:
            raise UserError(f"one prime, or one for each of {num_samples} rows", str(len(primes)))
        events, lengths = arguments.pad(primes, len(self.schema))
        return self._samples("sample_primed", inputs | {"prime": events, "prime_lengths": lengths})

    def continue_(
        self,
        state: np.ndarray,
        num_steps: int | Sequence[int] | None = None,
        bias: float | Sequence[float] = 0.0,
        temperature: float | Sequence[float] = 1.0,
        seed: int | np.ndarray | None = None,
        text: str | Sequence[str] | None = None,
        style: str | Sequence[str] = "",
        fixed: Mapping[str, Any] | np.ndarray | None = None,
        known: np.ndarray | Sequence[np.ndarray] | None = None,
    ) -> Samples:
        """Goes on from a state; with the seed of the first call, chunks joined equal one sample.

        Args:
            state: float32 `[B, S]` as an earlier call returned it.
            num_steps: as for `sample`.
            bias: as for `sample`.
            temperature: as for `sample`.
            seed: as for `sample`.
            text: the whole text, from its beginning, that the sequence writes.
            style: the style that it was begun with.
            fixed: as for `sample`.
            known: as for `sample`.

        Returns:
            A `Samples`.

        Raises:
            UserError: if an argument is out of range or its shape does not fit.
        """
        state = self._state(state)
        inputs = self._settings(len(state), num_steps, bias, temperature, seed)
        inputs |= self._texts(len(state), text=text) | self._styles(len(state), style)
        inputs |= self._fixed(len(state), fixed)
        inputs |= column_arguments.known(known, self.schema, len(state), inputs["num_steps"])
        return self._samples("continue", inputs | {"state": state})

    def step(
        self,
        state: np.ndarray | None = None,
        event: np.ndarray | None = None,
        bias: float | Sequence[float] = 0.0,
        temperature: float | Sequence[float] = 1.0,
        seed: int | np.ndarray | None = None,
        text: str | Sequence[str] | None = None,
        fixed: Mapping[str, Any] | np.ndarray | None = None,
        known: np.ndarray | None = None,
    ) -> Step:
        """Draws one event a row.

        Args:
            state: float32 `[B, S]`, the beginning of one sequence by default.
            event: events `[B, F]` in data units that take the place of the last ones, e.g. what
                a person played; by default the model goes on from its own last event.
            bias: as for `sample`.
            temperature: as for `sample`.
            seed: as for `sample`.
            text: the whole text that the sequence writes.
            fixed: as for `sample`.
            known: of a model with known columns, those of the events to draw, `[B, K]`.

        Returns:
            A `Step`.

        Raises:
            UserError: if an argument is out of range or its shape does not fit.
        """
        inputs = self._step_inputs(state, event, bias, temperature, seed)
        rows = len(inputs["state"])
        inputs |= self._texts(rows, text=text) | self._fixed(rows, fixed)
        inputs |= column_arguments.known(known, self.schema, rows)
        return Step(**self.call("step", inputs))

    def log_prob(
        self,
        events: Sequence[np.ndarray],
        state: np.ndarray | None = None,
        ended: bool | Sequence[bool] = True,
        text: str | Sequence[str] | None = None,
    ) -> Scores:
        """Scores sequences.

        Args:
            events: one array `[T, F]` in data units a sequence.
            state: float32 `[B, S]` that they go on from, the beginning by default.
            ended: whether each sequence ends with its last event, rather than going on; read
                where the model has learned the end of a sequence.
            text: what each sequence writes.

        Returns:
            A `Scores`.

        Raises:
            UserError: if a shape does not fit.
        """
        rows = len(events)
        padded, lengths = arguments.pad(list(events), len(self.schema))
        if state is None:
            state = np.zeros([rows, self.state_size], np.float32)
        inputs = {"events": padded, "lengths": lengths, "state": self._state(state, rows)}
        if self.schema.end_of_sequence:
            inputs["ended"] = arguments.per_row("ended", np.asarray(ended, bool), rows)
        inputs |= self._texts(rows, text=text)
        out = self.call("log_prob", inputs)
        steps = [row[:length] for row, length in zip(out["step_log_prob"], lengths, strict=True)]
        return Scores(out["log_prob"], steps, out["state"])

    def _step_inputs(self, state, event, bias, temperature, seed) -> dict[str, np.ndarray]:
        """The inputs that `step` has of any model."""
        if state is None:
            state = np.zeros([1 if event is None else len(event), self.state_size], np.float32)
        state = self._state(state)
        rows, columns = len(state), len(self.schema)
        inputs = self._settings(rows, None, bias, temperature, seed)
        del inputs["num_steps"]
        if event is None:
            inputs["event"] = np.zeros([rows, columns], np.float32)
        else:
            inputs["event"] = arguments.floats("event", event, (rows, columns))
        return inputs | {"state": state, "has_event": np.full(rows, event is not None)}

    def call(self, name: str, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Calls a signature as it is: named arrays of its types in and out."""
        import tensorflow as tf

        tensors = {key: tf.constant(value) for key, value in inputs.items()}
        return {key: value.numpy() for key, value in self.signatures[name](**tensors).items()}

    def _samples(self, name: str, inputs: dict[str, np.ndarray]) -> Samples:
        out = self.call(name, inputs)
        pairs = zip(out["events"], out["lengths"], strict=True)
        events = [row[:length] for row, length in pairs]
        drawn = Samples(events, out["ended"], out["state"], inputs["seed"])
        if self.alphabet is None:
            return drawn
        pairs = zip(out["position"], out["lengths"], strict=True)
        return dataclasses.replace(
            drawn,
            complete=out["complete"],
            position=[row[:length] for row, length in pairs],
            num_unknown=out["num_unknown"],
        )

    def _texts(self, rows: int, **texts: Any) -> dict[str, np.ndarray]:
        """Texts `[B]` by the name of their input; nothing of a model that reads none."""
        if self.alphabet is None:
            given = [name for name, value in texts.items() if value not in (None, "")]
            if given:
                raise UserError(f"no {given[0]}: this model reads none", repr(texts[given[0]]))
            return {}
        return {name: arguments.texts(name, value, rows) for name, value in texts.items()}

    def _styles(self, rows: int, style: Any) -> dict[str, np.ndarray]:
        """Names of styles `[B]`, known ones or empty."""
        if self.alphabet is None and style == "":
            return {}
        names = arguments.texts("style", style, rows)
        for name in {each.decode() for each in names} - {"", *self.styles}:
            known = ", ".join(self.styles) or "none: this model has none"
            raise UserError(f"a style of {known}", repr(name))
        return {"style": names}

    def _fixed(self, rows: int, fixed: Any) -> dict[str, np.ndarray]:
        """Fixed values `[B, F]`, NaN where free; nothing of a model that takes none."""
        if self.fixable:
            return {"fixed": column_arguments.fixed(fixed, self.schema, rows)}
        if fixed is None or (isinstance(fixed, Mapping) and not fixed):
            return {}
        raise UserError(
            "no fixed columns: this model takes none",
            ", ".join(map(str, fixed)) if isinstance(fixed, Mapping) else "an array",
            "export a model of events again to hold columns of it fixed",
        )

    def _settings(self, rows, num_steps, bias, temperature, seed) -> dict[str, np.ndarray]:
        return {
            "seed": arguments.row_seeds(seed, rows),
            "num_steps": arguments.step_counts(num_steps, rows, self.max_steps),
            "bias": arguments.settings("bias", bias, rows),
            "temperature": arguments.settings("temperature", temperature, rows, low=0.0),
        }

    def _state(self, state: Any, rows: int | None = None) -> np.ndarray:
        return arguments.floats("state", state, (rows, self.state_size))
