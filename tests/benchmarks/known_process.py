"""A process of mixed columns whose conditional density is known in closed form."""

import math

import numpy as np

from hachi_tf.schema import Feature, Schema

SCHEMA = Schema(
    (
        Feature("x"),
        Feature("y"),
        Feature("accent", "binary"),
        Feature("voice", "categorical", classes=("a", "b", "c")),
    )
)
LENGTH = 64  # events a sequence

# Of the next voice by the last one, before the first event "a".
_NEXT = np.array([[0.1, 0.6, 0.3], [0.5, 0.1, 0.4], [0.3, 0.5, 0.2]])
_ACCENT = np.array([0.9, 0.2, 0.5])
# Given the voice, (x, y) is Gaussian about `_TURN (x, y) before + _LOC`, with factor `_FACTOR`.
_TURN = np.array([[0.5, -0.4], [0.4, 0.5]])
_LOC = np.array([[1.0, 0.5], [-1.0, 0.5], [0.0, -1.0]])
_FACTOR = np.array([[[0.5, 0.0], [0.4, 0.2]], [[0.3, 0.0], [-0.3, 0.3]], [[0.2, 0.0], [0.1, 0.6]]])


def draw(count: int, seed: int) -> np.ndarray:
    """Sequences `[count, LENGTH, 4]`, float64, of the columns of `SCHEMA`."""
    generator = np.random.default_rng(seed)
    events = np.zeros((count, LENGTH, 4))
    point, voice = np.zeros((count, 2)), np.zeros(count, int)
    for t in range(LENGTH):
        chances = np.cumsum(_NEXT[voice], axis=1)
        voice = (generator.random((count, 1)) > chances).sum(1)
        normal = generator.normal(size=(count, 2))
        point = point @ _TURN.T + _LOC[voice] + np.einsum("nij,nj->ni", _FACTOR[voice], normal)
        accent = generator.random(count) < _ACCENT[voice]
        events[:, t] = np.column_stack([point, accent, voice])
    return events


def log_prob(events: np.ndarray) -> np.ndarray:
    """The log density of each event given those before it, `[N, T, 4] -> [N, T]`, in nats."""
    before = np.concatenate([np.zeros_like(events[:, :1]), events[:, :-1]], axis=1)
    voice, last = events[..., 3].astype(int), before[..., 3].astype(int)
    away = events[..., :2] - before[..., :2] @ _TURN.T - _LOC[voice]
    normal = np.linalg.solve(_FACTOR[voice], away[..., None])[..., 0]
    gaussian = -0.5 * (normal**2).sum(-1) - math.log(2 * math.pi) - _log_scale()[voice]
    chance = _ACCENT[voice]
    accent = np.where(events[..., 2] > 0, chance, 1 - chance)
    return np.log(_NEXT[last, voice]) + np.log(accent) + gaussian


def entropy() -> float:
    """The expected nats an event of the true density, over the events of a sequence."""
    transition = -(_NEXT * np.log(_NEXT)).sum(1)
    accent = -(_ACCENT * np.log(_ACCENT) + (1 - _ACCENT) * np.log(1 - _ACCENT))
    own = accent + 1 + math.log(2 * math.pi) + _log_scale()
    share, total = np.eye(3)[0], 0.0
    for _ in range(LENGTH):
        total += share @ transition
        share = share @ _NEXT
        total += share @ own
    return total / LENGTH


def _log_scale() -> np.ndarray:
    return np.log(_FACTOR[:, 0, 0] * _FACTOR[:, 1, 1])
