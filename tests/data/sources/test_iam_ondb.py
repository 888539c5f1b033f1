import collections
import logging
import os
import pathlib
import tarfile

import numpy as np
import pytest

from hachi_tf.data import load_datasets, make_source
from hachi_tf.data.sources.iam_writers import writers_in_order
from hachi_tf.errors import UserError

LISTS = {
    "trainset": [" a01-000u", " a01-001"],
    "testset_t": [" b01-000"],
    "testset_f": ["b02-000"],
    "testset_v": [" c01-000z"],
}
TEXTS = {
    "a01-000u": "OCR:\n\nA MOVE\nto\n\nCSR:\n\nA MOV\nto stop\n",
    "a01-001": "OCR:\r\n\r\nx\r\n\r\nCSR: \r\n\r\n only one line \r\n \r\n",
    "b01-000": "OCR:\n\nno other block\n",
    "c01-000z": "CSR:\n\nheld out",
}
LINES = {
    "a01-000u-01": [[(10, 20), (13, 24)], [(20, 20), (21, 19), (5000, 19)]],
    "a01-000u-02": [[(7, 7)]],
    "a01-001-01": [[(0, 0)], [(5, 5), (6, 6)]],
    "a01-001-02": [[(1, 1), (2, 2)]],
    "b01-000-01": [[(1, 1), (2, 2)]],
    "b02-000-01": [[(1, 1), (2, 2)]],
    "c01-000z-01": [[(4, 4), (3, 3)]],
    "z99-000-01": [[(1, 1), (2, 2)]],
}


def line_xml(strokes):
    body = "".join(
        "<Stroke colour='black'>"
        + "".join(f'<Point x="{x}" y="{y}" time="{-i}"/>' for i, (x, y) in enumerate(stroke))
        + "</Stroke>"
        for stroke in strokes
    )
    return f"<WhiteboardCaptureSession><StrokeSet>{body}</StrokeSet></WhiteboardCaptureSession>"


@pytest.fixture
def folder(tmp_path):
    """A tiny IAM-OnDB, unpacked."""
    root = tmp_path / "iam in a folder"
    for line, strokes in LINES.items():
        path = root / "lineStrokes" / line[:3] / line[:7] / f"{line}.xml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(line_xml(strokes))
    for form, text in TEXTS.items():
        path = root / "ascii" / form[:3] / form[:7] / f"{form}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    (root / "task1").mkdir()
    for name, forms in LISTS.items():
        (root / "task1" / f"{name}.txt").write_text("\n".join([*forms, ""]))
    return root


def pack(folder, what):
    """Replaces an unpacked folder with the official archive."""
    with tarfile.open(folder / f"{what}-all.tar.gz", "w:gz") as archive:
        archive.add(folder / what, arcname=what)
    (folder / what).rename(folder.parent / what)


def read(folder, **options):
    text = "iam_ondb(" + ", ".join(f"{key}={value!r}" for key, value in options.items()) + ")"
    return {each.id[len("iam_ondb/") :]: each for each in make_source(text, folder).read()}


@pytest.mark.parametrize("packed", [(), ("ascii",), ("lineStrokes",), ("ascii", "lineStrokes")])
def test_archives_and_folders_and_a_mix_give_the_same(folder, packed):
    before = read(folder)
    for what in packed:
        pack(folder, what)
    after = read(folder)
    assert after.keys() == before.keys()
    for line, sequence in after.items():
        np.testing.assert_array_equal(sequence.events, before[line].events)
        assert (sequence.text, sequence.split) == (before[line].text, before[line].split)


def test_the_split_is_that_of_graves(folder):
    splits = {line: sequence.split for line, sequence in read(folder).items()}
    assert splits.pop("c01-000z-01") == "validation"
    assert set(splits.values()) == {"train"} and len(splits) == 6


def test_lines_in_no_list_are_left_out_and_counted(folder, caplog):
    with caplog.at_level(logging.INFO, "hachi_tf"):
        assert "z99-000-01" not in read(folder)
    assert "6 train, 1 validation, 1 left out, 3 without text" in caplog.text


def test_a_line_gets_its_line_of_the_csr_block(folder):
    texts = {line: sequence.text for line, sequence in read(folder).items()}
    assert texts["a01-000u-01"] == "A MOV" and texts["a01-000u-02"] == "to stop"
    assert texts["a01-001-01"] == "only one line" and texts["a01-001-02"] is None
    assert texts["b01-000-01"] is None and texts["b02-000-01"] is None


def test_without_transcriptions_there_are_no_texts_and_a_warning(folder, caplog):
    (folder / "ascii").rename(folder.parent / "ascii")
    assert {sequence.text for sequence in read(folder).values()} == {None}
    assert "no text" in caplog.text


def test_points_become_offsets_in_the_files_order_and_outliers_are_clipped(folder):
    np.testing.assert_array_equal(
        read(folder, clip=1000.0)["a01-000u-01"].events,
        [[3, 4, 1], [7, -4, 0], [1, -1, 0], [1000, 0, 1]],
    )


def test_strokes_of_one_point_are_kept(folder):
    lines = read(folder)
    np.testing.assert_array_equal(lines["a01-000u-02"].events, [[0, 0, 1]])
    np.testing.assert_array_equal(lines["a01-001-01"].events, [[0, 0, 1], [5, 5, 0], [1, 1, 1]])


@pytest.mark.parametrize(
    "content",
    [
        "",
        "not XML",
        "<svg/>",
        line_xml([[(1, 1)]])[:-30],
        line_xml([[("nan", 1)]]),
        line_xml([[(1, 1), (1, "inf")]]),
        line_xml([[(1, "1e300")]]),
        line_xml([[("one", 1)]]),
        line_xml([[]]),
        line_xml([[(1, 1)]]).replace(' y="1"', ""),
        '<!DOCTYPE a [<!ENTITY l "lol">]>' + line_xml([[("&l;", 1)]]),
    ],
)
def test_a_bad_line_is_refused_by_name(folder, content):
    path = folder / "lineStrokes" / "b01" / "b01-000" / "b01-000-01.xml"
    path.write_text(content)
    with pytest.raises(UserError, match=r"b01-000-01\.xml"):
        read(folder)


def test_an_empty_stroke_is_passed_over(folder):
    path = folder / "lineStrokes" / "b01" / "b01-000" / "b01-000-01.xml"
    path.write_text(line_xml([[], [(1, 1), (2, 2)], [], [(3, 3)], []]))
    np.testing.assert_array_equal(read(folder)["b01-000-01"].events, [[1, 1, 1], [1, 1, 1]])


def test_a_line_found_twice_is_refused(folder):
    (folder / "lineStrokes" / "b01-000-01.xml").write_text(line_xml([[(1, 1)]]))
    with pytest.raises(UserError, match="once"):
        read(folder)


def test_an_archive_cut_short_is_refused_by_name(folder):
    pack(folder, "lineStrokes")
    path = folder / "lineStrokes-all.tar.gz"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UserError, match=r"lineStrokes-all\.tar\.gz"):
        read(folder)


def test_a_form_in_two_splits_is_refused(folder):
    (folder / "task1" / "testset_v.txt").write_text("a01-001\n")
    with pytest.raises(UserError, match="a01-001"):
        read(folder)


@pytest.mark.parametrize("what", ["task1", "lineStrokes", "task1/testset_v.txt"])
def test_what_is_missing_is_named(folder, what):
    (folder / what).rename(folder.parent / "elsewhere")
    with pytest.raises(UserError, match=os.path.basename(what).removesuffix("1")):
        read(folder)


def test_lists_that_name_none_of_the_lines_are_refused(folder):
    for name in LISTS:
        (folder / "task1" / f"{name}.txt").write_text("x00-000\n")
    with pytest.raises(UserError, match="task1"):
        read(folder)


@pytest.mark.parametrize("text", ["iam_ondb(clip=0)", "iam_ondb(clip=-1.0)", "iam_ondb(clip='x')"])
def test_bad_options_are_refused(folder, text):
    with pytest.raises(UserError, match="clip"):
        make_source(text, folder)


def test_a_writers_lines_are_split_after_the_first_ones(folder):
    # The lists' order makes one writer of a01-000u and a01-001, and each other form another's.
    for writer in ("a01-000u", "a01-001"):
        lines = read(folder, writer=writer, max_lines=3)
        assert {line: sequence.split for line, sequence in lines.items()} == {
            "a01-000u-01": "train",
            "a01-000u-02": "train",
            "a01-001-01": "train",
            "a01-001-02": "validation",
        }
        assert lines["a01-000u-01"].text == "A MOV"
    datasets = load_datasets(make_source("iam_ondb(writer='a01-001', max_lines=1)", folder))
    sizes = {name: len(dataset) for name, dataset in datasets.items()}
    assert sizes == {"train": 1, "validation": 3}


def test_the_writer_of_a_form_is_that_of_forms_txt_if_there_is_one(folder, caplog):
    before = make_source("iam_ondb(writer='b01-000', max_lines=1)", folder).fingerprint()
    text = "# who wrote what\na01-000u 7\n\na01-001  8 x\nb01-000\t8\nz99-000 8\n"
    (folder / "forms.txt").write_text(text)
    for writer in ("8", "a01-001", "b01-000"):
        with caplog.at_level(logging.INFO, "hachi_tf"):
            lines = read(folder, writer=writer, max_lines=2)
        assert list(lines) == ["a01-001-01", "a01-001-02", "b01-000-01"]
        assert "2 train, 1 validation, 5 left out" in caplog.text
    after = make_source("iam_ondb(writer='b01-000', max_lines=1)", folder).fingerprint()
    assert after != before


def test_reading_all_writers_does_not_depend_on_forms_txt(folder):
    before = make_source("iam_ondb", folder).fingerprint()
    (folder / "forms.txt").write_text("nonsense\n")
    assert make_source("iam_ondb", folder).fingerprint() == before and len(read(folder)) == 7
    with pytest.raises(UserError, match=r"'nonsense' in line 1 of .*forms\.txt"):
        read(folder, writer="a01-001", max_lines=1)


def test_a_writer_that_is_none_is_refused_with_some_that_are(folder):
    with pytest.raises(UserError, match=r"4 writers \(a01-000u, b01-000, b02-000, c01-000z"):
        read(folder, writer="nobody", max_lines=1)


def test_of_few_lines_a_tenth_is_left_unless_the_number_is_given(folder):
    found = read(folder, writer="a01-001").values()
    assert [each.split for each in found] == ["train", "train", "train", "validation"]
    for writer, count, options in (("a01-001", 4, {"max_lines": 4}), ("b01-000", 1, {})):
        with pytest.raises(UserError, match=f"below the {count} lines of {writer}"):
            read(folder, writer=writer, **options)


@pytest.mark.parametrize("options", [{"max_lines": 3}, {"writer": "a01-001", "max_lines": 0}])
def test_lines_are_counted_of_a_writer_and_from_1(folder, options):
    with pytest.raises(UserError, match="max_lines of at least 1, with a writer"):
        read(folder, **options)


def test_no_folder_is_refused(tmp_path):
    for data in (None, tmp_path / "nothing"):
        with pytest.raises(UserError, match="lineStrokes"):
            make_source("iam_ondb", data)


@pytest.fixture(scope="module")
def real():
    folder = os.path.join(os.environ.get("HACHI_TF_DATA", ""), "iam_ondb")
    if not os.path.isdir(folder):
        pytest.skip("HACHI_TF_DATA names no folder with iam_ondb/")
    return load_datasets(make_source("iam_ondb", folder))


def test_the_real_data_has_graves_numbers_of_lines(real):
    assert {split: len(dataset) for split, dataset in real.items()} == {
        "train": 10_741,
        "validation": 1_438,
    }
    assert len(real["train"].events) == 6_750_312
    assert len(real["validation"].events) == 884_595
    texts = real["train"].texts + real["validation"].texts
    assert texts.count(None) == 1
    assert len(set("".join(filter(None, texts)))) == 82


def test_the_real_datas_trivial_baseline_is_known(real):
    events = real["train"].events.astype(np.float64)
    transform = make_source("iam_ondb", os.environ["HACHI_TF_DATA"] + "/iam_ondb")
    fitted = transform.default_transforms().fit(real["train"])
    np.testing.assert_allclose(fitted.loc, [8.168, 0.112], atol=1e-3)
    np.testing.assert_allclose(fitted.scale, [41.289, 37.113], atol=1e-3)
    rate = events[:, 2].mean()
    np.testing.assert_allclose(rate, 0.04008, atol=1e-5)
    correlation = np.corrcoef(events[:, :2].T)
    gaussian = 1 + np.log(2 * np.pi) + 0.5 * np.linalg.slogdet(correlation)[1]
    bernoulli = -rate * np.log(rate) - (1 - rate) * np.log(1 - rate)
    np.testing.assert_allclose(gaussian + bernoulli, 2.92, atol=0.01)


def test_the_real_datas_lists_name_216_writers_of_eight_forms_but_one():
    folder = os.path.join(os.environ.get("HACHI_TF_DATA", ""), "iam_ondb", "task1")
    if not os.path.isdir(folder):
        pytest.skip("HACHI_TF_DATA names no folder with iam_ondb/")
    lists = [(pathlib.Path(folder) / f"{name}.txt").read_text().split() for name in LISTS]
    sizes = collections.Counter(writers_in_order(lists).values())
    assert collections.Counter(sizes.values()) == {8: 215, 7: 1}
