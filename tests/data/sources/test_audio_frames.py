import logging

import numpy as np
import pytest
import soundfile

from hachi_tf.audio import Framing
from hachi_tf.data import infer_source, load_datasets, make_source
from hachi_tf.errors import UserError
from hachi_tf.transforms import Decorrelate, Standardize

RATE = 16_000


def noise(seconds, seed=0, rate=RATE, amplitude=0.1):
    return np.random.default_rng(seed).normal(0, amplitude, round(seconds * rate))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "takes" / "b").mkdir(parents=True)
    soundfile.write(tmp_path / "takes" / "one.wav", noise(2), RATE)
    soundfile.write(tmp_path / "takes" / "two.flac", noise(1, 1), RATE)
    soundfile.write(tmp_path / "takes" / "b" / "three.wav", noise(3, 2), RATE)
    return tmp_path / "takes"


def test_each_file_is_a_long_sequence_of_its_frames(folder):
    source = make_source("audio_frames", folder)
    found = {each.id: each.events for each in source.read()}
    names = ("b/three.wav", "one.wav", "two.flac")
    assert list(found) == [f"audio_frames/{name}" for name in names]
    samples, _ = soundfile.read(folder / "one.wav", dtype="float32")
    np.testing.assert_array_equal(found["audio_frames/one.wav"], Framing().frames(samples))
    assert not source.independent and source.renderer == "frames"
    assert source.schema == Framing().schema


def test_the_end_of_each_file_is_held_out_by_default(folder):
    source = make_source("audio_frames", folder)
    sets = load_datasets(source)
    assert sets["train"].ids == sets["validation"].ids and len(sets["train"]) == 3
    lengths = sets["train"].lengths + sets["validation"].lengths
    np.testing.assert_allclose(sets["validation"].lengths / lengths, 0.1, atol=0.01)
    whole = {each.id: each.events for each in source.read()}
    for index, name in enumerate(sets["train"].ids):
        parts = [sets["train"][index], sets["validation"][index]]
        np.testing.assert_array_equal(np.concatenate(parts), whole[name])


def test_or_whole_files_are(folder):
    sets = load_datasets(make_source("audio_frames(held_out='files')", folder))
    assert len(sets["train"]) == 2 and len(sets["validation"]) == 1
    assert not set(sets["train"].ids) & set(sets["validation"].ids)
    with pytest.raises(UserError, match="two recordings"):
        load_datasets(make_source("audio_frames(held_out='files')", folder / "one.wav"))


def test_settings_are_those_of_the_framing(folder):
    source = make_source("audio_frames(sample_rate=8000, window=256, hop=64, bands=None)", folder)
    assert source.framing == Framing(8000, 256, 64, None)
    lengths = [len(each.events) for each in source.read()]
    assert lengths[1] == 1 + (16_000 - 256) // 64 and len(source.schema) == 129
    for wrong in ("window=1", "bands=900", "held_out='half'", "seconds=0", "pieces=0", "seed=-1"):
        with pytest.raises(UserError, match=wrong.split("=")[0]):
            make_source(f"audio_frames({wrong})")


def test_columns_that_move_together_are_pulled_apart_unless_there_are_very_many():
    (transform,) = make_source("audio_frames").default_transforms().transforms
    assert type(transform) is Decorrelate and transform.quantum == 1.0
    (transform,) = make_source("audio_frames(bands=None)").default_transforms().transforms
    assert type(transform) is Standardize and len(transform.columns) == 513


def test_files_of_different_kinds_become_alike(folder, caplog):
    caplog.set_level(logging.INFO)
    channels = np.stack([noise(1, 7, 96_000)] * 2, 1)
    soundfile.write(folder / "c.wav", channels, 96_000)
    soundfile.write(folder / "d.wav", noise(1, 7, 44_100, 3.0).clip(-1, 1), 44_100)
    soundfile.write(folder / "e.wav", noise(1, 7), RATE, subtype="PCM_U8")
    lengths = {each.id: len(each.events) for each in make_source("audio_frames", folder).read()}
    for name in "cde":
        assert lengths[f"audio_frames/{name}.wav"] == 59
    said = caplog.text
    assert "resampled: c.wav (from 96,000 Hz), d.wav (from 44,100 Hz)" in said
    assert "mixed to one channel: c.wav (from 2)" in said
    assert "clipped: d.wav (" in said and "8 bits a sample: e.wav" in said
    assert "recordings: 6 files" in said


def test_files_without_a_sound_are_left_out_and_named(folder, caplog):
    soundfile.write(folder / "silent.wav", np.zeros(RATE), RATE)
    soundfile.write(folder / "soft.wav", noise(1, 3, amplitude=1e-4), RATE, subtype="FLOAT")
    soundfile.write(folder / "short.wav", noise(0.05), RATE)
    soundfile.write(folder / "none.wav", np.zeros(0), RATE)
    assert len(list(make_source("audio_frames", folder).read())) == 3
    assert "left out, nothing above floor_db: silent.wav, soft.wav" in caplog.text
    assert "left out, shorter than a frame: none.wav, short.wav" in caplog.text
    for name in ("silent.wav", "none.wav"):
        with pytest.raises(UserError, match="recordings with a sound in them"):
            list(make_source("audio_frames", folder / name).read())


def test_of_many_odd_files_three_are_named(folder, caplog):
    for index in range(5):
        soundfile.write(folder / f"s{index}.wav", np.zeros(RATE), RATE)
    list(make_source("audio_frames", folder).read())
    assert "s0.wav, s1.wav, s2.wav and 2 more" in caplog.text


def test_a_damaged_file_is_an_error_that_names_it(folder):
    (folder / "bad.wav").write_bytes(b"")
    with pytest.raises(UserError, match="bad.wav, which is empty"):
        list(make_source("audio_frames", folder).read())


def test_silence_within_a_recording_stays_finite(tmp_path):
    sound = np.concatenate([noise(1), np.zeros(RATE), noise(1, 1)])
    soundfile.write(tmp_path / "a.wav", sound, RATE)
    source = make_source("audio_frames", tmp_path / "a.wav")
    train = load_datasets(source)["train"]
    assert (train.events == -80).all(1).sum() > 50
    transforms = source.default_transforms().fit(train)
    z = transforms.forward(train.events)
    assert np.isfinite(z).all() and np.abs(z).max() < 50
    np.testing.assert_allclose(transforms.inverse(z), train.events, atol=1e-2)


def test_sound_files_are_recognized_by_their_suffix(folder):
    assert infer_source(folder) == infer_source(folder / "two.flac") == "audio_frames"


def test_another_models_frames_are_refused(folder):
    source = make_source("audio_frames", folder)
    source.use_schema(Framing().schema)
    with pytest.raises(UserError, match="40 columns like mel_00.*80 like"):
        source.use_schema(Framing(bands=40).schema)


def test_without_files_it_makes_pieces_for_voices():
    source = make_source("audio_frames(pieces=6, seconds=2)")
    sets = load_datasets(source)
    assert {name: len(each) for name, each in sets.items()} == {"train": 6, "validation": 1}
    assert set(sets["train"].lengths) == {1 + (2 * RATE - 1024) // 256}
    assert source.licence == "Apache-2.0" and sets["train"].ids[0] == "audio_frames/train-0000"
    again = load_datasets(make_source("audio_frames(pieces=6, seconds=2)"))
    np.testing.assert_array_equal(sets["train"].events, again["train"].events)
