"""What is to play: looked at before anything heavy is imported."""

import json

import pytest

from hachi_tf.errors import UserError
from hachi_tf.performing.drawing import Drawing
from hachi_tf.training.played import find_models
from tests.live import notes_schema


@pytest.fixture(scope="module")
def exported(players):
    return players[0]


def test_an_export_tells_its_columns_and_steps(exported):
    (model,) = find_models("", [str(exported.parent)])
    assert (model.path, model.is_export, model.fixable) == (str(exported.parent), True, True)
    assert model.schema == notes_schema() and model.ranges == {}
    assert model.fixed(["channel=3", "pitch=60"]) == {"2_channel": "3", "0_pitch": 60.0}
    stepper = model.load()
    assert stepper.schema == notes_schema() and stepper.fixable
    assert stepper.step(seed=1, fixed=model.fixed(["channel=3"])).event[0, 3] == 1.0
    both = find_models("", [str(exported), str(exported.parent)])
    assert [each.schema for each in both] == [notes_schema()] * 2


def test_one_export_played_twice_is_loaded_once_and_keeps_two_states(exported):
    one, two = (each.load() for each in find_models("", [str(exported)] * 2))
    assert one is two
    first, second = Drawing(one, seed=1), Drawing(two, seed=2)
    alone = Drawing(find_models("", [str(exported)])[0].load(), seed=1)
    for _ in range(3):
        event, _ = first.step(None)
        second.step(None)
        assert event.tolist() == alone.step(None)[0].tolist()


def test_a_positional_path_may_be_an_export(exported):
    (model,) = find_models(str(exported), [])
    assert model.is_export


def write_run(folder, renderer, config=None):
    """What `find_models` reads of a run."""
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    described = {
        "schema": notes_schema().to_dict(),
        "transforms": {"name": "bounded", "config": {"columns": [1], "low": [0], "high": [127]}},
        "network": {"config": config or {}},
        "data": {"renderer": renderer},
    }
    (folder / "schema.json").write_text(json.dumps(described))
    return str(folder)


def test_a_run_tells_its_columns(tmp_path):
    (model,) = find_models(write_run(tmp_path / "run", "events"), [])
    assert (model.is_export, model.fixable) == (False, True)
    assert model.schema == notes_schema() and model.ranges == {1: (0.0, 127.0)}
    with pytest.raises(UserError, match="0_pitch as a number from 0 to 127 for --fix; got '500'"):
        model.fixed(["pitch=500"])


def test_what_cannot_play_or_be_held_is_said(tmp_path):
    path = write_run(tmp_path / "texts", "events", {"alphabet": ["a"]})
    with pytest.raises(UserError, match="a model that reads no text, to play live; got .*texts"):
        find_models(path, [])
    (model,) = find_models(write_run(tmp_path / "strokes", "strokes"), [])
    assert model.fixed([]) == {}
    with pytest.raises(UserError, match="columns can be held for --fix; got .*strokes, none of"):
        model.fixed(["pitch=50"])
    with pytest.raises(UserError, match="an export at"):
        find_models("", [str(tmp_path / "nowhere")])
