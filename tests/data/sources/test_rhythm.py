import collections

import numpy as np
import pytest

from hachi_tf.data import load_datasets, make_source
from hachi_tf.data.sources import rhythm_band as band
from hachi_tf.data.sources import rhythm_melody as melody
from hachi_tf.data.sources.rhythm import CHANNELS
from hachi_tf.data.sources.rhythm_harmony import SCALES, Key, voicing
from hachi_tf.data.sources.rhythm_player import perform
from hachi_tf.data.sources.rhythm_styles import FILLS, STYLES, pattern_notes
from hachi_tf.errors import UserError
from hachi_tf.midi import read_midi, write_midi
from hachi_tf.tables import to_events, to_table

TIME, PITCH, VELOCITY, DURATION, CHANNEL = range(5)


@pytest.fixture(scope="module")
def pieces():
    source = make_source("rhythm")
    return [source.piece("train", 0, index) for index in range(96)]


def written(count=48):
    """Notes and chords as they are written, before anybody plays them."""
    for seed in range(count):
        generator = np.random.default_rng(seed)
        style = list(STYLES.values())[seed % len(STYLES)]
        players = band.Band(style, generator)
        yield players.key, *players.play(200)


def entropy(*columns):
    """Of the empirical distribution of rows, in nats."""
    counts = np.array(list(collections.Counter(zip(*columns, strict=True)).values()))
    share = counts / counts.sum()
    return float(-(share * np.log(share)).sum())


def test_a_piece_is_the_same_however_it_is_reached(pieces):
    read = list(make_source("rhythm(pieces=3)").read())[:3]
    again = make_source("rhythm(pieces=9)").epoch(0)
    for one, other, piece in zip(read, again, pieces, strict=False):
        assert one.id == other.id
        np.testing.assert_array_equal(one.events, other.events)
        np.testing.assert_array_equal(one.events, piece.events)
    assert read[2].id == "rhythm/train-0-000002"


def test_epochs_seeds_and_splits_give_other_pieces(pieces):
    source, other = make_source("rhythm"), make_source("rhythm(seed=1)")
    seen = {piece.events.tobytes() for piece in pieces}
    assert len(seen) == len(pieces)
    for index in range(20):
        for new in (
            source.piece("train", 1, index),
            source.piece("validation", 0, index),
            other.piece("train", 0, index),
        ):
            assert new.events.tobytes() not in seen


def test_read_gives_epoch_0_and_128_pieces_of_validation():
    sets = load_datasets(make_source("rhythm(pieces=4)"))
    assert {name: len(each) for name, each in sets.items()} == {"train": 4, "validation": 128}
    assert sets["validation"].ids[0] == "rhythm/validation-0-000000"


def test_pieces_have_some_150_to_400_notes_and_last_a_while(pieces):
    counts = [len(piece.events) for piece in pieces]
    assert 120 <= min(counts) and max(counts) <= 440 and 230 < np.median(counts) < 300
    seconds = [piece.events[:, TIME].sum() for piece in pieces]
    assert 7 < min(seconds) and max(seconds) < 70


def test_every_column_keeps_to_its_range_and_grid(pieces):
    events = np.concatenate([piece.events for piece in pieces])
    assert all(piece.events[0, TIME] == 0 for piece in pieces)
    assert 0 <= events[:, TIME].min() and events[:, TIME].max() < 2
    assert 20 < events[:, VELOCITY].min() and events[:, VELOCITY].max() <= 127
    assert 0.001 <= events[:, DURATION].min() and events[:, DURATION].max() < 5
    milliseconds = 1000 * events[:, [TIME, DURATION]]
    np.testing.assert_allclose(milliseconds, np.rint(milliseconds), atol=1e-9)
    pitches = {voice: events[events[:, CHANNEL] == voice, PITCH] for voice in range(len(CHANNELS))}
    for voice, (low, high) in enumerate([(64, 96), (50, 76), (33, 56), (36, 51)]):
        assert low <= pitches[voice].min() and pitches[voice].max() <= high, voice
    shares = [len(pitches[voice]) / len(events) for voice in range(4)]
    np.testing.assert_allclose(shares, [0.1, 0.29, 0.16, 0.45], atol=0.04)


def test_all_styles_modes_and_keys_occur(pieces):
    assert {piece.style for piece in pieces} == set(STYLES)
    assert {piece.key.mode for piece in pieces} == set(SCALES)
    assert len({piece.key.root for piece in pieces}) == 12


def test_melody_and_chords_stay_in_the_key_and_the_bass_leads_to_chords_from_outside(pieces):
    inside = []
    for piece in pieces:
        tuned = piece.events[piece.events[:, CHANNEL] <= 1]
        classes = [piece.key.pitch(degree) % 12 for degree in range(7)]
        assert set(tuned[:, PITCH] % 12) <= set(classes)
        bass = piece.events[piece.events[:, CHANNEL] == 2]
        inside.append(np.isin(bass[:, PITCH] % 12, classes).mean())
    assert 0.85 < np.mean(inside) < 0.98


def test_the_bass_plays_the_root_where_a_chord_changes_and_the_melody_a_tone_of_it():
    for key, notes, chords in written():
        bass = {note.start: note.pitch for note in notes if note.voice == band.BASS}
        tune = {note.start: note.pitch for note in notes if note.voice == band.MELODY}
        before = None
        for start, root in chords:
            if root != before:
                assert bass[start] % 12 == key.pitch(root) % 12
            before = root
            if start in tune:
                tones = {key.pitch(root + step) % 12 for step in melody.CHORD_STEPS}
                assert tune[start] % 12 in tones


def test_a_piece_ends_on_the_tonic():
    for key, notes, _ in written(12):
        last = max(note.start for note in notes)
        final = {note.voice: note.pitch for note in notes if note.start == last}
        assert set(final) == {band.MELODY, band.CHORDS, band.BASS, band.DRUMS}
        assert final[band.MELODY] % 12 == final[band.BASS] % 12 == key.root


def test_melodies_go_mostly_by_step():
    leaps = []
    for _, notes, _ in written():
        tune = [note.pitch for note in notes if note.voice == band.MELODY]
        leaps += np.abs(np.diff(tune)).tolist()
    leaps = np.array(leaps)
    assert (leaps <= 2).mean() > 0.45 and (leaps <= 5).mean() > 0.85 and leaps.max() <= 16
    assert (leaps == 0).mean() < 0.25


def test_no_note_sounds_when_its_pitch_is_struck_again(pieces):
    for piece in pieces:
        begin = np.rint(1000 * np.cumsum(piece.events[:, TIME]))
        end = begin + np.rint(1000 * piece.events[:, DURATION])
        key = 128 * piece.events[:, CHANNEL] + piece.events[:, PITCH]
        for each in np.unique(key):
            assert (end[key == each][:-1] < np.maximum(begin[key == each][1:], 1)).all()


def test_the_channel_tells_much_of_pitch_and_the_two_of_duration(pieces):
    """What a head with coupled columns can win, in nats an event."""
    events = np.concatenate([piece.events for piece in pieces])
    pitch, channel = events[:, PITCH], events[:, CHANNEL]
    length = np.rint(3 * np.log2(events[:, DURATION]))  # a third of an octave
    about_pitch = entropy(pitch) + entropy(channel) - entropy(pitch, channel)
    about_length = entropy(length) + entropy(pitch, channel) - entropy(length, pitch, channel)
    assert about_pitch > 0.8 and about_length > 0.6


def test_house_has_four_kicks_a_bar_at_its_tempo():
    for index in range(8):
        piece = make_source("rhythm(styles='house')").piece("train", 0, index)
        begin = np.cumsum(piece.events[:, TIME])
        kicks = begin[(piece.events[:, PITCH] == 36) & (piece.events[:, CHANNEL] == 3)]
        assert 60 / 131 < np.median(np.diff(kicks)) < 60 / 115


def test_swing_lengthens_the_first_eighth():
    style = STYLES["swing"]
    notes = [band.Note(start, 1.0, 60 + start, 80, band.DRUMS) for start in range(0, 64, 2)]
    events = perform(notes, style, np.random.default_rng(0))
    long, short = events[1::2, TIME].mean(), events[2::2, TIME].mean()
    assert 0.58 < long / (long + short) < 0.69


def test_voicings_have_all_tones_and_move_little():
    key = Key(2, "dorian")
    first = voicing(key, 0, (0, 2, 4), None)
    second = voicing(key, 3, (0, 2, 4), first)
    assert {pitch % 12 for pitch in first} == {2, 5, 9}
    assert {pitch % 12 for pitch in second} == {7, 11, 2}
    assert np.abs(np.subtract(second, first)).max() <= 3


def test_a_key_knows_its_degrees():
    key = Key(9, "minor")
    assert [key.pitch(degree) for degree in (0, 2, 7, 16)] == [9, 12, 21, 36]
    for degree in range(30, 60):
        assert key.nearest_degree(key.pitch(degree)) == degree


def test_patterns_are_bars():
    for style in STYLES.values():
        drums = [pattern for each in style.drums for pattern in each.values()]
        for pattern in (*drums, *style.bass, *style.chords, *style.melody):
            assert len(pattern) == 16, (style.name, pattern)
        assert all(set(pattern) <= set("Xxg.") for pattern in drums)
        assert all(set(pattern) <= set("rtfoa-.") for pattern in style.bass)
        assert all(set(pattern) <= set("c0123-.") for pattern in style.chords)
        assert all(set(pattern) <= set("x-.") for pattern in style.melody)
        assert all(pattern[0] == "r" for pattern in style.bass)
    assert all(len(fill) == 4 and set(fill) <= set("st.") for fill in FILLS)
    assert pattern_notes("r-.r") == [(0, 2, "r"), (3, 1, "r")]


@pytest.mark.parametrize(
    "options", ["pieces=0", "seed=-1", "styles='polka'", "styles=''", "pieces='x'", "colour=2"]
)
def test_bad_options_are_refused(options):
    with pytest.raises(UserError, match=options.split("=")[0]):
        make_source(f"rhythm({options})")


def test_data_is_refused_and_the_fingerprint_tells_options_apart(tmp_path):
    with pytest.raises(UserError, match="rhythm"):
        make_source("rhythm", tmp_path)
    options = ["", "seed=1", "pieces=9", "styles='funk'"]
    assert len({make_source(f"rhythm({each})").fingerprint() for each in options}) == len(options)


def test_a_piece_comes_back_from_a_midi_file(pieces, tmp_path):
    piece, schema = pieces[0].events, make_source("rhythm").schema
    path = write_midi(to_table(piece, schema), tmp_path / "piece.mid")
    again = to_events(read_midi(path), schema)
    assert again.shape == piece.shape
    order, other = (np.lexsort((each[:, PITCH], each[:, CHANNEL])) for each in (piece, again))
    np.testing.assert_array_equal(again[other][:, 1:3], piece[order][:, 1:3])
    np.testing.assert_allclose(again[:, TIME].sum(), piece[:, TIME].sum(), atol=1e-6)
    np.testing.assert_allclose(again[other, DURATION], piece[order, DURATION], atol=1e-6)
