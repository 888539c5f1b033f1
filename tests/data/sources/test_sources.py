import numpy as np
import pytest

from hachi_tf.data import infer_source, make_source
from hachi_tf.data.sources.kanji import Kanji
from hachi_tf.errors import UserError


def test_make_source_takes_settings():
    source = make_source("kanji(tolerance=2, variants=True)")
    assert isinstance(source, Kanji)
    assert source.options["tolerance"] == 2 and source.options["variants"]


@pytest.mark.parametrize("text", ["", "hanzi", "kanji(3)", "kanji(data='x')", "kanji(size=3)"])
def test_a_wrong_source_is_refused(text):
    with pytest.raises(UserError):
        make_source(text)


def test_the_source_follows_from_the_names_of_files(tmp_path):
    for name in ("packed", "unpacked/lineStrokes", "drawings"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "packed" / "lineStrokes-all.tar.gz").touch()
    (tmp_path / "drawings" / "04e00.svg").touch()
    np.savez(tmp_path / "cats.NPZ.npz", train=np.zeros((1, 1, 3)))
    assert infer_source(tmp_path / "packed") == "iam_ondb"
    assert infer_source(tmp_path / "unpacked") == "iam_ondb"
    assert infer_source(tmp_path / "drawings") == "kanji"
    assert infer_source(tmp_path / "cats.NPZ.npz") == "sketch_rnn"


def test_prose_is_text_and_tables_are_tables(tmp_path):
    prose, table = "It was the best of times,\nit was the worst of times.\n", "time x\n0 1\n1 2\n"
    contents = {
        "a/prose.txt": prose, "b/table.txt": table, "c/notes.md": table, "d/data.csv": "x,y\n1,2\n",
        "e/1.txt": prose, "e/2.txt": prose, "e/index.csv": "x,y\n1,2\n",
        "f/1.txt": table, "f/2.txt": table, "f/README.md": prose, "g/empty.txt": "",
    }  # fmt: skip
    for name, content in contents.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    for names, source in (
        (
            ("a", "a/prose.txt", "a/*", "c", "c/notes.md", "e", "e/1.txt", "g", "g/empty.txt"),
            "text",
        ),
        (("b", "b/table.txt", "b/*.txt", "d", "d/data.csv", "e/index.csv", "f"), "event_table"),
    ):
        assert [infer_source(tmp_path / name) for name in names] == [source] * len(names)


def test_what_no_source_knows_is_refused_with_a_list(tmp_path):
    (tmp_path / "film.mkv").touch()
    for path in (tmp_path, tmp_path / "film.mkv"):
        with pytest.raises(UserError, match="IAM-OnDB.*KanjiVG.*npz.*text files"):
            infer_source(path)
    with pytest.raises(UserError, match="not exist"):
        infer_source(tmp_path / "nothing")
