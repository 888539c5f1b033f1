"""Heads: what a network predicts, as a distribution over the next event.

A new head is one file here and one line in `HEADS`.
"""

import importlib
from typing import Any

HEADS: dict[str, Any] = {
    "gaussian_mixture": "hachi_tf.layers.heads.gaussian_mixture:GaussianMixture",
    "student_t_mixture": "hachi_tf.layers.heads.student_t_mixture:StudentTMixture",
    "event_mixture": "hachi_tf.layers.heads.event_mixture:EventMixture",
    "bernoulli": "hachi_tf.layers.heads.bernoulli:Bernoulli",
    "categorical": "hachi_tf.layers.heads.categorical:Categorical",
}
"""Names to heads: classes, or `"module:Class"` strings that are imported when they are needed."""

_LAZY = {
    "Head": "head",
    "GaussianMixture": "gaussian_mixture",
    "StudentTMixture": "student_t_mixture",
    "EventMixture": "event_mixture",
    "BivariateGaussian": "bivariate_gaussian",
    "Bernoulli": "bernoulli",
    "Categorical": "categorical",
    "JointHead": "joint",
    "make_head": "joint",
    "head_to_dict": "joint",
    "head_from_dict": "joint",
}

__all__ = ["HEADS", *_LAZY]


def __getattr__(name: str) -> Any:
    """Imports TensorFlow, and TensorFlow Probability, only when they are needed."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
