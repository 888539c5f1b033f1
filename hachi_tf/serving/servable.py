"""One version of an export, loaded to answer requests with plain arrays."""

import dataclasses
import pathlib
from typing import Any

import numpy as np
import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.serving import manifest, safety, warmup


@dataclasses.dataclass(frozen=True)
class Tensor:
    """What an input or output must be.

    Attributes:
        dtype: of the array; `object`, holding bytes, for strings.
        enum: the number that TensorFlow's messages have for it.
        shape: None for any size; the first is the rows, and a second one of any size is steps.
    """

    dtype: np.dtype
    enum: int
    shape: tuple[int | None, ...]

    @property
    def has_steps(self) -> bool:
        """Whether the second axis is one of steps."""
        return len(self.shape) > 1 and self.shape[1] is None

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Whether an array of this shape will do."""
        return len(shape) == len(self.shape) and all(
            want in (None, have) for want, have in zip(self.shape, shape, strict=True)
        )


@dataclasses.dataclass(frozen=True)
class Signature:
    """A signature's inputs and outputs by name."""

    inputs: dict[str, Tensor]
    outputs: dict[str, Tensor]


class Servable:
    """A loaded version directory.

    It is looked through before TensorFlow's loader sees it, as `saved_model.load` does.

    Args:
        path: the version directory.
        name: the model's name for clients.
        version: its version for clients.

    Raises:
        UserError: if the export is damaged, or could do more than compute.
    """

    def __init__(self, path: pathlib.Path, name: str, version: int):
        self.name, self.version = name, version
        self.metadata = manifest.read(path)
        (graph,) = safety.check(path).meta_graphs
        self.signature_defs = dict(graph.signature_def)
        try:
            self._loaded = tf.saved_model.load(str(path))
        except Exception as error:  # TensorFlow's loader raises whatever its parts raise.
            raise UserError("a whole export", f"{path}: {error}", "export again") from error
        self._functions = dict(self._loaded.signatures)
        self.signatures = {
            key: Signature(_tensors(each.inputs), _tensors(each.outputs))
            for key, each in self.signature_defs.items()
            if key in self._functions
        }
        self.max_steps = self.metadata["max_steps"]
        self._first = self._aliases()

    def same_as(self, signature: str) -> str:
        """The first signature that computes the same: `serving_default` is `sample`."""
        return self._first[signature]

    def run(self, signature: str, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Calls a signature.

        Args:
            signature: one of `signatures`.
            inputs: arrays of the types and shapes that it has, all of as many rows.
        """
        tensors = {name: tf.constant(value) for name, value in inputs.items()}
        drawn = self._functions[signature](**tensors)
        return {name: value.numpy() for name, value in drawn.items()}

    def warm_up(self, rows: tuple[int, ...] = (1, 16)) -> None:
        """Calls each signature, so that no client waits for what first calls build.

        Args:
            rows: the batch sizes to call it with.
        """
        for name in sorted(set(self._first.values())):
            for count in rows:
                self.run(name, warmup.example_inputs(self.metadata, name, count))

    def _aliases(self) -> dict[str, str]:
        found, first = {}, {}
        for name in sorted(self.signatures):
            each, called = self.signatures[name], _called(self._functions[name])
            sides = (frozenset(each.inputs.items()), frozenset(each.outputs.items()))
            mark = (called, sides) if called else name
            found[name] = first.setdefault(mark, name)
        return found


def _called(function: Any) -> Any:
    """What a signature hands its inputs to, if that is all that it does."""
    calls = [op for op in function.graph.get_operations() if "PartitionedCall" in op.type]
    if len(calls) != 1:
        return None
    return calls[0].get_attr("f").name, tuple(each.name for each in calls[0].inputs)


def _tensors(infos: Any) -> dict[str, Tensor]:
    """`Tensor`s by name from a map of TensorInfo messages."""
    found = {}
    for name, info in infos.items():
        dtype = tf.dtypes.as_dtype(info.dtype)
        sizes = (None if dim.size < 0 else dim.size for dim in info.tensor_shape.dim)
        array = np.dtype(object) if dtype == tf.string else np.dtype(dtype.as_numpy_dtype)
        found[name] = Tensor(array, info.dtype, tuple(sizes))
    return found
