import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from hachi_tf.audio import Framing
from hachi_tf.data import load_datasets, make_source
from hachi_tf.layers.heads import make_head
from hachi_tf.models.prediction_network import PredictionNetwork
from hachi_tf.training.sound_report import PRIME_S, SAMPLE_S, sample_sound

SOURCE = "audio_frames(sample_rate=4000, window=128, hop=64, bands=12, pieces=2, seconds=4)"


class Summaries:
    """Keeps what TensorBoard would get."""

    def __init__(self):
        self.images, self.sounds = {}, {}

    def image(self, step, name, pixels):
        self.images[name] = pixels

    def sound(self, step, name, samples, sample_rate):
        self.sounds[name] = samples, sample_rate


@pytest.fixture
def report(tmp_path):
    source = make_source(SOURCE)
    data = load_datasets(source)["validation"]
    network = PredictionNetwork(source.schema, make_head(source.schema, None, 2), hidden_size=8)
    network.build()
    transforms = source.default_transforms().fit(data)

    def report():
        summaries = Summaries()
        place = SimpleNamespace(samples=tmp_path)
        sample_sound(network, transforms, source.framing, data, place, 7, summaries)
        return summaries

    return report


def test_pictures_and_sounds_begin_with_the_recording(report, tmp_path):
    summaries = report()
    with Image.open(tmp_path / "step-000000007.png") as image:
        np.testing.assert_array_equal(np.asarray(image), summaries.images["samples"])
    assert list(summaries.sounds) == ["temperature 0.5", "temperature 1.0"]
    for samples, rate in summaries.sounds.values():
        assert rate == 4000 and np.abs(samples).max() <= 1
        assert len(samples) / rate == pytest.approx(PRIME_S + SAMPLE_S, abs=0.05)
    one, other = (samples[: 2 * 4000] for samples, _ in summaries.sounds.values())
    framing = Framing(4000, 128, 64, 12)
    difference = framing.frames(one) - framing.frames(other)
    # One of them may be made softer as a whole.
    assert np.median(np.abs(difference - np.median(difference))) < 2


def test_without_the_packages_there_are_pictures_only(report, tmp_path, monkeypatch, caplog):
    caplog.set_level("INFO")
    monkeypatch.setitem(sys.modules, "librosa", None)
    summaries = report()
    assert summaries.sounds == {} and list(summaries.images) == ["samples"]
    assert "hachi_tf[audio]" in caplog.text
