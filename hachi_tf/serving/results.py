"""What a model returns: NumPy arrays, one sequence a row."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Samples:
    """Drawn sequences.

    Attributes:
        events: one float32 array `[T, F]` in data units a sequence.
        ended: bool `[B]`, whether the sequence has ended, rather than reached its steps.
        state: float32 `[B, S]`, with which `continue_` and `step` go on.
        seed: int32 `[B, 2]`, which draws them again.
        complete: bool `[B]`, whether the sequence has ended and no character of its text was
            skipped; None, as are the next two, of a model that reads no text.
        position: one float32 array `[T]` a sequence, the centre of the window over the text in
            characters, 1 for the first one.
        num_unknown: int32 `[B]`, characters that were left out since the model lacks them; of a
            model of text, those of the prime, None without one.
        texts: what a model of text drew, one `str` a sequence, or `bytes` of a model of bytes;
            None of other models.
    """

    events: list[np.ndarray]
    ended: np.ndarray
    state: np.ndarray
    seed: np.ndarray
    complete: np.ndarray | None = None
    position: list[np.ndarray] | None = None
    num_unknown: np.ndarray | None = None
    texts: list[str] | list[bytes] | None = None


@dataclasses.dataclass(frozen=True)
class Scores:
    """Scored sequences, in nats, of densities in data units.

    Attributes:
        log_prob: float32 `[B]`, the sum over each sequence.
        step_log_prob: one float32 array `[T]` a sequence, of each event.
        state: float32 `[B, S]`, with which `continue_`, `step` and `log_prob` go on.
        num_unknown: int32 `[B]`, characters or bytes of a text that were left out since the model
            of text lacks them; None of other models.
    """

    log_prob: np.ndarray
    step_log_prob: list[np.ndarray]
    state: np.ndarray
    num_unknown: np.ndarray | None = None


@dataclasses.dataclass(frozen=True)
class Step:
    """One drawn event a row.

    Attributes:
        event: float32 `[B, F]` in data units.
        state: float32 `[B, S]`, for the next step.
        ended: bool `[B]`, whether the sequence has ended.
        params: float32 `[B, P]`, the head's parameters that the event was drawn from.
        texts: the character or byte that a model of text drew, empty where it drew none, a row;
            None of other models.
    """

    event: np.ndarray
    state: np.ndarray
    ended: np.ndarray
    params: np.ndarray
    texts: list[str] | list[bytes] | None = None
