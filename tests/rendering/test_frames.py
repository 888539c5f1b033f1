import logging
import sys

import numpy as np
import pytest
import soundfile
from PIL import Image

from hachi_tf.audio import Framing
from hachi_tf.data.sources.voices import piece
from hachi_tf.errors import UserError
from hachi_tf.rendering import read_npz
from hachi_tf.rendering.frames import SUFFIXES, save_frames

FRAMING = Framing()


@pytest.fixture(scope="module")
def frames():
    return FRAMING.frames(piece(0, "train", 0, 1.5, 16_000))


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_sound_of_16_bits_at_the_frames_own_rate(suffix, frames, tmp_path):
    path = tmp_path / "new" / f"a.{suffix}"
    assert save_frames([frames], path, FRAMING) == [path]
    info = soundfile.info(path)
    assert (info.samplerate, info.channels, info.subtype) == (16_000, 1, "PCM_16")
    assert info.frames == len(frames) * 256
    samples, _ = soundfile.read(path)
    assert 0.05 < np.sqrt(np.mean(samples**2)) < 0.5


def test_several_samples_are_a_file_each(frames, tmp_path):
    paths = save_frames([frames, frames[:20], frames[5:]], tmp_path / "a.wav", FRAMING)
    assert [path.name for path in paths] == ["a-1.wav", "a-2.wav", "a-3.wav"]
    assert [soundfile.info(path).frames for path in paths] == [len(frames) * 256, 5120,
                                                               (len(frames) - 5) * 256]  # fmt: skip


def test_what_is_too_loud_is_made_softer_not_clipped(frames, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    save_frames([frames + 30], tmp_path / "a.wav", FRAMING)
    samples, _ = soundfile.read(tmp_path / "a.wav")
    assert np.abs(samples).max() == pytest.approx(0.99, abs=1e-3)
    assert (np.abs(samples) > 0.98).sum() < 5 and "softer" in caplog.text


def test_silence_and_nonsense_become_files_too(tmp_path):
    wild = np.random.default_rng(0).normal(0, 300, (40, 80)).astype(np.float32)
    wild[3] = np.nan
    paths = save_frames([np.full((9, 80), -80.0), wild], tmp_path / "a.wav", FRAMING)
    assert not soundfile.read(paths[0])[0].any()
    assert np.isfinite(soundfile.read(paths[1])[0]).all()


def test_pictures_and_numbers(frames, tmp_path):
    save_frames([frames, frames], tmp_path / "a.png", FRAMING)
    with Image.open(tmp_path / "a.png") as image:
        assert image.size[0] == 1600
    save_frames([frames, frames[:7]], tmp_path / "a.npz", FRAMING)
    first, second = read_npz(tmp_path / "a.npz")
    np.testing.assert_array_equal(first, frames)
    assert len(second) == 7
    save_frames([frames[:2]], tmp_path / "a.csv", FRAMING)
    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert lines[0].startswith("sample,mel_00,mel_01") and len(lines) == 3


def test_what_cannot_be_written_leaves_nothing_behind(frames, tmp_path, monkeypatch):
    with pytest.raises(UserError, match=f"ending in {', '.join(SUFFIXES)}"):
        save_frames([frames], tmp_path / "a.mid", FRAMING)
    with pytest.raises(UserError, match="at least one sample"):
        save_frames([], tmp_path / "a.wav", FRAMING)
    with pytest.raises(UserError, match="at least one frame"):
        save_frames([frames, frames[:0]], tmp_path / "a.wav", FRAMING)
    monkeypatch.setitem(sys.modules, "librosa", None)
    with pytest.raises(UserError, match=r"librosa.*hachi_tf\[audio\]"):
        save_frames([frames], tmp_path / "a.wav", FRAMING)
    assert list(tmp_path.iterdir()) == []
    save_frames([frames], tmp_path / "a.png", FRAMING)  # needs no extra
