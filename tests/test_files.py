"""Tests of hachi_tf.files."""

import errno
import os

import pytest

from hachi_tf.errors import UserError
from hachi_tf.files import atomic_path, clean_folder


def _names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def test_writes_a_file(tmp_path):
    with atomic_path(tmp_path / "a.tar.gz") as path:
        assert path.parent == tmp_path
        assert path.name.endswith("a.tar.gz")
        path.write_text("new")
        assert not (tmp_path / "a.tar.gz").exists()
    assert (tmp_path / "a.tar.gz").read_text() == "new"
    assert _names(tmp_path) == ["a.tar.gz"]


def test_replaces_a_file(tmp_path):
    (tmp_path / "a").write_text("old")
    with atomic_path(str(tmp_path / "a")) as path:
        path.write_text("new")
        assert (tmp_path / "a").read_text() == "old"
    assert (tmp_path / "a").read_text() == "new"


def test_creates_missing_parents(tmp_path):
    with atomic_path(tmp_path / "b" / "c" / "a") as path:
        path.write_text("new")
    assert (tmp_path / "b" / "c" / "a").read_text() == "new"


def test_follows_a_link(tmp_path):
    (tmp_path / "a").write_text("old")
    try:
        (tmp_path / "link").symlink_to(tmp_path / "a")
    except OSError:
        pytest.skip("this system lets no links be made")
    with atomic_path(tmp_path / "link") as path:
        path.write_text("new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "a").read_text() == "new"


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt()])
def test_failure_keeps_the_old_file_and_leaves_nothing_behind(tmp_path, error):
    (tmp_path / "a").write_text("old")
    with pytest.raises(type(error)), atomic_path(tmp_path / "a") as path:
        path.write_text("half")
        raise error
    assert (tmp_path / "a").read_text() == "old"
    assert _names(tmp_path) == ["a"]


def test_full_disk_is_a_user_error_and_keeps_the_old_file(tmp_path):
    (tmp_path / "a").write_text("old")
    with pytest.raises(UserError, match="No space left.*free some space"):
        with atomic_path(tmp_path / "a") as path:
            path.write_text("half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert (tmp_path / "a").read_text() == "old"
    assert _names(tmp_path) == ["a"]


def test_full_disk_while_flushing_keeps_the_old_file(tmp_path, monkeypatch):
    def fsync(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "a").write_text("old")
    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(UserError, match="No space left"), atomic_path(tmp_path / "a") as path:
        path.write_text("new")
    assert (tmp_path / "a").read_text() == "old"
    assert _names(tmp_path) == ["a"]


def test_an_error_about_another_file_passes_through(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "a"):
        open(tmp_path / "input")
    with pytest.raises(ConnectionError), atomic_path(tmp_path / "a"):
        raise ConnectionResetError(errno.ECONNRESET, "reset")


def test_writes_and_replaces_a_folder(tmp_path):
    for content in ("old", "new"):
        with atomic_path(tmp_path / "1") as path:
            (path / "variables").mkdir(parents=True)
            (path / "variables" / "data").write_text(content)
        assert (tmp_path / "1" / "variables" / "data").read_text() == content
        assert _names(tmp_path) == ["1"]


def test_failure_keeps_the_old_folder(tmp_path):
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "data").write_text("old")
    with pytest.raises(ValueError), atomic_path(tmp_path / "1") as path:
        path.mkdir()
        (path / "data").write_text("half")
        raise ValueError
    assert (tmp_path / "1" / "data").read_text() == "old"
    assert _names(tmp_path) == ["1"]


def test_failing_to_rename_a_folder_puts_the_old_one_back(tmp_path, monkeypatch):
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "data").write_text("old")
    replace = os.replace

    def fail_once(source, target):
        if ".partial-" in str(source):
            raise PermissionError(errno.EACCES, "no", str(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail_once)
    with pytest.raises(UserError, match="choose another place"), atomic_path(tmp_path / "1") as p:
        p.mkdir()
    assert (tmp_path / "1" / "data").read_text() == "old"
    assert _names(tmp_path) == ["1"]


def test_a_file_in_the_way_is_a_user_error(tmp_path):
    (tmp_path / "file").write_text("old")
    with pytest.raises(UserError, match="a place that can be written to"):
        with atomic_path(tmp_path / "file" / "a") as path:
            path.write_text("new")
    with pytest.raises(UserError), atomic_path(tmp_path / "file") as path:
        path.mkdir()
    (tmp_path / "folder").mkdir()
    with pytest.raises(UserError), atomic_path(tmp_path / "folder") as path:
        path.write_text("new")
    assert _names(tmp_path) == ["file", "folder"]
    assert (tmp_path / "file").read_text() == "old"


def test_clean_folder_removes_what_a_killed_process_left(tmp_path):
    for name in ("a", "1"):
        (tmp_path / name).write_text("good")
    (tmp_path / ".partial-0123456789abcdef-a").write_text("half")
    (tmp_path / ".partial-0123456789abcdef-1").mkdir()
    (tmp_path / ".replaced-0123456789abcdef-1").mkdir()
    (tmp_path / ".partial-notes").write_text("the user's own")
    clean_folder(tmp_path)
    assert _names(tmp_path) == [".partial-notes", "1", "a"]
    clean_folder(tmp_path / "missing")


def test_clean_folder_puts_back_a_folder_that_stepped_aside(tmp_path):
    (tmp_path / ".replaced-0123456789abcdef-1").mkdir()
    (tmp_path / ".replaced-0123456789abcdef-1" / "data").write_text("old")
    (tmp_path / ".partial-0123456789abcdef-1").mkdir()
    clean_folder(tmp_path)
    assert _names(tmp_path) == ["1"]
    assert (tmp_path / "1" / "data").read_text() == "old"
