"""What training says at its end."""

import logging
import pathlib
from types import SimpleNamespace

import pytest

from hachi_tf.schema import Feature, Schema
from hachi_tf.training import report


@pytest.mark.parametrize(
    "renderer, output",
    [("strokes", "sample.svg"), ("frames", "sample.wav"), ("numbers", "sample.npz")],
)
def test_the_last_words_name_a_file_that_suits_the_data(renderer, output, caplog):
    network = SimpleNamespace(schema=Schema((Feature("angle"),)), conditioned=False)
    trainer = SimpleNamespace(network=network, skipped=0, step=10)
    directory = SimpleNamespace(
        path=pathlib.Path("run"),
        tensorboard=pathlib.Path("run/tensorboard"),
        description=lambda: {"data": {"renderer": renderer}},
    )
    with caplog.at_level(logging.INFO):
        report.end(directory, trainer, 10, 0.1, True)
    assert f"hachi_tf.sample --run_dir=run --output={output}" in caplog.text
