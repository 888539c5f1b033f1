"""The step of an export alone is the export's own, and damage is said."""

import json
import shutil

import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.serving import saved_model
from hachi_tf.serving.step_loader import load_step
from hachi_tf.serving.stepper import Stepper


@pytest.fixture
def copy(version_dir, tmp_path):
    return shutil.copytree(version_dir, tmp_path / "1")


def test_steps_are_the_exports(model, version_dir):
    alone = load_step(version_dir)
    assert (alone.schema, alone.state_size) == (model.schema, model.state_size)
    assert (alone.fixable, alone.ranges, list(alone.signatures)) == (False, {}, ["step"])
    ours = theirs = None
    for event in [None, np.float32([[1, 2, 0]]), None, np.float32([[3, -4, 1]])]:
        one = alone.step(ours, event, bias=0.5, seed=3)
        two = model.step(theirs, event, bias=0.5, seed=3)
        for name in ("event", "state", "ended", "params"):
            np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
        ours, theirs = one.state, two.state


def test_a_stepper_of_it_steps(model, version_dir):
    one, two = Stepper(load_step(version_dir.parent)), Stepper(model)
    event = np.float32([[1, 2, 0]])
    first, second = one.step(event=event, seed=3), two.step(event=event, seed=3)
    np.testing.assert_array_equal(first.event, second.event)
    following = one.step(first.state, seed=3), two.step(second.state, seed=3)
    np.testing.assert_array_equal(*(each.event for each in following))


@pytest.mark.slow
def test_ranges_and_held_columns_come_with_it(make_network, tmp_path):
    from hachi_tf.schema import Feature, Schema
    from hachi_tf.transforms import Bounded, Chain, Standardize

    schema = Schema((Feature("pitch", quantum=1.0), Feature("bend")))
    transforms = Chain([Bounded([0], [0], [127], 1.0), Standardize([0, 1], [0, 0], [1, 1])])
    path = saved_model.export(make_network(schema), transforms, schema, tmp_path, 4, fixable=True)
    stepper = Stepper(load_step(path))
    assert stepper.fixable and stepper.ranges == {0: (0.0, 127.0)}
    assert stepper.step(seed=1, fixed={"pitch": 64}).event[0, 0] == 64.0


def test_what_writes_texts_is_refused(copy):
    path = copy / "assets" / "hachi.json"
    described = json.loads(path.read_text(encoding="utf-8"))
    described["network"]["config"]["alphabet"] = ["a", "b"]
    path.write_text(json.dumps(described), encoding="utf-8")
    with pytest.raises(UserError, match="an export that reads no text"):
        load_step(copy)


def test_what_would_do_more_than_compute_is_refused(copy, monkeypatch):
    from hachi_tf.serving import safety

    monkeypatch.setattr(safety, "ALLOWED_OPS", safety.ALLOWED_OPS - {"MatMul"})
    with pytest.raises(UserError, match="an export that only computes; got the operation MatMul"):
        load_step(copy)


def drop_step(meta):
    del meta.signature_def["step"]


def drop_function(meta):
    name = meta.signature_def["step"].outputs["event"].name.partition(":")[0]
    (call,) = (node for node in meta.graph_def.node if node.name == name)
    del meta.object_graph_def.concrete_functions[call.attr["f"].func.name]


@pytest.mark.parametrize("change", [drop_step, drop_function])
def test_a_damaged_graph_is_said(copy, change):
    from hachi_tf.serving import safety

    message = safety.read_graph(copy)
    change(message.meta_graphs[0])
    (copy / "saved_model.pb").write_bytes(message.SerializeToString())
    with pytest.raises(UserError, match="a whole export; got"):
        load_step(copy)


def test_missing_or_short_weights_are_said(copy):
    (data,) = (copy / "variables").glob("variables.data-*")
    content = data.read_bytes()
    data.write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match="a whole export"):
        load_step(copy)
    shutil.rmtree(copy / "variables")
    with pytest.raises(UserError, match="a whole export"):
        load_step(copy)
