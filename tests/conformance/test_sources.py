"""Promises that every registered source keeps.

A new source that reads files needs an example here.
"""

import copy
import json
import shutil

import numpy as np
import pytest

from hachi_tf.data import SOURCES, load_datasets, make_source
from hachi_tf.errors import UserError
from hachi_tf.midi import write_midi
from hachi_tf.tables import Column, Table, write_table
from hachi_tf.transforms import transform_from_dict, transform_to_dict


def write_kanji(folder):
    generator = np.random.default_rng(0)
    for codepoint in range(0x4E00, 0x4E10):
        strokes = ""
        for _ in range(3):
            x, y = generator.integers(0, 60, 2)
            strokes += f'<path d="M{x},{y}c1,8,20,9,{generator.integers(9, 40)},{x}"/>'
        (folder / f"{codepoint:05x}.svg").write_text(f"<svg>{strokes}</svg>")
    return folder


def write_iam_ondb(folder):
    (folder / "lineStrokes").mkdir()
    (folder / "ascii").mkdir()
    (folder / "task1").mkdir()
    for index, name in enumerate(["trainset", "testset_t", "testset_f", "testset_v"]):
        (folder / "task1" / f"{name}.txt").write_text(f" a0{index}-000\n")
        (folder / "ascii" / f"a0{index}-000.txt").write_text("CSR:\n\none\ntwo\n")
        for line in (1, 2, 3):
            points = "".join(f'<Point x="{x**2}" y="{x * line}"/>' for x in range(9))
            (folder / "lineStrokes" / f"a0{index}-000-0{line}.xml").write_text(
                f"<S><Stroke>{points}</Stroke><Stroke>{points}</Stroke></S>"
            )
    return folder


def write_sketch_rnn(folder):
    generator = np.random.default_rng(0)
    arrays = {}
    for name in ("train", "valid"):
        arrays[name] = np.empty(8, object)
        for index in range(8):
            arrays[name][index] = generator.integers(-50, 50, (9, 3)).astype(np.int16)
            arrays[name][index][:, 2] = np.arange(9) % 4 == 0
    np.savez(folder / "a.npz", **arrays)
    return folder / "a.npz"


def write_midi_files(folder):
    generator = np.random.default_rng(0)
    heads = (Column("0_pitch"), Column("1_velocity"), Column("2_duration"),
             Column("3_channel", categorical=True))  # fmt: skip
    for piece in range(8):
        times = np.cumsum(generator.integers(1, 500, 9)) / 1000
        numbers = [generator.integers(1, 127, 9), generator.integers(1, 128, 9), times / 10 + 0.1]
        channels = np.array(["1", "10", "3"] * 3, object)
        write_midi(Table(heads, times, (*numbers, channels)), folder / f"{piece}.mid")
    return folder


def write_event_table(folder):
    generator = np.random.default_rng(0)
    for take in range(3):
        times = np.cumsum(generator.integers(0, 500, 40)) / 1000
        numbers = [generator.integers(0, 128, 40) + 0.0, generator.gamma(2, 0.1, 40)]
        labels = np.array(["a", "b, c", "10"], object)[generator.integers(0, 3, 40)]
        columns = (Column("pitch"), Column("1", target=True), Column("2", categorical=True))
        write_table(Table(columns, times, (*numbers, labels)), folder / f"{take}.csv")
    return folder


def write_text(folder):
    verse = "The Owl and the Pussy-cat went to sea\nIn a beautiful pea-green boat"
    (folder / "owl.txt").write_text(verse, encoding="utf-8")
    (folder / "ros.md").write_text("Sah ein Knab' ein Ro\u0308slein stehn\r\n", encoding="utf-8")
    return folder


def write_time_series(folder):
    generator = np.random.default_rng(0)
    for series in range(3):
        values = np.exp(np.cumsum(generator.normal(0, 0.1, 60)))
        days = np.datetime64("2024-01-01") + np.arange(60)
        rows = [f"{day},{value:.5f}" for day, value in zip(days, values, strict=True)]
        (folder / f"{series}.csv").write_text("\n".join(["date,price", *rows]))
    return folder


def write_pen_lines(folder):
    lines = []
    for line in range(6):
        points = [[[20 * n + p, line + p * p % 17, n + p / 50] for p in range(9)] for n in range(3)]
        lines.append({"id": f"{line}", "text": f"line {line}", "strokes": points})
    content = json.dumps({"format": "hachi_tf lines", "lines": lines})
    (folder / "mine.json").write_text(content)
    return folder / "mine.json"


EXAMPLES = {
    "kanji": write_kanji,
    "iam_ondb": write_iam_ondb,
    "sketch_rnn": write_sketch_rnn,
    "midi": write_midi_files,
    "pen_lines": write_pen_lines,
    "event_table": write_event_table,
    "time_series": write_time_series,
    "text": write_text,
}

# Settings for sources that would else have more to give than these tests need.
SETTINGS = {
    "hershey": "hershey(lines=32)",
    "rhythm": "rhythm(pieces=32)",
    "audio_frames": "audio_frames(pieces=6, seconds=2)",
}


def make(name, data=None):
    return make_source(SETTINGS.get(name, name), data)


@pytest.fixture(params=sorted(SOURCES))
def name(request):
    return request.param


@pytest.fixture
def data(name, tmp_path):
    if name in EXAMPLES:
        (tmp_path / "data").mkdir()
        return EXAMPLES[name](tmp_path / "data")
    try:
        make(name)
    except UserError as error:
        pytest.fail(f"{name} needs an example in EXAMPLES: {error}")
    return None


def test_a_source_says_what_it_is(name, data):
    source = make(name, data)
    assert source.name == name
    assert source.licence and source.credit
    assert type(source).__doc__.strip()


def test_sequences_fit_the_schema(name, data):
    source = make(name, data)
    sequences = list(source.read())
    ids = [sequence.id for sequence in sequences]
    assert sequences and len(set(ids)) == len(ids)
    for sequence in sequences:
        assert sequence.id.startswith(f"{name}/")
        assert sequence.split in (source.splits or ("",))
        assert sequence.text is None or isinstance(sequence.text, str)
        assert sequence.events.ndim == 2 and sequence.events.shape[1] == len(source.schema)
        assert sequence.events.dtype.kind == "f" and not np.isinf(sequence.events).any()
        for column, feature in enumerate(source.schema.features):
            values = sequence.events[:, column]
            values = values[~np.isnan(values)]
            if feature.kind == "binary":
                assert np.isin(values, (0, 1)).all()
            if feature.kind == "categorical":
                assert np.isin(values, range(len(feature.classes))).all()
            if feature.quantum:
                steps = values / feature.quantum
                np.testing.assert_allclose(steps, np.rint(steps), atol=1e-6)


def test_strokes_end_with_the_pen_lifted(name, data):
    source = make(name, data)
    if source.renderer != "strokes":
        pytest.skip(f"{name} is not strokes")
    assert source.schema.names == ["dx", "dy", "end_of_stroke"]
    assert all(sequence.events[-1, 2] == 1 for sequence in source.read())


def test_reading_again_gives_the_same(name, data):
    first, again = list(make(name, data).read()), list(make(name, data).read())
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.events, other.events)
        for field in ("text", "id", "split", "group"):
            assert getattr(one, field) == getattr(other, field)


def test_the_cache_gives_the_same(name, data, tmp_path):
    plain = load_datasets(make(name, data))
    load_datasets(make(name, data), cache_dir=tmp_path / "cache")
    cached = load_datasets(make(name, data), cache_dir=tmp_path / "cache")
    assert list(plain) == list(cached) and len(plain["train"])
    for split, dataset in plain.items():
        np.testing.assert_array_equal(dataset.events, cached[split].events)
        np.testing.assert_array_equal(dataset.offsets, cached[split].offsets)
        assert (dataset.ids, dataset.texts) == (cached[split].ids, cached[split].texts)


def test_the_fingerprint_tells_data_and_options_apart_but_not_places(name, data, tmp_path):
    source = make(name, data)
    assert len(source.fingerprint()) == 32
    assert source.fingerprint() == make(name, data).fingerprint()
    other = copy.copy(source)
    other.options = {**source.options, "another": 1}
    assert other.fingerprint() != source.fingerprint()
    if data is None:
        return
    shutil.copytree(tmp_path / "data", tmp_path / "moved", copy_function=shutil.copy2)
    moved = tmp_path / "moved" / data.relative_to(tmp_path / "data")
    assert make(name, moved).fingerprint() == source.fingerprint()
    changed = moved if moved.is_file() else next(p for p in moved.rglob("*") if p.is_file())
    changed.write_bytes(changed.read_bytes() + b" ")
    assert make(name, moved).fingerprint() != source.fingerprint()


def test_the_default_transforms_can_be_fitted_saved_and_inverted(name, data):
    source = make(name, data)
    train = load_datasets(source)["train"]
    transform = source.default_transforms().fit(train)
    transform = transform_from_dict(transform_to_dict(transform))
    forward = transform.forward(train.events)
    assert np.isfinite(forward).all()
    np.testing.assert_allclose(transform.inverse(forward), train.events, atol=1e-3)


def test_data_that_is_not_there_is_refused(name, tmp_path):
    with pytest.raises(UserError, match="nowhere"):
        list(make(name, tmp_path / "nowhere").read())
