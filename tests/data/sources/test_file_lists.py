"""Files, folders, patterns and lists of them."""

import shutil

import pytest

from hachi_tf.data.sources.file_lists import find_files, has_file
from hachi_tf.errors import UserError

SUFFIXES = (".mid", ".midi")


@pytest.fixture
def folder(tmp_path):
    for name in ("b/x.mid", "a/x.MID", "a/deep/y.midi", "a/z.txt", "a/.hidden.mid", ".git/w.mid"):
        path = tmp_path / "music" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "music"


def names(data):
    return list(find_files(str(data), SUFFIXES, "MIDI files"))


def test_a_folder_is_searched_through_all_its_folders(folder):
    assert names(folder) == ["a/deep/y.midi", "a/x.MID", "b/x.mid"]


def test_a_file_may_have_any_suffix(folder):
    assert names(folder / "a" / "z.txt") == ["z.txt"]


def test_a_pattern_names_files_from_its_first_star_on(folder):
    assert names(folder / "*" / "x.*") == ["a/x.MID", "b/x.mid"]
    assert names(folder / "**" / "*") == ["a/deep/y.midi", "a/x.MID", "b/x.mid"]


def test_several_are_joined_and_counted_once(folder):
    assert names(f"{folder}/a/x.MID, {folder}/a/deep") == ["x.MID", "y.midi"]
    assert names(f"{folder}/a/x.MID,{folder}/a/x.MID") == ["x.MID"]


def test_files_of_one_name_keep_their_folders(folder):
    (folder / "c").mkdir()
    shutil.copy(folder / "b" / "x.mid", folder / "c")
    assert names(f"{folder}/b/x.mid,{folder}/c/x.mid") == ["b/x.mid", "c/x.mid"]


def test_a_path_with_a_comma_is_a_path(folder):
    (folder / "b").rename(folder / "b,c")
    assert names(folder / "b,c") == ["x.mid"]


def test_names_do_not_depend_on_the_place(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert names("music/a") == names(folder / "a") == ["deep/y.midi", "x.MID"]
    monkeypatch.chdir(folder)
    assert names("a/x.MID") == ["x.MID"] and names("*/x.*") == ["a/x.MID", "b/x.mid"]


@pytest.mark.parametrize("data", ["nowhere", "a/*.mid", "a/x.MID,nowhere", ",", "empty"])
def test_what_names_nothing_is_refused(folder, monkeypatch, data):
    monkeypatch.chdir(folder)
    (folder / "empty").mkdir()
    with pytest.raises(UserError, match="MIDI files; got"):
        names(data)


def test_a_folder_is_recognized_by_one_file_anywhere(folder):
    assert has_file(str(folder), SUFFIXES)
    assert not has_file(str(folder), (".csv",))
