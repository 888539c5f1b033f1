"""The check of a GPU: it ends with one line where there is none, and can be rehearsed."""

import subprocess
import sys

import pytest
import tensorflow as tf

from tests.benchmarks import gpu_check


@pytest.mark.skipif(bool(tf.config.list_physical_devices("GPU")), reason="a GPU is here")
def test_without_a_gpu_it_says_so(capsys):
    assert gpu_check.main([]) == 2
    assert "expected a GPU that TensorFlow sees; got none" in capsys.readouterr().err


@pytest.mark.slow
def test_it_can_be_rehearsed():
    command = [sys.executable, "-m", "tests.benchmarks.gpu_check", "--rehearse"]
    done = subprocess.run(command, cwd=gpu_check.ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and '"passed": true' in done.stdout, done.stderr[-2000:]
