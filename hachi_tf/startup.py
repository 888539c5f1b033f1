"""Imports TensorFlow for a program without its start-up chatter on stderr."""

import contextlib
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def _silent_stderr() -> Iterator[None]:
    """Sends what native code writes to stderr to nowhere; Python's exceptions still rise."""
    try:
        number = sys.__stderr__.fileno()
        saved = os.dup(number)
    except (AttributeError, OSError, ValueError):
        yield
        return
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), number)
            yield
    finally:
        os.dup2(saved, number)
        os.close(saved)


def import_tensorflow(device: str = "auto", threads: int = 0) -> None:
    """Imports TensorFlow and wakes its devices; `TF_CPP_MIN_LOG_LEVEL` does not silence all of it.

    Args:
        device: `auto`, `cpu` (hides GPUs) or `gpu`.
        threads: how many to compute with; 0 leaves it to TensorFlow.

    Raises:
        UserError: if a GPU is wanted and TensorFlow sees none.
    """
    from hachi_tf.errors import UserError

    if device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    sys.stderr.flush()
    with _silent_stderr():
        import tensorflow as tf

        if threads:
            tf.config.threading.set_inter_op_parallelism_threads(threads)
            tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.constant(0)
        gpus = tf.config.list_physical_devices("GPU")
    tf.get_logger().setLevel("ERROR")
    if device == "gpu" and not gpus:
        raise UserError("--device=gpu where TensorFlow sees a GPU", "none", "see BUILD.md")
