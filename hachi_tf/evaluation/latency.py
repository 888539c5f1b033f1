"""How long a live step takes."""

import time
from typing import Any

import numpy as np

_SEED = 1
_FEWEST, _ENOUGH_S = 100, 10.0  # steps, after which it ends when so much time has passed


def measure_latency(model: Any, num_steps: int = 500, text: str | None = None) -> dict[str, Any]:
    """Times steps of one sequence, each of which takes in the event before it, as played live.

    Args:
        model: a `Model`.
        num_steps: the most steps that are timed after the first; fewer if they take long.
        text: what a model that reads a text writes.

    Returns:
        For JSON: `first_step_ms`, and over the others `p50_ms`, `p99_ms` and `max_ms`.
    """
    more: dict[str, Any] = {} if text is None else {"text": text}
    if model.schema.known:
        more["known"] = np.zeros([1, len(model.schema.known)], np.float32)
    state = event = None
    seconds: list[float] = []
    begin = time.perf_counter()
    while len(seconds) <= num_steps:
        start = time.perf_counter()
        if len(seconds) > _FEWEST and start - begin > _ENOUGH_S:
            break
        step = model.step(state, event, seed=_SEED, **more)
        seconds.append(time.perf_counter() - start)
        # An event that ended the sequence, or is missing, would not be played live.
        playable = not step.ended[0] and np.isfinite(step.event).all()
        state, event = (step.state, step.event) if playable else (None, None)
    first, *others = 1e3 * np.array(seconds)
    p50, p99 = np.percentile(others, [50, 99])
    figures = {"first_step_ms": first, "p50_ms": p50, "p99_ms": p99, "max_ms": max(others)}
    shown = {key: round(float(each), 4) for key, each in figures.items()}
    return {"steps": len(others), **shown}
