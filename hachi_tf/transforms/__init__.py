"""Invertible transforms between data units and what the network sees."""

from collections.abc import Iterable
from typing import Any

from hachi_tf.errors import UserError
from hachi_tf.transforms.arithmetic import arithmetic
from hachi_tf.transforms.bounded import Bounded
from hachi_tf.transforms.changes import Changes
from hachi_tf.transforms.decorrelate import Decorrelate
from hachi_tf.transforms.delay import Delay
from hachi_tf.transforms.known import StandardizeKnown
from hachi_tf.transforms.series_scale import SeriesScale
from hachi_tf.transforms.standardize import Standardize
from hachi_tf.transforms.transform import Events, Transform, as_float32

__all__ = [
    "TRANSFORMS",
    "Bounded",
    "Chain",
    "Changes",
    "Decorrelate",
    "Delay",
    "Events",
    "SeriesScale",
    "Standardize",
    "StandardizeKnown",
    "Transform",
    "transform_from_dict",
    "transform_to_dict",
]


class Chain(Transform):
    """Transforms one after the other; an empty chain is the identity.

    Args:
        transforms: in the order in which `forward` applies them.
    """

    def __init__(self, transforms: Iterable[Transform] = ()):
        self.transforms = tuple(transforms)
        self.columns = tuple(sorted({c for each in self.transforms for c in each.columns}))

    @property
    def state_size(self) -> int:
        """The sum of the parts' state sizes."""
        return sum(transform.state_size for transform in self.transforms)

    def fit(self, sequences: Iterable[Any]) -> "Chain":
        """Fits each transform on what the ones before it give; reads `sequences` once."""
        sequences, fitted = list(sequences), []
        for transform in self.transforms:
            if fitted:
                sequences = [fitted[-1].forward(events) for events in sequences]
            fitted.append(transform.fit(sequences))
        return Chain(fitted)

    def forward(self, events: Events, memory: Events | None = None) -> Events:
        """Each transform's `forward` in order: `[..., F] -> [..., F]`."""
        for transform, own in self._with_memory(memory):
            events = transform.forward(events, *own)
        return events

    def inverse(self, events: Events, memory: Events | None = None) -> Events:
        """Each transform's `inverse` in the opposite order: `[..., F] -> [..., F]`."""
        for transform, own in reversed(self._with_memory(memory)):
            events = transform.inverse(events, *own)
        return events

    def log_det(self, events: Events, memory: Events | None = None) -> Events:
        """The sum of the transforms' own, each where it stands: `[..., F] -> [...]`."""
        total = Transform.log_det(self, events)
        for transform, own in self._with_memory(memory):
            total = total + transform.log_det(events, *own)
            events = transform.forward(events, *own)
        return total

    def remember(self, events: Events, memory: Events) -> Events:
        """The transforms' memories, one after the other; see `Transform.remember`."""
        parts = []
        for transform, own in self._with_memory(memory):
            if own:
                parts.append(transform.remember(events, *own))
                events = transform.forward(events, parts[-1][..., :-1, :])
            else:
                events = transform.forward(events)
        return arithmetic(as_float32(events)).concat(parts, -1) if parts else memory[..., None, :]

    def _with_memory(self, memory: Events | None) -> list[tuple[Transform, tuple[Events, ...]]]:
        """Each transform with its part of the memory, or nothing if it has none."""
        pairs, start = [], 0
        for transform in self.transforms:
            stop = start + transform.state_size
            owns = memory is not None and stop > start
            pairs.append((transform, (memory[..., start:stop],) if owns else ()))
            start = stop
        return pairs

    def ranges(self) -> dict[int, tuple[float, float]]:
        """Those of columns that no earlier transform of the chain has changed."""
        result: dict[int, tuple[float, float]] = {}
        changed: set[int] = set()
        for transform in self.transforms:
            known = transform.ranges().items()
            result |= {column: ends for column, ends in known if column not in changed}
            changed |= set(transform.columns)
        return result

    def get_config(self) -> dict[str, Any]:
        """The transforms as `transform_to_dict` writes them."""
        return {"transforms": [transform_to_dict(each) for each in self.transforms]}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Chain":
        """The chain that `get_config` described."""
        return cls([transform_from_dict(each) for each in config["transforms"]])


TRANSFORMS: dict[str, type[Transform]] = {
    "chain": Chain,
    "standardize": Standardize,
    "delay": Delay,
    "bounded": Bounded,
    "decorrelate": Decorrelate,
    "changes": Changes,
    "series_scale": SeriesScale,
    "standardize_known": StandardizeKnown,
}


# What a dictionary that is none of a transform leads to.
_FOREIGN = (AttributeError, KeyError, OverflowError, RecursionError, TypeError, ValueError)


def transform_to_dict(transform: Transform) -> dict[str, Any]:
    """A dictionary for JSON that `transform_from_dict` takes back exactly."""
    for name, known in TRANSFORMS.items():
        if type(transform) is known:
            return {"name": name, "config": transform.get_config()}
    raise ValueError(f"{type(transform).__name__} is not in TRANSFORMS")


def transform_from_dict(value: dict[str, Any]) -> Transform:
    """The transform that `transform_to_dict` wrote.

    Raises:
        UserError: if the dictionary is not one that `transform_to_dict` wrote.
    """
    try:
        return TRANSFORMS[value["name"]].from_config(value["config"])
    except _FOREIGN as error:
        raise UserError(
            f"a transform as hachi_tf writes it ({', '.join(TRANSFORMS)})",
            f"one that lacks or adds {error}",
        ) from error
