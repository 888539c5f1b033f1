"""Text as a source: files, classes, splits, records, models' characters, bad input."""

import logging
import platform

import numpy as np
import pytest

from hachi_tf.data import load_datasets, make_source
from hachi_tf.errors import UserError
from hachi_tf.schema import Feature, Schema

TEXT = "Ein Ro\u0308slein\r\nsprach\n"


@pytest.fixture
def write(tmp_path):
    def write(**files):
        for name, content in files.items():
            path = tmp_path / f"{name}.txt"
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path

    return write


def spell(events, schema):
    """The text of events `[T, 1]`; ? where it is missing."""
    classes = schema.features[0].classes
    if schema.text_unit == "byte":
        return bytes(int(classes[int(code)], 16) for code in events[:, 0])
    return "".join("?" if np.isnan(code) else classes[int(code)] for code in events[:, 0])


def texts(source):
    return {each.id: spell(each.events, source.schema) for each in source.read()}


def test_characters_are_in_normal_form_c_with_line_feeds(write):
    source = make_source("text", write(a=TEXT, b="\ufeffzweite\rDatei"))
    first, second = "Ein Röslein\nsprach\n", "zweite\nDatei"
    assert texts(source) == {"text/a.txt": first, "text/b.txt": second}
    (feature,) = source.schema.features
    assert feature == Feature(
        "character", "categorical", classes=tuple(sorted(set(first + second)))
    )
    assert source.schema.text_unit == "char" and not source.independent
    assert source.renderer == "text" and source.splits == ()


def test_bytes_are_as_they_are(write):
    content = "\ufeffRo\u0308\r\n\0".encode()
    source = make_source("text(unit='byte')", write(a=content))
    assert texts(source) == {"text/a.txt": content}
    (feature,) = source.schema.features
    assert feature.name == "byte" and source.schema.text_unit == "byte"
    assert feature.classes == tuple(f"{byte:02x}" for byte in sorted(set(content)))


def test_all_256_bytes_are_classes(write):
    content = bytes(range(256)) * 2
    source = make_source("text(unit='byte')", write(a=content))
    assert len(source.schema.features[0].classes) == 256
    assert texts(source) == {"text/a.txt": content}


def test_more_than_256_characters(write):
    for many in (300, 66_000):  # a number of two bytes, and of four
        codes = [*range(0x4E00, 0x9E00), *range(0x20000, 0x20000 + 50_000)][:many]
        content = "".join(map(chr, codes)) + "\U0001f600"
        assert texts(make_source("text", write(a=content))) == {"text/a.txt": content}


def test_of_a_long_text_the_last_part_is_held_out(write):
    source = make_source("text", write(a="a" * 90 + "b" * 10, b="c" * 50))
    splits = load_datasets(source)
    found = {name: [spell(e, source.schema) for e in split] for name, split in splits.items()}
    assert found == {"train": ["a" * 90, "c" * 45], "validation": ["b" * 10, "c" * 5]}
    assert [each.ids for each in splits.values()] == [["text/a.txt", "text/b.txt"]] * 2


def test_names_of_files_say_the_official_splits(tmp_path):
    for name in ("x.train.txt", "x-VALID.txt", "x_test_2.txt"):
        (tmp_path / name).write_text(name)
    source = make_source("text", tmp_path)
    splits = load_datasets(source)
    assert {name: spell(split[0], source.schema) for name, split in splits.items()} == {
        "train": "x.train.txt", "validation": "x-VALID.txt", "test": "x_test_2.txt"
    }  # fmt: skip
    assert list(load_datasets(make_source("text", tmp_path), 0.2)) == ["train", "validation"]
    (tmp_path / "constraint.txt").write_text("no split")
    source = make_source("text", tmp_path)
    assert source.splits == () and {each.split for each in source.read()} == {""}


NAMES = "Emma\nOlivia\n\nEmma\n Ava\n \n"


def test_records_are_independent_and_empty_ones_are_skipped(write):
    source = make_source("text(records='line')", write(a=NAMES))
    assert source.independent and texts(source) == {
        "text/a.txt:1": "Emma", "text/a.txt:2": "Olivia", "text/a.txt:4": "Emma",
        "text/a.txt:5": " Ava",
    }  # fmt: skip
    assert "\n" not in source.schema.features[0].classes
    source = make_source("text(records='blank_line')", write(a=NAMES))
    assert texts(source) == {"text/a.txt:1": "Emma\nOlivia", "text/a.txt:4": "Emma\n Ava"}
    source = make_source("text(records='file')", write(a=NAMES, b=" \n", c="Mia"))
    assert texts(source) == {"text/a.txt": NAMES, "text/c.txt": "Mia"}


def test_records_that_are_the_same_are_on_one_side_of_the_split(write):
    source = make_source("text(records='line')", write(a="\n".join(map(str, range(60))) * 3))
    splits = load_datasets(source, 0.3)
    lines = [{spell(e, source.schema) for e in split} for split in splits.values()]
    assert all(lines) and not lines[0] & lines[1]
    assert sum(map(len, splits.values())) == 178  # 59 and 0 are one line, twice


def test_a_long_record_is_pointed_out(write, caplog):
    source = make_source("text(records='file')", write(a="ab" * 6000))
    load_datasets(source)
    assert "a record of 12,000 (text/a.txt)" in caplog.text and "--sequence_length" in caplog.text


def test_without_data_it_is_pythons_language_reference():
    source = make_source("text")
    ((name, text),) = texts(source).items()
    assert name == "text/pydoc_data.topics" and len(text) > 300_000
    assert 'The "assert" statement' in text and 60 < len(source.schema.features[0].classes) < 200
    assert source.licence == "PSF-2.0" and platform.python_version() in source.credit
    assert source.fingerprint() != make_source("text(unit='byte')").fingerprint()


def test_a_pattern_may_name_any_files(tmp_path):
    (tmp_path / "a.py").write_text("import this")
    (tmp_path / "b.txt").write_text("that")
    assert list(texts(make_source("text", tmp_path / "*.py"))) == ["text/a.py"]
    assert list(texts(make_source("text", tmp_path / "*"))) == ["text/b.txt"]
    assert list(texts(make_source("text", f"{tmp_path}/a.py, {tmp_path}/b.txt"))) == [
        "text/a.py", "text/b.txt"
    ]  # fmt: skip


MODEL = Schema((Feature("character", "categorical", classes=tuple("Eino")),))


def test_characters_that_a_model_lacks_are_missing_and_said_once(write, caplog):
    source = make_source("text", write(a="Eine Rose"))
    source.use_schema(MODEL)
    assert source.schema.features == MODEL.features
    assert texts(source) == {"text/a.txt": "Ein???o??"}
    load_datasets(source)
    message = "5 of 9 characters are unknown to the model and are left out"
    assert caplog.text.count(message) == 1 and "'e' 2" in caplog.text


def test_a_model_may_learn_characters_that_it_lacks(write, caplog):
    source = make_source("text", write(a="Eine Rose\u200b"))
    with caplog.at_level(logging.INFO):
        source.use_schema(MODEL, grow=True)
    assert source.schema.features[0].classes == tuple(sorted({*"Eino", *"Eine Rose\u200b"}))
    assert "5 characters are new to the model: 'e' 2" in caplog.text and "U+200B 1" in caplog.text
    assert texts(source) == {"text/a.txt": "Eine Rose\u200b"}


@pytest.mark.parametrize(
    "schema, message",
    [
        (Schema((Feature("byte", "categorical", classes=("61", "62")),)), "unit='byte'"),
        (Schema((Feature("dx"), Feature("dy"))), "one of dx, dy; name other data"),
        (Schema((Feature("character", "categorical", classes=("a", "bc")),)), "one of character"),
    ],
)
def test_models_of_other_things_are_refused(write, schema, message):
    with pytest.raises(UserError, match=message):
        make_source("text", write(a="abc")).use_schema(schema)


def test_a_run_of_the_first_version_goes_on(write):
    """Its fingerprint had no option but the unit."""
    import hashlib

    path = write(a="abc") / "a.txt"
    inputs = b'["text", 1, {"unit": "char"}]' + b"a.txt\x003\n" + b"abc"
    assert make_source("text", path).fingerprint() == hashlib.sha256(inputs).hexdigest()[:32]
    other = make_source("text(reset_every=9)", path).fingerprint()
    assert make_source("text", path).fingerprint() != other


@pytest.mark.parametrize(
    "options, content, message",
    [
        ("text", "", "a text with something in it; got none"),
        ("text(records='line')", "\n \n", "a text with something in it; got none"),
        ("text", "aaaa", "two different characters or more; got 'a' only"),
        ("text(unit='byte')", "aa", "two different bytes or more; got '61' only"),
        ("text", b"ab\xffc", "UTF-8; got 0xff at byte 2 of .*a.txt, line 1; .*errors='replace'"),
    ],
)
def test_bad_texts_are_refused_in_one_line(write, options, content, message):
    with pytest.raises(UserError, match=message):
        load_datasets(make_source(options, write(a=content)))


def test_bytes_that_are_no_utf_8_may_be_replaced(write, caplog):
    source = make_source("text(errors='replace')", write(a=b"ab\xffc\xfe"))
    assert texts(source) == {"text/a.txt": "ab\ufffdc\ufffd"}
    assert "U+FFFD stands 2 times for bytes" in caplog.text


def test_null_bytes_are_allowed_and_pointed_out_once(write, caplog):
    source = make_source("text", write(a="hello, world".encode("utf-16-le")))
    assert texts(source)["text/a.txt"][:4] == "h\0e\0"
    assert caplog.text.count("looks like UTF-16") == 1
    caplog.clear()
    load_datasets(make_source("text(unit='byte')", write(a=b"a\0b\0")))
    assert not caplog.text


def test_very_many_classes_are_pointed_out_with_their_scripts(write, caplog):
    text = "".join(chr(code) for code in range(0x4E00, 0x4E00 + 5000)) + "abc ."
    make_source("text", write(a=text)).schema  # noqa: B018
    assert "5,005 different characters (5,000 CJK, 3 Latin, 2 no letters)" in caplog.text


@pytest.mark.parametrize(
    "options, message",
    [
        ("text(unit='word')", "unit of text to be"),
        ("text(records='page')", "records"),
        ("text(reset_every=-1)", "reset_every of 0 or more"),
        ("text(records='line', reset_every=100)", "of 0 with records"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(UserError, match=message):
        make_source(options)


def test_a_folder_without_text_and_a_file_that_is_not_there(tmp_path):
    (tmp_path / "a.png").touch()
    for path in (tmp_path, tmp_path / "none.txt"):
        with pytest.raises(UserError, match=r"text files \(.txt, .*; got .*"):
            load_datasets(make_source("text", path))
