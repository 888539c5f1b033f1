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

    def text(self, step: int, name: str, text: str) -> None:
        """A text as it is, line by line."""
        with self._writer.as_default(step=step):
            # Markdown's block of code; a line of the text may look like its end.
            tf.summary.text(name, "\n".join(f"    {line}" for line in text.split("\n")))

    def sound(self, step: int, name: str, samples: np.ndarray, sample_rate: int) -> None:
        """A sound `[n]`, from -1 to 1 for full scale."""
        with self._writer.as_default(step=step):
            tf.summary.audio(name, samples[None, :, None], sample_rate)

    def flush(self) -> None:
        """Writes out what is still in memory."""
        self._writer.flush()

    def close(self) -> None:
        """Flushes and closes the file."""
        self._writer.close()
