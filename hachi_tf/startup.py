"""Imports TensorFlow for a program without its start-up chatter on stderr."""

import contextlib
import gc
import importlib.abc
import importlib.machinery
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

from hachi_tf.errors import UserError


@contextlib.contextmanager
def silent_stderr() -> Iterator[None]:
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


class _Refuses(importlib.abc.Loader):
    """Loads nothing."""

    def create_module(self, spec):
        raise ImportError(f"{spec.name}, later")

    def exec_module(self, module):
        pass


class _WithoutKeras(importlib.abc.MetaPathFinder):
    """Finds Keras, and refuses to load it."""

    def find_spec(self, name, path=None, target=None):
        spec = importlib.machinery.PathFinder.find_spec(name) if name == "keras" else None
        if spec is not None:
            spec.loader = _Refuses()
        return spec


@contextlib.contextmanager
def _quick_import(keras: bool) -> Iterator[None]:
    """Collects no garbage meanwhile, of which an import makes little; may leave Keras out.

    TensorFlow imports Keras at its own end, which takes a third of the time, and goes on without
    it where it is not installed.
    """
    finder, collects = _WithoutKeras(), gc.isenabled()
    gc.disable()
    if not keras:
        sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        if not keras:
            sys.meta_path.remove(finder)
        if collects:
            gc.enable()


def import_tensorflow(
    device: str = "auto",
    threads: int = 0,
    keras: bool = True,
    first: Callable[[], Any] | None = None,
) -> Any:
    """Imports TensorFlow and wakes its devices; `TF_CPP_MIN_LOG_LEVEL` does not silence all of it.

    Args:
        device: `auto`, `cpu` (hides GPUs) or `gpu`.
        threads: how many to compute with; 0 leaves it to TensorFlow.
        keras: whether Keras is imported now; else when it is first used.
        first: called before any operation, for what has to be; it may wait, and Ctrl-C then ends
            the process.

    Returns:
        What `first` returned.

    Raises:
        UserError: if a GPU is wanted and TensorFlow sees none.
    """
    if device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    sys.stderr.flush()
    with silent_stderr():
        with _quick_import(keras):
            import tensorflow as tf
        if threads:
            tf.config.threading.set_inter_op_parallelism_threads(threads)
            tf.config.threading.set_intra_op_parallelism_threads(threads)
        made = _interruptible(first) if first else None
        tf.constant(0)
        gpus = tf.config.list_physical_devices("GPU")
    tf.get_logger().setLevel("ERROR")
    if device == "gpu" and not gpus:
        raise UserError("--device=gpu where TensorFlow sees a GPU", "none", "see BUILD.md")
    return made


def _interruptible(function: Callable[[], Any]) -> Any:
    """Calls what waits outside of Python, where Ctrl-C is not heard else."""
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    except ValueError:  # not the main thread, which alone gets signals
        return function()
    try:
        return function()
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)
