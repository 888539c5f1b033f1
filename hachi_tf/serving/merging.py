"""Several requests' arrays as one call's, and its answer back to each of them.

At one number of rows, what a row gets does not depend on the other rows; between numbers of rows
matrix kernels round differently, but not, as tests check, between multiples of `ROW_UNIT`. Sums
over steps round differently too where there are more steps, so that only requests with as many
events given are merged; how many are to be drawn does not matter.
"""

from collections.abc import Hashable, Sequence

import numpy as np

from hachi_tf.serving.servable import Signature

ROW_UNIT = 16
_GIVEN = ("events", "prime", "known")  # inputs that have steps


def padded_rows(rows: int) -> int:
    """The number of rows that a merged call of so many rows has."""
    return -(-max(rows, 1) // ROW_UNIT) * ROW_UNIT


def count_rows(inputs: dict[str, np.ndarray]) -> int:
    """B of a request."""
    return len(next(iter(inputs.values())))


def count_steps(inputs: dict[str, np.ndarray], max_steps: int) -> int:
    """T: the most events that a request makes a row take, or bytes of a text if those are more.

    Args:
        inputs: of any signature.
        max_steps: the most events that the export draws.
    """
    steps = 1
    if "num_steps" in inputs:
        steps = max(steps, min(int(inputs["num_steps"].max(initial=0)), max_steps))
    return max(steps, given_steps(inputs))


def given_steps(inputs: dict[str, np.ndarray]) -> int:
    """The most events, or bytes of a text, that a row of a request holds."""
    steps = [inputs[name].shape[1] for name in _GIVEN if name in inputs]
    for value in inputs.values():
        if value.dtype == object:
            steps.append(max(map(len, value.flat), default=0))
    return max(steps, default=0)


def kind(inputs: dict[str, np.ndarray]) -> Hashable:
    """What requests of a signature must have in common to be merged; None if nothing will do."""
    if not {"events", "num_steps", "event"} & set(inputs):
        return None  # a text's own steps are summed over, and how many they are the graph knows
    return tuple(inputs[name].shape[1] for name in _GIVEN if name in inputs)


def merge(
    requests: Sequence[dict[str, np.ndarray]], signature: Signature, rows: int
) -> dict[str, np.ndarray]:
    """One call's inputs.

    Args:
        requests: arrays by name, of each request; all of one kind.
        signature: whose they are.
        rows: the number of rows wanted, at least all of theirs together.

    Returns:
        The requests' rows one after the other, then rows of zeros.
    """
    merged = {}
    for name, spec in signature.inputs.items():
        values = [each[name] for each in requests]
        blank = b"" if spec.dtype == object else 0
        shape = [rows - sum(map(len, values)), *values[0].shape[1:]]
        merged[name] = np.concatenate([*values, np.full(shape, blank, spec.dtype)])
    return merged


def split(
    outputs: dict[str, np.ndarray],
    requests: Sequence[dict[str, np.ndarray]],
    signature: Signature,
    max_steps: int,
) -> list[dict[str, np.ndarray]]:
    """Each request's own part of a call's outputs.

    Args:
        outputs: the call's.
        requests: as `merge` took them.
        signature: whose they are.
        max_steps: the most events that the export draws.

    Returns:
        A request's rows, with the steps that it would have had alone; where a text limits
        these, as many as its longest row has.
    """
    parts, start = [], 0
    for inputs in requests:
        rows = slice(start, start + count_rows(inputs))
        start = rows.stop
        part = {name: value[rows] for name, value in outputs.items()}
        steps = _own_steps(inputs, part, max_steps)
        for name, spec in signature.outputs.items():
            if spec.has_steps:
                part[name] = part[name][:, :steps]
        parts.append(part)
    return parts


def _own_steps(inputs, part, max_steps):
    if "events" in inputs:
        return inputs["events"].shape[1]
    if "text" in inputs or "num_steps" not in inputs:
        return int(part["lengths"].max(initial=0)) if "lengths" in part else None
    return int(np.clip(inputs["num_steps"].max(initial=0), 0, max_steps))
