"""Sound from the command line: recordings in, a WAV out."""

import json

import numpy as np
import pytest
import soundfile
from PIL import Image

from hachi_tf import evaluate, export, sample, train
from hachi_tf.data.sources.voices import piece

pytestmark = pytest.mark.usefixtures("opened_once")

RATE = 8000
SOURCE = f"--source=audio_frames(sample_rate={RATE}, window=256, hop=128, bands=24)"


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sound") / "takes"
    folder.mkdir()
    for index, rate in enumerate((RATE, RATE, 44_100)):
        soundfile.write(folder / f"{index}.wav", piece(0, "train", index, 6.0, rate), rate)
    return folder


@pytest.fixture(scope="module")
def sound_run(recordings, tiny_flags):
    run = recordings.parent / "run"
    flags = [SOURCE, f"--run_dir={run}", *tiny_flags, "--sequence_length=40"]
    flags += ["--epochs=4", "--validate_every=100"]  # each validation makes sounds
    assert train.main([str(recordings), *flags]) == 0
    return run


@pytest.fixture
def draw(capsys):
    """Runs `sample` in this process; gives what it wrote to stdout as JSON."""

    def draw(*arguments):
        assert sample.main([*map(str, arguments), "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return draw


def test_training_goes_on_with_a_recording(sound_run):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    pictures = sorted((sound_run / "samples").glob("step-*.png"))
    with Image.open(pictures[0]) as image:
        assert image.size[0] == 1600
    events = EventAccumulator(str(sound_run / "tensorboard"), {"tensors": 0})
    events.Reload()
    tags = events.Tags()["tensors"]
    assert {"samples", "temperature 0.5", "temperature 1.0"} <= set(tags)
    sound = events.Tensors("temperature 1.0")[0].tensor_proto.string_val[0]
    assert sound[:4] == b"RIFF"


def test_evaluate_names_what_repeating_the_last_frame_gives(sound_run, capsys, caplog):
    caplog.set_level("INFO")
    assert evaluate.main([str(sound_run), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["repetition_nats_per_step"] < figures["baseline_nats_per_step"]
    assert "repeating the last frame" in caplog.text


def test_a_recording_is_gone_on_with_as_a_wav(sound_run, recordings, draw, tmp_path):
    flags = [sound_run, "--seed=3", "--num_steps=125", f"--prime={recordings / '2.wav'}"]
    said = draw(*flags, f"--output={tmp_path / 'on.wav'}")
    assert said["seconds"] == [2.0] and said["prime_seconds"] == pytest.approx(6.0, abs=0.1)
    samples, rate = soundfile.read(tmp_path / "on.wav")
    assert rate == RATE and len(samples) == 2 * RATE
    assert 1e-4 < np.sqrt(np.mean(samples**2)) < 1
    again = draw(*flags, f"--output={tmp_path / 'again.wav'}", "--keep_prime")
    assert again["lengths"] == said["lengths"]
    assert soundfile.info(tmp_path / "again.wav").frames > 7.5 * RATE


def test_an_export_sounds_the_same(sound_run, recordings, draw, tmp_path):
    folder = tmp_path / "export"
    assert export.main([f"--run_dir={sound_run}", f"--export_dir={folder}", "--max_steps=60"]) == 0
    flags = ["--seed=3", "--num_steps=60", f"--prime={recordings / '0.wav'}"]
    draw(sound_run, *flags, f"--output={tmp_path / 'run.npz'}")
    draw(f"--export_dir={folder}", *flags, f"--output={tmp_path / 'export.npz'}")
    one, other = (np.load(tmp_path / f"{name}.npz")["events"] for name in ("run", "export"))
    np.testing.assert_array_equal(one, other)


def test_a_spectrogram_of_several(sound_run, draw, tmp_path):
    flags = [sound_run, "--num_samples=3", "--num_steps=50", "--seed=1", "--temperature=0.5"]
    draw(*flags, f"--output={tmp_path / 'a.png'}")
    with Image.open(tmp_path / "a.png") as image:
        assert image.size[1] > 900


@pytest.mark.slow
def test_many_to_one_learns_scores_and_draws_by_windows(recordings, draw, capsys, tmp_path):
    run = tmp_path / "windows"
    flags = ["--layers=1", "--hidden_size=8", "--mixtures=2", "--epochs=1", "--batch_size=32"]
    windows = ["--context=40", "--stride=20", "--validation_fraction=0.3", "--device=cpu"]
    assert train.main([str(recordings), SOURCE, f"--run_dir={run}", *flags, *windows]) == 0
    capsys.readouterr()
    assert evaluate.main([str(run), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["num_events"] == figures["num_sequences"] > 20  # one of each window
    prime = f"--prime={recordings / '0.wav'}"
    draw(run, prime, "--num_steps=3", "--seed=1", f"--output={tmp_path / 'a.npz'}", "--keep_prime")
    events = np.load(tmp_path / "a.npz")["events"][0]
    np.savez(tmp_path / "last.npz", events=events[None, -43:-3], lengths=[40])
    prime = f"--prime={tmp_path / 'last.npz'}"
    draw(run, prime, "--num_steps=1", "--seed=1", f"--output={tmp_path / 'b.npz'}")
    np.testing.assert_array_equal(np.load(tmp_path / "b.npz")["events"][0, 0], events[-3])


def test_silent_or_damaged_recordings_end_in_one_line(failing_program, tmp_path):
    soundfile.write(tmp_path / "silent.wav", np.zeros(RATE), RATE)
    done = failing_program("train", tmp_path / "silent.wav", f"--run_dir={tmp_path / 'run'}")
    assert done.returncode == 2 and "recordings with a sound in them" in done.stderr
    (tmp_path / "empty.wav").write_bytes(b"")
    done = failing_program("train", tmp_path / "empty.wav", f"--run_dir={tmp_path / 'run'}")
    assert done.returncode == 2 and "empty.wav, which is empty" in done.stderr


def test_what_does_not_suit_a_sound_is_refused(sound_run, failing_program, tmp_path):
    for flag, message in (("--output=a.svg", "suffix"), ("--text=hello", "no --text")):
        done = failing_program("sample", sound_run, flag)
        assert done.returncode == 2 and message in done.stderr
