import librosa
import numpy as np
import pytest

from hachi_tf.audio import Framing
from hachi_tf.errors import UserError


def sine(frequency, seconds=1.0, rate=16_000, amplitude=1.0):
    return amplitude * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)


def test_the_bands_are_those_of_librosa():
    for rate, window, bands in ((16_000, 1024, 80), (44_100, 2048, 128), (8000, 256, 20)):
        wanted = librosa.filters.mel(sr=rate, n_fft=window, n_mels=bands, htk=True, norm=None)
        own = Framing(sample_rate=rate, window=window, hop=64, bands=bands).filters()
        np.testing.assert_allclose(own, wanted, atol=1e-6)


def test_the_frames_are_powers_of_librosas_transform_in_decibels():
    random = np.random.default_rng(0)
    sound = random.normal(0, 0.1, 5000).astype(np.float32)
    magnitude = np.abs(librosa.stft(sound, n_fft=512, hop_length=128, center=False)).T / 128
    plain = Framing(window=512, hop=128, bands=None, quantum=0.01)
    np.testing.assert_allclose(plain.frames(sound), 20 * np.log10(magnitude), atol=0.011)
    bands = Framing(window=512, hop=128, bands=40, quantum=0.01)
    powers = 10 * np.log10(magnitude**2 @ bands.filters().T)
    np.testing.assert_allclose(bands.frames(sound), powers, atol=0.011)


def test_a_sine_of_full_scale_is_0_db_and_others_less():
    framing = Framing(bands=None, quantum=0.01)
    frames = framing.frames(sine(1000))
    assert frames.shape == (1 + (16_000 - 1024) // 256, 513)
    np.testing.assert_allclose(frames.max(1), 0.0, atol=0.02)
    assert set(frames.argmax(1)) == {64}  # 1000 Hz of 15.625 Hz each
    np.testing.assert_allclose(framing.frames(sine(1000, amplitude=0.1)).max(1), -20, atol=0.02)
    middle = Framing().frames(sine(1000)).mean(0).argmax() + 0.5
    assert Framing().place(1000) * 80 == pytest.approx(middle, abs=1)


def test_frames_stand_on_their_grid_and_silence_at_the_floor():
    framing = Framing(floor_db=-60.5, quantum=0.5)
    sound = np.random.default_rng(1).normal(0, 0.01, 20_000)
    frames = framing.frames(sound)
    np.testing.assert_array_equal(frames, np.round(frames * 2) / 2)
    assert frames.dtype == np.float32 and frames.min() >= -60.5
    assert (framing.frames(np.zeros(4000)) == -60.5).all()
    assert (framing.powers(framing.frames(np.zeros(4000))) == 0).all()
    assert Framing(floor_db=-60.3).silence_db == -61.0


def test_no_sound_is_padded_and_a_part_has_the_frames_of_the_whole():
    framing = Framing()
    sound = np.random.default_rng(2).normal(0, 0.1, 6000)
    whole = framing.frames(sound)
    np.testing.assert_array_equal(framing.frames(sound[256:]), whole[1:])
    np.testing.assert_array_equal(framing.frames(sound[:3000]), whole[:8])
    assert framing.frames(sound[:1023]).shape == (0, 80)
    assert framing.frames(sound[:1024]).shape == (1, 80)


def test_long_sounds_are_the_same_as_short_ones():
    framing = Framing(window=64, hop=16, bands=8)
    sound = np.random.default_rng(3).normal(0, 0.1, 40_000)
    later = framing.frames(sound[16 * 2048 :])
    np.testing.assert_allclose(framing.frames(sound)[2048:], later, atol=1.01)
    assert (framing.frames(sound)[2048:] == later).mean() > 0.999


def test_powers_undo_decibels_and_are_never_infinite():
    framing = Framing(quantum=0.01)
    sound = sine(440) * 0.3
    power = 10 ** (framing.frames(sound) / 10)
    found = framing.powers(framing.frames(sound))
    heard = framing.frames(sound) > -79
    np.testing.assert_allclose(found[heard], power[heard], rtol=0.0013)
    wild = np.array([[1e30, np.inf, -np.inf, np.nan, -1e30]], np.float32)
    np.testing.assert_allclose(framing.powers(wild), [[100, 100, 0, 0, 0]])


def test_places_of_frequencies_run_from_below_to_above():
    for framing in (Framing(), Framing(bands=None)):
        places = [framing.place(f) for f in (0, 50, 500, 4000, 8000)]
        assert places == sorted(places) and -0.01 <= places[0] < 0.01 and 0.99 < places[-1] <= 1.01


def test_the_schema_has_a_column_a_band_on_a_grid():
    schema = Framing(quantum=0.5).schema
    assert schema.names[:2] == ["mel_00", "mel_01"] and len(schema) == 80
    assert {(f.kind, f.unit, f.quantum) for f in schema.features} == {("continuous", "dB", 0.5)}
    assert Framing(bands=None).schema.names[-1] == "bin_512"


@pytest.mark.parametrize(
    "wrong",
    [{"sample_rate": 0}, {"window": 1023}, {"hop": 0}, {"hop": 600}, {"bands": 0}, {"bands": -3},
     {"bands": 300}, {"bands": 10**12}, {"floor_db": 0.0}, {"floor_db": -1000.0}, {"quantum": 0.0},
     {"window": 8}],
)  # fmt: skip
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(UserError, match=next(iter(wrong)).split("_")[0]):
        Framing(**wrong)
