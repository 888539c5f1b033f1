import importlib.metadata
import time

import numpy as np
import pytest

from hachi_tf.data import load_datasets, make_source
from hachi_tf.errors import UserError

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.0//EN" "http://www.w3.org/TR/svg10.dtd" [
<!ATTLIST g xmlns:kvg CDATA #FIXED "http://kanjivg.tagaini.net" kvg:element CDATA #IMPLIED >]>
"""


def write(folder, name, *paths):
    body = "".join(f'<path id="kvg:{i}" d="{path}"/>' for i, path in enumerate(paths))
    svg = f'<svg xmlns="http://www.w3.org/2000/svg"><g>{body}</g></svg>'
    (folder / f"{name}.svg").write_text(HEAD + svg)


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, "04e00", "M11,54c3,0,6,0,9,0l20,0")
    write(tmp_path, "04e8c", "M10,20L30,20", "M5,60l80,0c0,3,0,5,0,9")
    write(tmp_path, "04e8c-Kaisho", "M10,21L30,21")
    write(tmp_path, "0304b", "M1,1h2")
    write(tmp_path, "00041", "M1,1h2")
    write(tmp_path, "08c48", "M1,1h2")
    write(tmp_path, "0f900", "M1,1h2")  # a compatibility character, 08c48's double
    (tmp_path / "README.svg").write_text("not a drawing")
    return tmp_path


def read(folder, options=""):
    return {each.id: each for each in make_source(f"kanji({options})", folder).read()}


def test_a_drawing_is_its_strokes_in_order_simplified(folder):
    drawings = read(folder)
    np.testing.assert_allclose(drawings["kanji/04e00"].events, [[29, 0, 1]], atol=1e-12)
    np.testing.assert_allclose(
        drawings["kanji/04e8c"].events,
        [[20, 0, 1], [-25, 40, 0], [80, 0, 0], [0, 9, 1]],
        atol=1e-12,
    )


def test_tolerance_zero_keeps_every_point_of_a_curve(folder):
    events = read(folder, "tolerance=0")["kanji/04e00"].events
    assert len(events) == 9 + 1
    np.testing.assert_allclose(events.sum(0), [29, 0, 1], atol=1e-12)


def test_only_base_kanji_are_read_unless_asked(folder):
    base = ["kanji/04e00", "kanji/04e8c", "kanji/08c48", "kanji/0f900"]
    assert list(read(folder)) == base
    assert list(read(folder, "variants=True")) == [
        *base[:1],
        "kanji/04e8c-Kaisho",
        *base[1:],
    ]
    assert list(read(folder, "codepoints='all'")) == ["kanji/00041", "kanji/0304b", *base]


def test_text_is_the_character_and_doubles_share_a_group(folder):
    drawings = read(folder, "variants=True")
    assert drawings["kanji/04e8c-Kaisho"].text == "二"
    assert drawings["kanji/04e8c-Kaisho"].group == drawings["kanji/04e8c"].group == "04e8c"
    assert drawings["kanji/0f900"].group == drawings["kanji/08c48"].group == "08c48"


def test_a_character_that_is_composed_of_two_has_a_group_too(tmp_path):
    drawing = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0,0L9,9"/></svg>'
    (tmp_path / "00958.svg").write_text(drawing)
    assert read(tmp_path, "codepoints='all'")["kanji/00958"].group == "009150093c"


def test_a_quantum_puts_every_offset_on_the_grid_and_is_declared(folder):
    source = make_source("kanji(quantum=0.25)", folder)
    assert [feature.quantum for feature in source.schema.features] == [0.25, 0.25, None]
    for sequence in source.read():
        steps = sequence.events[:, :2] / 0.25
        np.testing.assert_array_equal(steps, np.rint(steps))


@pytest.mark.parametrize(
    "content",
    ["", "no XML", "<svg/>", HEAD + "<svg><path id='1'/></svg>", HEAD + "<svg><path d='M1,1"]
    + ["<svg><path d='M1,1A1,1,0,0,0,2,2'/></svg>", "<svg><path d='M1,1e999'/></svg>"]
    + ["<!DOCTYPE svg [<!ENTITY l 'M1,1'>]><svg><path d='&l;'/></svg>", "x" * (1 << 20) + "x"],
)
def test_a_bad_drawing_is_refused_by_name(folder, content):
    (folder / "04e01.svg").write_text(content)
    with pytest.raises(UserError, match=r"04e01\.svg"):
        read(folder)


@pytest.mark.parametrize(
    "options",
    ["tolerance=-1", "tolerance=200.0", "codepoints='kana'", "quantum=0", "quantum=-0.5"]
    + ["quantum='x'", "variants=1", "colour=2"],
)
def test_bad_options_are_refused(folder, options):
    with pytest.raises(UserError, match=options.split("=")[0]):
        make_source(f"kanji({options})", folder)


def test_an_empty_or_missing_folder_is_refused(tmp_path):
    with pytest.raises(UserError, match="KanjiVG"):
        read(tmp_path)
    with pytest.raises(UserError, match="nothing"):
        read(tmp_path / "nothing")


def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    for act in (lambda: list(make_source("kanji").read()), make_source("kanji").fingerprint):
        with pytest.raises(UserError, match=r'pip install "hachi_tf\[kanji\]"'):
            act()


def test_the_package_is_read_in_seconds_and_drawings_have_some_40_points():
    begin = time.process_time()
    datasets = load_datasets(make_source("kanji"))
    assert time.process_time() - begin < 20  # 3 s on an idle machine
    lengths = np.concatenate([dataset.lengths for dataset in datasets.values()])
    assert len(lengths) > 6000
    assert 35 < lengths.mean() < 45 and lengths.max() < 120
    assert 0.08 < len(datasets["validation"]) / len(lengths) < 0.12
    for dataset in datasets.values():
        assert np.abs(dataset.events[:, :2]).max() < 109
        assert all(events[-1, 2] == 1 for events in dataset)


@pytest.mark.slow
def test_all_of_the_package_can_be_read():
    sequences = list(make_source("kanji(codepoints='all', variants=True, quantum=0.1)").read())
    assert len(sequences) > 11_000
    assert len({sequence.id for sequence in sequences}) == len(sequences)
