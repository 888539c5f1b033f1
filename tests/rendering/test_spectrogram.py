import numpy as np
import pytest

from hachi_tf.audio import Framing
from hachi_tf.rendering import colours
from hachi_tf.rendering.spectrogram import MOST_PANELS, spectrogram

FRAMING = Framing()
LEFT, WIDTH, MARGIN, HEIGHT = 120, 1600, 40, 280


def panel(pixels, index=0, title=0):
    top = MARGIN + title + index * (HEIGHT + title + 26)
    return pixels[top : top + HEIGHT, LEFT : WIDTH - MARGIN].mean(-1)


def test_time_goes_right_frequency_up_and_loud_is_dark():
    frames = np.full((100, 80), -80.0)
    frames[25, :] = 0.0  # a click
    frames[50:, 20] = 0.0  # a tone
    seen = panel(spectrogram([frames], FRAMING))
    width = seen.shape[1]
    click = seen[5, : width // 2].argmin()
    assert click == pytest.approx(25.5 / 100 * width, abs=width / 100)
    row = seen[:, -10].argmin()
    assert row == pytest.approx((1 - 20.5 / 80) * HEIGHT, abs=HEIGHT / 80)
    assert seen[10, 10] == 255 and seen[row, -10] == np.mean(colours.rgb(colours.BLUE[-1]))


def test_all_samples_have_one_scale_of_time_and_loudness():
    loud, soft = np.full((100, 80), 0.0), np.full((50, 80), -40.0)
    pixels = spectrogram([loud, soft], FRAMING)
    first, second = panel(pixels, 0, 38), panel(pixels, 1, 38)
    assert first[100, 100] < second[100, 100] < 255
    assert (second[100, 760:] == 255).all() and (second[100, :700] < 255).all()


def test_few_and_many_columns_nothing_and_nonsense_are_drawn():
    for framing in (Framing(bands=None), Framing(bands=3, window=256, hop=64)):
        columns = framing.num_columns
        frames = np.random.default_rng(0).normal(-40, 20, (3000, columns))
        assert spectrogram([frames], framing).shape[1] == WIDTH
        assert spectrogram([np.zeros((0, columns)), frames], framing).dtype == np.uint8
    wild = np.full((10, 80), np.nan)
    wild[3] = 1e30
    assert spectrogram([wild], FRAMING).shape[1] == WIDTH
    silent = panel(spectrogram([np.full((10, 80), -80.0)], FRAMING))
    assert (silent[5:-5] == 255).all()


def test_of_many_samples_the_first_are_drawn():
    frames = [np.full((10, 80), -30.0)] * (MOST_PANELS + 3)
    assert len(spectrogram(frames, FRAMING)) == len(spectrogram(frames[:-3], FRAMING))
    assert len(spectrogram(frames[:1], FRAMING)) < len(spectrogram(frames[:1], FRAMING, ["one"]))
