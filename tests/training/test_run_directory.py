"""The directories of runs: their names."""

import os
import pathlib

import pytest

from hachi_tf.training.run_directory import RunDirectory


def test_new_runs_are_numbered(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paths = [RunDirectory.new("kanji").path for _ in range(3)]
    assert paths == [pathlib.Path("runs") / f"kanji-{number}" for number in (1, 2, 3)]
    assert all(path.is_dir() for path in paths)


def test_runs_that_are_a_link_to_nowhere_end_with_an_error(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.symlink(tmp_path / "not mounted", "runs")
    tried, mkdir = [], pathlib.Path.mkdir

    def counted(path, *args, **kwargs):
        tried.append(path)
        assert len(tried) < 10, "it goes on for ever"
        mkdir(path, *args, **kwargs)

    monkeypatch.setattr(pathlib.Path, "mkdir", counted)
    with pytest.raises(FileExistsError, match="runs"):
        RunDirectory.new("kanji")
