"""Importing TensorFlow without its chatter, and without Keras where nothing needs it."""

import os
import pathlib
import subprocess
import sys

import pytest

from hachi_tf import startup
from hachi_tf.errors import UserError

ROOT = pathlib.Path(__file__).resolve().parents[1]
WITHOUT_KERAS = """
import gc, sys
from hachi_tf import startup
startup.import_tensorflow("cpu", threads=1, keras=False)
from hachi_tf.serving.step_loader import load_step
from hachi_tf.serving.stepper import Stepper
step = Stepper(load_step("exports/rhythm")).step(seed=1)
early = sorted({"keras", "tf_keras", "tensorflow_probability", "matplotlib"} & set(sys.modules))
import keras, tensorflow as tf
layer = tf.keras.layers.Dense(2)
print(early, step.event.shape, keras.Sequential([layer])(tf.zeros([3, 1])).shape, gc.isenabled())
"""


def test_an_export_plays_without_keras_which_works_when_it_is_wanted():
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_KERAS], cwd=ROOT, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"},
    )  # fmt: skip
    assert done.stdout == "[] (1, 5) (3, 2) True\n", done.stderr
    assert done.stderr == ""


def test_a_gpu_that_is_not_there_is_said():
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        pytest.skip("TensorFlow sees a GPU")
    with pytest.raises(UserError, match="--device=gpu where TensorFlow sees a GPU"):
        startup.import_tensorflow("gpu")
