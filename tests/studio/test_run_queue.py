"""The queue of trainings, without any."""

import pytest

from hachi_tf.studio.run_state import ASKED
from hachi_tf.studio.runs import Runs


@pytest.fixture
def runs(tmp_path, monkeypatch):
    (tmp_path / "runs").mkdir()
    made = Runs(tmp_path / "runs", tmp_path / "queue.json", lambda kind, name: name)
    monkeypatch.setattr(made, "_start", lambda run: None)
    return made


def test_going_on_takes_other_minutes_and_keeps_all_else(runs):
    run = runs._of("mine")
    run.path.mkdir()
    options = {"validate_every": 25, "max_minutes": 5.0}
    flags = ["--data=x", "--validate_every=25", "--max_minutes=5.0"]
    run.write(ASKED, {"data": "x", "options": options, "flags": flags})
    runs.resume("mine", {"max_minutes": 3})
    asked = run.read(ASKED)
    assert asked["options"] == {"validate_every": 25, "max_minutes": 3.0}
    assert asked["flags"] == ["--data=x", "--validate_every=25", "--max_minutes=3.0"]
    runs.resume("mine", {})
    assert run.read(ASKED) == asked
