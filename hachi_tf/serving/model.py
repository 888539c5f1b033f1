"""A model for people: samples, scores and steps, with NumPy arrays in and out."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.schema import Schema
from hachi_tf.serving import arguments


@dataclasses.dataclass(frozen=True)
class Samples:
    """Drawn sequences.

    Attributes:
        events: one float32 array `[T, F]` in data units a sequence.
        ended: bool `[B]`, whether the sequence has ended, rather than reached its steps.
        state: float32 `[B, S]`, with which `continue_` and `step` go on.
        seed: int32 `[B, 2]`, which draws them again.
    """

    events: list[np.ndarray]
    ended: np.ndarray
    state: np.ndarray
    seed: np.ndarray


@dataclasses.dataclass(frozen=True)
class Scores:
    """Scored sequences, in nats, of densities in data units.

    Attributes:
        log_prob: float32 `[B]`, the sum over each sequence.
        step_log_prob: one float32 array `[T]` a sequence, of each event.
        state: float32 `[B, S]`, with which `continue_`, `step` and `log_prob` go on.
    """

    log_prob: np.ndarray
    step_log_prob: list[np.ndarray]
    state: np.ndarray


@dataclasses.dataclass(frozen=True)
class Step:
    """One drawn event a row.

    Attributes:
        event: float32 `[B, F]` in data units.
        state: float32 `[B, S]`, for the next step.
        ended: bool `[B]`, whether the sequence has ended.
        params: float32 `[B, P]`, the head's parameters that the event was drawn from.
    """

    event: np.ndarray
    state: np.ndarray
    ended: np.ndarray
    params: np.ndarray


class Model:
    """Samples, scores and steps through signatures.

    Args:
        schema: the columns.
        signatures: by name, functions of named tensors that return named tensors, as
            `hachi_tf.serving.signatures.make_signatures` makes them.
        max_steps: the most events that one call draws for a row.
        state_size: S.
    """

    def __init__(
        self, schema: Schema, signatures: dict[str, Callable], max_steps: int, state_size: int
    ):
        self.schema, self.signatures = schema, signatures
        self.max_steps, self.state_size = max_steps, state_size

    def sample(
        self,
        num_samples: int = 1,
        num_steps: int | Sequence[int] | None = None,
        bias: float | Sequence[float] = 0.0,
        temperature: float | Sequence[float] = 1.0,
        seed: int | np.ndarray | None = None,
        prime: np.ndarray | Sequence[np.ndarray] | None = None,
    ) -> Samples:
        """Draws sequences from the beginning.

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

        Returns:
            A `Samples`.

        Raises:
            UserError: if an argument is out of range or its shape does not fit.
        """
        if not isinstance(num_samples, (int, np.integer)) or num_samples < 1:
            raise UserError("a number of samples of at least 1", repr(num_samples))
        inputs = self._settings(num_samples, num_steps, bias, temperature, seed)
        if prime is None:
            return self._samples("sample", inputs)
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
    ) -> Samples:
        """Goes on from a state; with the seed of the first call, chunks joined equal one sample.

        Args:
            state: float32 `[B, S]` as an earlier call returned it.
            num_steps: as for `sample`.
            bias: as for `sample`.
            temperature: as for `sample`.
            seed: as for `sample`.

        Returns:
            A `Samples`.

        Raises:
            UserError: if an argument is out of range or its shape does not fit.
        """
        state = self._state(state)
        inputs = self._settings(len(state), num_steps, bias, temperature, seed)
        return self._samples("continue", inputs | {"state": state})

    def step(
        self,
        state: np.ndarray | None = None,
        event: np.ndarray | None = None,
        bias: float | Sequence[float] = 0.0,
        temperature: float | Sequence[float] = 1.0,
        seed: int | np.ndarray | None = None,
    ) -> Step:
        """Draws one event a row.

        Args:
            state: float32 `[B, S]`, the beginning of one sequence by default.
            event: events `[B, F]` in data units that take the place of the last ones, e.g. what
                a person played; by default the model goes on from its own last event.
            bias: as for `sample`.
            temperature: as for `sample`.
            seed: as for `sample`.

        Returns:
            A `Step`.

        Raises:
            UserError: if an argument is out of range or its shape does not fit.
        """
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
        inputs |= {"state": state, "has_event": np.full(rows, event is not None)}
        return Step(**self._call("step", inputs))

    def log_prob(
        self,
        events: Sequence[np.ndarray],
        state: np.ndarray | None = None,
        ended: bool | Sequence[bool] = True,
    ) -> Scores:
        """Scores sequences.

        Args:
            events: one array `[T, F]` in data units a sequence.
            state: float32 `[B, S]` that they go on from, the beginning by default.
            ended: whether each sequence ends with its last event, rather than going on; read
                where the model has learned the end of a sequence.

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
        out = self._call("log_prob", inputs)
        steps = [row[:length] for row, length in zip(out["step_log_prob"], lengths, strict=True)]
        return Scores(out["log_prob"], steps, out["state"])

    def _call(self, name: str, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        import tensorflow as tf

        tensors = {key: tf.constant(value) for key, value in inputs.items()}
        return {key: value.numpy() for key, value in self.signatures[name](**tensors).items()}

    def _samples(self, name: str, inputs: dict[str, np.ndarray]) -> Samples:
        out = self._call(name, inputs)
        pairs = zip(out["events"], out["lengths"], strict=True)
        events = [row[:length] for row, length in pairs]
        return Samples(events, out["ended"], out["state"], inputs["seed"])

    def _settings(self, rows, num_steps, bias, temperature, seed) -> dict[str, np.ndarray]:
        return {
            "seed": arguments.row_seeds(seed, rows),
            "num_steps": arguments.step_counts(num_steps, rows, self.max_steps),
            "bias": arguments.settings("bias", bias, rows),
            "temperature": arguments.settings("temperature", temperature, rows, low=0.0),
        }

    def _state(self, state: Any, rows: int | None = None) -> np.ndarray:
        return arguments.floats("state", state, (rows, self.state_size))
