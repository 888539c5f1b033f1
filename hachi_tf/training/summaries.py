"""What TensorBoard shows of a run."""

import pathlib
from typing import Any

import numpy as np
import tensorflow as tf


class Summaries:
    """Writes scalars, pictures, flags and hyperparameters for TensorBoard.

    Args:
        folder: the log directory.
    """

    def __init__(self, folder: pathlib.Path):
        self._writer = tf.summary.create_file_writer(str(folder))

    def flags(self, values: dict[str, Any]) -> None:
        """The run's flags, as text and as hyperparameters."""
        from tensorboard.plugins.hparams import api as hparams

        simple = {key: value for key, value in values.items() if value is not None}
        rows = [f"| {key} | `{value}` |" for key, value in simple.items()]
        with self._writer.as_default(step=0):
            tf.summary.text("flags", "\n".join(["| flag | value |", "| --- | --- |", *rows]))
            hparams.hparams(
                {k: v if isinstance(v, (bool, int, float)) else str(v) for k, v in simple.items()}
            )

    def scalars(self, step: int, values: dict[str, float]) -> None:
        """Named numbers at a step."""
        with self._writer.as_default(step=step):
            for name, value in values.items():
                tf.summary.scalar(name, value)

    def image(self, step: int, name: str, pixels: np.ndarray) -> None:
        """A picture, uint8 `[height, width, 3]`."""
        with self._writer.as_default(step=step):
            tf.summary.image(name, pixels[None])

    def flush(self) -> None:
        """Writes out what is still in memory."""
        self._writer.flush()

    def close(self) -> None:
        """Flushes and closes the file."""
        self._writer.close()
