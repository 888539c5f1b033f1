"""What `sample` does with a model of sound, with one that repeats the last frame it has heard."""

from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from hachi_tf.audio import Framing
from hachi_tf.data import load_datasets, make_source
from hachi_tf.data.sources.voices import piece
from hachi_tf.errors import UserError
from hachi_tf.rendering import read_npz
from hachi_tf.rendering.frames import save_frames
from hachi_tf.writing.sound_samples import framing_of, sample_sound

SOURCE = "audio_frames(sample_rate=8000, window=512, hop=128, bands=40, pieces=2, seconds=1)"
FRAMING = Framing(8000, 512, 128, 40)
FLAGS = dict(
    num_samples=1, bias=0.0, temperature=1.0, prime="", keep_prime=False, output="", fix=(),
    text="", style="", prime_text="", retries=0, again="", page="", columns=None, top_k=0,
    top_p=1.0, stop=(),
)  # fmt: skip


class Repeats:
    """A model that draws the last frame of its prime, or silence, 1 dB louder at each call."""

    schema, max_steps = FRAMING.schema, 100

    def sample(self, num_samples, num_steps, bias, temperature, seed, prime):
        self.prime, self.seed = prime, seed
        primes = [prime] * num_samples if prime is None or isinstance(prime, np.ndarray) else prime
        last = [np.full(40, -80.0) if each is None else each[-1] for each in primes]
        return self.continue_(last, num_steps, bias, temperature, seed)

    def continue_(self, state, num_steps, bias, temperature, seed):
        assert num_steps <= self.max_steps
        state = [last + 1 for last in state]
        events = [np.tile(last, (num_steps, 1)).astype(np.float32) for last in state]
        return SimpleNamespace(events=events, state=state)


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(source=SOURCE, windows=None, **flags):
        opened = SimpleNamespace(
            model=Repeats(),
            trained_on={"source": source} | (windows or {}),
            num_steps=125,
            splits=lambda: load_datasets(make_source(SOURCE)),
        )
        result = sample_sound(SimpleNamespace(**FLAGS | flags), opened, 1)
        return result, opened.model.prime

    return run


def test_without_a_prime_it_begins_by_itself(run):
    result, prime = run(num_samples=2)
    assert prime is None and result["files"] == ["sample-1.wav", "sample-2.wav"]
    assert result["lengths"] == [125, 125] and result["seconds"] == [2.0, 2.0]
    assert soundfile.info("sample-1.wav").duration == 2.0


def test_a_recording_of_any_kind_is_gone_on_with(run):
    sound = piece(0, "train", 0, 2.0, 48_000)
    soundfile.write("take.flac", np.stack([sound, sound], 1), 48_000)
    result, prime = run(prime="take.flac", output="on.wav")
    assert prime.shape == (1 + (16_000 - 512) // 128, 40) and prime.max() > -30
    assert result["prime_seconds"] == pytest.approx(2.0, abs=0.07)
    assert soundfile.info("on.wav").frames == 125 * 128
    result, _ = run(prime="take.flac", output="whole.wav", keep_prime=True)
    assert soundfile.info("whole.wav").frames == (125 + len(prime)) * 128
    assert result["lengths"] == [125]


def test_so_is_a_sequence_of_the_data_and_an_npz(run):
    wanted = load_datasets(make_source(SOURCE))["validation"][0]
    _, prime = run(prime="audio_frames/validation-0000", output="a.npz", keep_prime=True)
    np.testing.assert_array_equal(prime, wanted)
    np.testing.assert_array_equal(read_npz("a.npz")[0][: len(wanted)], wanted)
    _, prime = run(prime="a.npz", output="b.png")
    np.testing.assert_array_equal(prime[: len(wanted)], wanted)


def test_more_than_a_call_draws_goes_on_from_where_it_was(run):
    run(prime="audio_frames/validation-0000", output="a.npz", num_samples=2)
    last = load_datasets(make_source(SOURCE))["validation"][0][-1]
    for drawn in read_npz("a.npz"):
        np.testing.assert_array_equal(drawn, last + np.repeat([1.0, 2.0], [100, 25])[:, None])


def test_a_model_of_windows_reads_a_window_before_each_horizon(run, caplog):
    windows, name = {"context": 40, "horizon": 2}, "audio_frames/validation-0000"
    _, prime = run(prime=name, output="a.npz", windows=windows, num_samples=2)
    whole = load_datasets(make_source(SOURCE))["validation"][0]
    drawn, other = read_npz("a.npz")
    np.testing.assert_array_equal(drawn, other)
    np.testing.assert_array_equal(drawn[:5, 0] - whole[-1, 0], [1, 1, 2, 2, 3])
    # The last call draws frame 125 from the 40 before it.
    np.testing.assert_array_equal(prime[0], drawn[84:124])
    assert not caplog.messages
    np.savez("short.npz", events=whole[None, :7], lengths=[7])
    run(prime="short.npz", output="a.npz", windows=windows)
    assert "the prime has 7 frames; training's windows have 40" in caplog.text
    with pytest.raises(UserError, match="--prime=RECORDING for a model that was trained with"):
        run(windows=windows)


def test_a_silent_recording_is_gone_on_with_and_said(run, caplog):
    soundfile.write("silent.wav", np.zeros(8000), 8000)
    _, prime = run(prime="silent.wav", output="a.wav")
    assert (prime == -80).all() and "silent: silent.wav" in caplog.text


@pytest.mark.parametrize(
    "flags, message",
    [
        ({"prime": "nowhere.wav"}, "a file that can be read; got nowhere.wav"),
        ({"prime": "audio_frames/nothing"}, "ids are like audio_frames/train-0000"),
        ({"prime": "short.wav"}, "a finite sound of 0.064 s or more for --prime"),
        ({"prime": "empty.wav"}, "empty.wav, which is empty"),
        ({"prime": "other.npz"}, "frames of 40 columns"),
        ({"output": "a.svg"}, "suffix of .wav .flac .png .npz .csv .json for sound"),
        ({"keep_prime": True}, "--prime=..., which --keep_prime is about"),
        ({"text": "Hello"}, "no --text for a model of sound"),
        ({"fix": ("mel_00=1",)}, "no --fix"),
        ({"top_p": 0.5}, "no --top_p"),
        ({"columns": 3}, "no --columns"),
        ({"source": "audio_frames(bands=41)"}, "a model of the frames of audio_frames"),
        ({"source": "rhythm"}, "--source=audio_frames; got rhythm"),
        ({"source": ""}, "--source=audio_frames"),
    ],
)
def test_what_does_not_suit_a_sound_is_refused(flags, message, run):
    soundfile.write("short.wav", np.zeros(100), 8000)
    open("empty.wav", "wb").close()
    save_frames([np.zeros((3, 80))], "other.npz", Framing())
    with pytest.raises(UserError) as error:
        run(**flags)
    assert message in str(error.value)


def test_the_framing_is_that_of_the_source_the_model_was_trained_with():
    assert framing_of(SOURCE) == FRAMING
    assert framing_of("audio_frames(held_out='files', hop=200)") == Framing(hop=200)
