"""The studio's folders: one server each, cleaned of what a killed one left."""

import os

import pytest

from hachi_tf.errors import UserError
from hachi_tf.studio.folders import take_folders


def test_one_server_has_them_and_cleans_up(tmp_path):
    path = tmp_path / "studio"
    lock = take_folders(path)
    assert {each.name for each in path.iterdir()} >= {"exports", "runs", "data", "lines"}
    (path / "exports" / ".upload-x").mkdir()
    (path / "runs" / ".deleted-x").mkdir()
    (path / "data" / ".partial-0123456789abcdef-x.txt").touch()
    with pytest.raises(UserError, match="no other server has open"):
        take_folders(path)
    lock.release()
    take_folders(path).release()
    assert not [each for name in ("exports", "runs", "data") for each in (path / name).iterdir()]


def test_a_place_that_cannot_be_written_to(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="--studio_dir"):
        take_folders(tmp_path / "file" / "studio")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to(tmp_path):
    (tmp_path / "studio").mkdir(mode=0o500)
    with pytest.raises(UserError, match="can be written to"):
        take_folders(tmp_path / "studio")
