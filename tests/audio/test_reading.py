"""Sound files as people have them: decided, said."""

import sys

import numpy as np
import pytest
import soundfile

from hachi_tf.audio.reading import read_sound
from hachi_tf.errors import UserError

RATE = 16_000


def tone(rate=RATE, seconds=1.0, frequency=440, amplitude=0.5):
    return amplitude * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)


def write(path, samples, rate=RATE, **settings):
    soundfile.write(path, samples, rate, **settings)
    return path


@pytest.mark.parametrize("suffix", ["wav", "flac", "aiff"])
def test_whole_files_are_read_as_they_are(suffix, tmp_path):
    sound = read_sound(write(tmp_path / f"a.{suffix}", tone()), RATE)
    assert sound.remarks == {} and sound.samples.dtype == np.float32
    np.testing.assert_allclose(sound.samples, tone(), atol=1e-4)


@pytest.mark.parametrize("suffix", ["ogg", "mp3"])
def test_compressed_files_are_read_too(suffix, tmp_path):
    sound = read_sound(write(tmp_path / f"a.{suffix}", tone(44_100), 44_100), 44_100)
    inner = sound.samples[4410:-4410]
    peak = np.argmax(np.abs(np.fft.rfft(inner))) * 44_100 / len(inner)
    assert peak == pytest.approx(440, abs=2) and np.std(inner) == pytest.approx(0.354, abs=0.02)


@pytest.mark.parametrize("rate", [96_000, 44_100, 8000, 11_025])
def test_another_sample_rate_is_converted(rate, tmp_path):
    sound = read_sound(write(tmp_path / "a.wav", tone(rate), rate), RATE)
    assert len(sound.samples) == pytest.approx(RATE, abs=1)
    inner = slice(800, -800)
    np.testing.assert_allclose(sound.samples[inner], tone()[: len(sound.samples)][inner], atol=2e-3)
    assert f"from {rate:,} Hz" in sound.remarks["resampled"]
    assert ("nothing is above" in sound.remarks["resampled"]) == (rate < RATE)


def test_what_a_rate_cannot_hold_is_filtered_out(tmp_path):
    path = write(tmp_path / "a.wav", tone(96_000, frequency=20_000), 96_000)
    assert np.abs(read_sound(path, RATE).samples[800:-800]).max() < 1e-3


def test_channels_are_averaged(tmp_path):
    channels = np.stack([tone(), 0.2 * tone(frequency=1000), np.zeros(RATE)], 1)
    sound = read_sound(write(tmp_path / "a.wav", channels), RATE)
    np.testing.assert_allclose(sound.samples, channels.mean(1), atol=1e-4)
    assert sound.remarks == {"mixed to one channel": "from 3"}


def test_of_channels_that_cancel_each_other_the_loudest_is_taken(tmp_path):
    channels = np.stack([-0.9 * tone(), 0.99 * tone()], 1)
    sound = read_sound(write(tmp_path / "a.wav", channels), RATE)
    np.testing.assert_allclose(sound.samples, channels[:, 1], atol=1e-4)
    assert sound.remarks == {"cancelling channels": "number 2 of 2 is taken"}


def test_8_bits_are_read_and_said(tmp_path):
    sound = read_sound(write(tmp_path / "a.wav", tone(), subtype="PCM_U8"), RATE)
    np.testing.assert_allclose(sound.samples, tone(), atol=0.01)
    assert "8 bits a sample" in sound.remarks


def test_a_clipped_recording_is_read_and_said(tmp_path):
    sound = read_sound(write(tmp_path / "a.wav", np.clip(tone(amplitude=2.0), -1, 1)), RATE)
    share = float(sound.remarks["clipped"].split("%")[0])
    assert 50 < share < 70  # of a sine twice too loud, two thirds
    assert "clipped" not in read_sound(write(tmp_path / "b.wav", tone(amplitude=1.0)), RATE).remarks


def test_silence_is_said(tmp_path):
    sound = read_sound(write(tmp_path / "a.wav", np.zeros(RATE)), RATE)
    assert "silent" in sound.remarks and not sound.samples.any()


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_of_a_file_that_was_cut_short_what_is_there_is_read(suffix, tmp_path):
    noise = np.random.default_rng(0).normal(0, 0.1, 4 * RATE)
    path = write(tmp_path / f"a.{suffix}", noise)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 3 // 4])
    sound = read_sound(path, RATE)
    assert 1.5 * RATE < len(sound.samples) <= 3 * RATE
    np.testing.assert_allclose(sound.samples, noise[: len(sound.samples)], atol=1e-4)
    assert "s are there" in sound.remarks["cut short"] or "4.00 s" in sound.remarks["cut short"]


def test_samples_that_are_no_numbers_become_silence(tmp_path):
    samples = tone().astype(np.float32)
    samples[[10, 20, 30]] = np.nan, np.inf, -np.inf
    sound = read_sound(write(tmp_path / "a.wav", samples, subtype="FLOAT"), RATE)
    assert (sound.samples[[10, 20, 30]] == 0).all() and np.isfinite(sound.samples).all()
    assert sound.remarks == {"not all numbers": "3 samples"}


def test_a_file_without_samples_is_read_as_such(tmp_path):
    for channels in (np.zeros(0), np.zeros((0, 2))):
        sound = read_sound(write(tmp_path / "a.wav", channels), RATE)
        assert len(sound.samples) == 0 and sound.remarks == {}
    assert len(read_sound(write(tmp_path / "a.wav", np.zeros(0), 44_100), RATE).samples) == 0


@pytest.mark.parametrize("content", [b"", b"not a sound" * 20, b"RIFF\x24\0\0\0WAVEfmt "])
def test_what_is_no_sound_file_is_refused(content, tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(UserError, match="expected a sound file.*a.wav"):
        read_sound(path, RATE)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UserError, match="expected a file that can be read.*nowhere.wav"):
        read_sound(tmp_path / "nowhere.wav", RATE)


def test_without_the_package_it_says_what_to_install(tmp_path, monkeypatch):
    path = write(tmp_path / "a.wav", tone())
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(UserError, match=r"soundfile.*pip install 'hachi_tf\[audio\]'"):
        read_sound(path, RATE)
