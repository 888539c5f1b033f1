import numpy as np
import pytest

from hachi_tf.audio import Framing
from hachi_tf.data.sources.voices import piece
from hachi_tf.data.sources.voices_synthesis import mix, note

RATE = 16_000


def fundamental(sound):
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 17))
    return np.argmax(spectrum) * RATE / (1 << 17)


@pytest.mark.parametrize("voice, pitch", [("bass", 40), ("pluck", 69), ("organ", 57)])
def test_a_note_has_its_pitch(voice, pitch):
    wanted = 440 * 2 ** ((pitch - 69) / 12)
    assert fundamental(note(voice, pitch, RATE, RATE)) == pytest.approx(wanted, rel=0.01)


@pytest.mark.parametrize("voice", ["bass", "pluck", "organ", "shaker", "drum"])
def test_notes_begin_and_end_without_a_click_and_are_finite(voice):
    for length in (1, 50, 4000):
        sound = note(voice, 60, length, RATE)
        assert sound.shape == (length,) and np.isfinite(sound).all() and np.abs(sound).max() < 1.5
    assert abs(sound[0]) < 0.05 and abs(sound[-1]) < 0.05
    assert np.abs(sound).max() > 0.1


@pytest.mark.parametrize("voice", ["bass", "pluck", "organ"])
def test_no_partial_is_above_half_the_sample_rate(voice):
    low = note(voice, 100, 8000, 8000)  # 2637 Hz; the second harmonic would be mirrored
    spectrum = np.abs(np.fft.rfft(low * np.hanning(8000)))
    assert np.argmax(spectrum) == pytest.approx(2637, abs=2)
    assert spectrum[:2400].max() < 0.01 * spectrum.max()


def test_mixing_adds_notes_where_they_stand_and_cuts_off_the_end():
    sound = mix([("pluck", 60, 0.1, 0.2, 0.5), ("organ", 64, 0.9, 0.3, 1.0)], 1.0, RATE)
    assert sound.shape == (RATE,) and (sound[:1600] == 0).all() and (sound[5000:14_400] == 0).all()
    np.testing.assert_allclose(sound[1600:4800], 0.5 * note("pluck", 60, 3200, RATE))
    np.testing.assert_allclose(sound[14_400:], note("organ", 64, 4800, RATE)[:1600])


def test_a_piece_is_a_function_of_seed_split_and_number():
    first = piece(0, "train", 3, 2.0, RATE)
    np.testing.assert_array_equal(first, piece(0, "train", 3, 2.0, RATE))
    for other in ((1, "train", 3), (0, "validation", 3), (0, "train", 4)):
        assert not np.array_equal(first, piece(*other, 2.0, RATE))


def test_pieces_differ_have_a_sound_and_are_not_clipped():
    pieces = [piece(0, "train", index, 6.0, RATE) for index in range(12)]
    assert len({each.tobytes() for each in pieces}) == 12
    for sound in pieces:
        assert sound.shape == (6 * RATE,) and 0.2 < np.abs(sound).max() <= 1.0
        assert (np.abs(sound) >= 0.999).mean() < 1e-4
        assert np.sqrt(np.mean(sound**2)) > 0.03
    frames = Framing().frames(pieces[0])
    assert 0.02 < (frames == -80).mean() < 0.6


def test_the_chords_come_round_again():
    sound = piece(0, "train", 0, 24.0, RATE)
    frames = Framing().frames(sound)
    frames = frames - frames.mean(0)
    shifts = range(200, 800)
    alike = [np.mean(frames[:600] * frames[shift : shift + 600]) for shift in shifts]
    assert max(alike) > 0.7 * np.mean(frames[:600] ** 2)


def test_another_sample_rate_gives_the_same_piece():
    low, high = piece(0, "train", 0, 1.0, 8000), piece(0, "train", 0, 1.0, RATE)
    assert len(low) == 8000 and fundamental(high) == pytest.approx(
        fundamental(np.repeat(low, 2)), abs=2
    )
