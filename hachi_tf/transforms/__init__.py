"""Invertible transforms between data units and what the network sees."""

from collections.abc import Iterable
from typing import Any

from hachi_tf.errors import UserError
from hachi_tf.transforms.bounded import Bounded
from hachi_tf.transforms.delay import Delay
from hachi_tf.transforms.standardize import Standardize
from hachi_tf.transforms.transform import Events, Transform

__all__ = [
    "TRANSFORMS",
    "Bounded",
    "Chain",
    "Delay",
    "Events",
    "Standardize",
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

    @property
    def state_size(self) -> int:
        """The sum of the parts' state sizes."""
        return sum(transform.state_size for transform in self.transforms)

    def fit(self, sequences: Iterable[Any]) -> "Chain":
        """Fits each transform on what the ones before it give; reads `sequences` once."""
        sequences, fitted = list(sequences), []
        for transform in self.transforms:
            fitted.append(transform.fit(sequences))
            sequences = [fitted[-1].forward(events) for events in sequences]
        return Chain(fitted)

    def forward(self, events: Events) -> Events:
        """Each transform's `forward` in order: `[..., F] -> [..., F]`."""
        for transform in self.transforms:
            events = transform.forward(events)
        return events

    def inverse(self, events: Events) -> Events:
        """Each transform's `inverse` in the opposite order: `[..., F] -> [..., F]`."""
        for transform in reversed(self.transforms):
            events = transform.inverse(events)
        return events

    def log_det(self, events: Events) -> Events:
        """The sum of the transforms' own, each where it stands: `[..., F] -> [...]`."""
        total = Transform.log_det(self, events)
        for transform in self.transforms:
            total = total + transform.log_det(events)
            events = transform.forward(events)
        return total

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
}


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
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(
            f"a transform as hachi_tf writes it ({', '.join(TRANSFORMS)})",
            f"one that lacks or adds {error}",
        ) from error
