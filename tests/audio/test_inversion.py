import numpy as np
import pytest

from hachi_tf.audio import Framing
from hachi_tf.audio.inversion import from_bands, to_samples
from hachi_tf.data.sources.voices import piece


@pytest.mark.parametrize("bands", [80, None])
def test_the_sound_of_frames_has_those_frames(bands):
    framing = Framing(bands=bands)
    frames = framing.frames(piece(0, "train", 0, 3.0, 16_000))
    samples = to_samples(frames, framing)
    assert samples.dtype == np.float32 and len(samples) == len(frames) * framing.hop
    again = framing.frames(samples)
    # A sound begins in the middle of its first frame.
    late = framing.window // 2 // framing.hop
    wanted, found = frames[late : late + len(again)], again[: len(frames) - late]
    loud = wanted > -40
    assert np.abs(found - wanted)[loud].mean() < (2.0 if bands else 1.5)


def test_the_same_frames_give_the_same_sound():
    framing = Framing()
    frames = framing.frames(piece(0, "train", 1, 1.0, 16_000))
    np.testing.assert_array_equal(to_samples(frames, framing), to_samples(frames, framing))


def test_a_tone_comes_back_with_its_pitch_and_loudness():
    framing = Framing()
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000)
    samples = to_samples(framing.frames(tone), framing)
    spectrum = np.abs(np.fft.rfft(samples[2000:-2000]))
    assert np.argmax(spectrum) * 16_000 / len(samples[2000:-2000]) == pytest.approx(1000, abs=20)
    assert np.sqrt(np.mean(samples[2000:-2000] ** 2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.25)


def test_silence_nothing_and_nonsense_are_sounds_too():
    framing = Framing()
    assert (to_samples(framing.frames(np.zeros(3000)), framing) == 0).all()
    assert to_samples(np.zeros((0, 80)), framing).shape == (0,)
    wild = np.full((5, 80), np.nan, np.float32)
    wild[2] = np.inf
    assert np.isfinite(to_samples(wild, framing)).all()
    assert to_samples(np.zeros((1, 80)), framing).shape == (256,)


def test_powers_of_bands_become_powers_of_frequencies():
    filters = Framing().filters()
    true = np.random.default_rng(0).gamma(0.3, 1.0, (20, 513)).astype(np.float32)
    powers = true @ filters.T
    found = from_bands(powers, filters)
    assert found.shape == (20, 513) and (found >= 0).all()
    assert np.abs(found @ filters.T - powers).sum() < 0.03 * powers.sum()
    assert (from_bands(np.zeros((2, 80), np.float32), filters) == 0).all()
