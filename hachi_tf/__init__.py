"""Recurrent mixture-density networks for sequences of events, in TensorFlow.

`load(export_dir)` opens an exported model and `load_run(run_dir)` a training run. Importing the
package costs milliseconds: TensorFlow is imported when one of them is first used.
"""

import importlib
import os
from typing import Any

__version__ = "0.1.0"
__all__ = ["load", "load_run"]

# Layers and heads are written with TensorFlow, whatever backend ~/.keras/keras.json names.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

_LAZY = {
    "load": "hachi_tf.serving.saved_model",
    "load_run": "hachi_tf.training.run",
}


def __getattr__(name: str) -> Any:
    """Imports a public function where it is first used (PEP 562)."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_LAZY])
