"""A model of this process, for `Client`."""

import os
from typing import Any

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.serving.model import Model
from hachi_tf.serving.transports import Signatures


class LocalTransport:
    """Calls of a model that is loaded here.

    Args:
        target: a `Model` that was loaded from an export, or the path of an export.

    Raises:
        UserError: if it is neither.
    """

    server = "this process"

    def __init__(self, target: Any):
        if isinstance(target, (str, os.PathLike)):
            import hachi_tf

            target = hachi_tf.load(target)
        if not isinstance(target, Model) or not hasattr(target, "metadata"):
            raise UserError("an address, the path of an export, or a loaded one", repr(target)[:80])
        self.model = target

    def predict(
        self, signatures: Signatures, name: str, inputs: dict[str, np.ndarray], timeout_s: float
    ) -> dict[str, np.ndarray]:
        """Calls a signature; what computes here cannot be stopped, so there is no deadline."""
        return self.model.call(name, inputs)

    def signatures(self, timeout_s: float) -> Signatures:
        """The signatures' inputs and outputs."""
        return self.model.metadata["signatures"]

    def status(self, timeout_s: float) -> dict[int, str]:
        """The version's state."""
        name = self.model.path.name
        return {int(name) if name.isascii() and name.isdigit() else 1: "AVAILABLE"}

    def close(self) -> None:
        """Keeps the model."""
