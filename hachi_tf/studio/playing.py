"""Models that the server has loaded, as the package's own helpers want them."""

import asyncio
import dataclasses
from typing import Any

import numpy as np

from hachi_tf.serving.core import Core
from hachi_tf.serving.limits import MOST_DRAWN, MOST_GIVEN
from hachi_tf.serving.merging import count_rows, count_steps, given_steps
from hachi_tf.serving.remote_model import make_model
from hachi_tf.serving.servable import Servable
from hachi_tf.studio.described import renderer_of
from hachi_tf.transforms import transform_from_dict
from hachi_tf.writing.suits import DEFAULT_STEPS


@dataclasses.dataclass(frozen=True)
class Playing:
    """A model that is served.

    Attributes:
        name: of it.
        model: calls what computes, from any thread but the server's own.
        renderer: a key of `DEFAULT_STEPS`.
        metadata: what `hachi.json` holds.
    """

    name: str
    model: Any
    renderer: str
    metadata: dict[str, Any]

    @property
    def trained_on(self) -> dict[str, Any]:
        """What it tells of its data; no path, which an export from elsewhere might name."""
        return {key: each for key, each in self.metadata.get("data", {}).items() if key != "data"}

    def num_steps(self, wanted: int | None) -> int:
        """The most events of a sample that is drawn in one call."""
        return min(wanted or DEFAULT_STEPS[self.renderer], self.model.max_steps)


def join_rows(parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Answers for some rows each as one for all, with zeros where some took fewer steps."""
    joined = {}
    for name in parts[0]:
        arrays = [part[name] for part in parts]
        steps = max((each.shape[1] for each in arrays if each.ndim > 1), default=0)
        arrays = [
            np.pad(each, [(0, 0), (0, steps - each.shape[1])] + [(0, 0)] * (each.ndim - 2))
            if each.ndim > 1 and each.shape[1] < steps
            else each
            for each in arrays
        ]
        joined[name] = np.concatenate(arrays)
    return joined


def play(core: Core, name: str, loop: asyncio.AbstractEventLoop) -> Playing:
    """A model by its name.

    Args:
        core: computes.
        name: of the model.
        loop: the server's.

    Raises:
        Failure: if there is none, or it is not loaded.
    """
    servable: Servable = core.registry.get(name)
    metadata = servable.metadata

    def compute(signature: str, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        core.check(inputs, servable)
        work = core.compute(servable, signature, inputs)
        return asyncio.run_coroutine_threadsafe(work, loop).result()

    def predict(signature: str, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        rows, most = count_rows(inputs), core.limits.max_rows
        for steps, limit in (
            (count_steps(inputs, servable.max_steps), MOST_DRAWN),
            (given_steps(inputs), MOST_GIVEN),
        ):
            most = max(min(most, limit // max(steps, 1)), 1)
        parts = [
            compute(signature, {key: each[first : first + most] for key, each in inputs.items()})
            for first in range(0, rows, most)
        ]
        return parts[0] if len(parts) == 1 else join_rows(parts)

    model = make_model(metadata["signatures"], predict, metadata)
    model.scale = metadata.get("data", {}).get("scale")
    model.ranges = transform_from_dict(metadata["transforms"]).ranges()
    return Playing(name, model, renderer_of(metadata), metadata)
