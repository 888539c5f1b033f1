"""The files of an export, and what loads them."""

import json
import os
import pathlib
import re
import shutil
import socket
import sys

import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.models import network_to_dict
from hachi_tf.schema import Feature, Schema
from hachi_tf.serving import safety, saved_model
from hachi_tf.training.run import load_run
from hachi_tf.transforms import Standardize


def test_hachi_json_describes_the_export(version_dir, network, schema, transforms, model):
    text = (version_dir / "assets" / "hachi.json").read_text(encoding="utf-8")
    value = json.loads(text)
    assert value["format"] == "hachi_tf" and value["format_version"] == 1
    assert value["schema"] == json.loads(json.dumps(schema.to_dict()))
    assert value["network"] == json.loads(json.dumps(network_to_dict(network)))
    assert value["transforms"]["config"] == transforms.get_config()
    assert value["versions"]["tensorflow"] == tf.__version__
    assert value["name"] == "small" and value["data"]["licence"] == "CC0-1.0"
    shapes = [list(weight.shape) for weight in network.weights]
    assert [variable["shape"] for variable in value["variables"]] == shapes
    assert value["variables"][-1]["name"].endswith("params/bias")
    assert value["num_weights"] == sum(int(np.prod(shape)) for shape in shapes)
    assert model.metadata == value


def test_no_file_tells_where_or_by_whom_it_was_made(version_dir):
    secrets = {str(pathlib.Path.home()), os.getcwd(), socket.gethostname(), str(version_dir.parent)}
    secrets |= {sys.prefix, str(pathlib.Path(tf.__file__).parent)}
    secrets |= {
        os.environ[name] for name in ("USER", "LOGNAME") if len(os.environ.get(name, "")) > 4
    }
    paths = [path for path in version_dir.rglob("*") if path.is_file()]
    assert not (version_dir / "debug").exists()
    for path in paths:
        content = path.read_bytes()
        for secret in secrets:
            assert secret.encode() not in content, (path.name, secret)
        assert not re.search(rb"[\w/]+\.py\b|/(home|root|usr|tmp|Users)/", content), path.name


def test_variables_are_stored_once(version_dir, network):
    nodes = safety.read_graph(version_dir).meta_graphs[0].graph_def.node
    handles = [node for node in nodes if node.op == "VarHandleOp"]
    assert len(handles) == len(network.weights)
    stored = (version_dir / "variables" / "variables.data-00000-of-00001").stat().st_size
    assert 4 * network.count_params() <= stored < 6 * network.count_params()


def all_ops(version_dir):
    graph = safety.read_graph(version_dir).meta_graphs[0].graph_def
    ops = {node.op for node in graph.node}
    return ops | {node.op for function in graph.library.function for node in function.node_def}


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_where_there_is_a_gpu_the_graph_still_has_no_cudnn(
    schema, transforms, make_network, tmp_path, monkeypatch, cell
):
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind=None: [kind])
    made = make_network(schema, cell=cell, num_layers=1)
    traced = tf.function(made).get_concrete_function(tf.TensorSpec([None, None, 3]))
    assert any("Cudnn" in op.type for op in traced.graph.get_operations())
    path = saved_model.export(made, transforms, schema, tmp_path, 8)
    assert not any("Cudnn" in op for op in all_ops(path))


def test_ops_are_plain_and_stateless(version_dir):
    for op in all_ops(version_dir):
        assert not re.search(r"PyFunc|Cudnn|CudnnRNN|Random|Xla|Stateless(Random|Multi)", op), op


def test_versions_count_up_and_the_newest_is_loaded(
    version_dir, schema, transforms, network, tmp_path
):
    (tmp_path / "notes").mkdir()
    shutil.copytree(version_dir, tmp_path / "9")
    path = saved_model.export(network, transforms, schema, tmp_path, 8)
    assert path == tmp_path / "10"
    (tmp_path / "11").mkdir()  # no export in it
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["10", "11", "9", "notes"]
    loaded = saved_model.load(tmp_path)
    assert loaded.path == path and loaded.max_steps == 8


def test_a_failed_export_leaves_nothing(schema, transforms, network, tmp_path):
    with pytest.raises(TypeError):
        saved_model.export(network, transforms, schema, tmp_path, 8, {"metrics": object()})
    assert list(tmp_path.iterdir()) == []


def test_network_gives_the_weights_back_to_train_on(model, network):
    again = model.network()
    assert type(again) is type(network) and network_to_dict(again) == network_to_dict(network)
    for new, old in zip(again.weights, network.weights, strict=True):
        np.testing.assert_array_equal(new.numpy(), old.numpy())
        assert new.trainable
    inputs = np.random.default_rng(0).normal(size=[2, 5, 3]).astype(np.float32)
    np.testing.assert_array_equal(again(inputs)[0], network(inputs)[0])


def test_a_network_trained_in_bfloat16_is_served_in_float32(
    schema, transforms, make_network, model, tmp_path
):
    made = make_network(schema, precision="mixed_bfloat16")
    loaded = saved_model.load(saved_model.export(made, transforms, schema, tmp_path, 8))
    assert loaded.network().precision == "mixed_bfloat16"
    pair = [each.sample(2, num_steps=8, seed=3).state for each in (loaded, model)]
    np.testing.assert_array_equal(pair[0], pair[1])


def test_in_memory_is_what_exporting_and_loading_gives(network, transforms, schema, model):
    same = saved_model.in_memory(network, transforms, schema, 64)
    pair = [each.sample(2, seed=3) for each in (same, model)]
    np.testing.assert_array_equal(pair[0].state, pair[1].state)
    scores = [each.log_prob(pair[0].events).log_prob for each in (same, model)]
    np.testing.assert_array_equal(scores[0], scores[1])


@pytest.mark.slow
@pytest.mark.parametrize("cell", ["gru", "rnn", "peephole_lstm"])
def test_every_cell_can_be_exported(schema, transforms, make_network, tmp_path, cell):
    made = make_network(schema, cell=cell, num_layers=1)
    loaded = saved_model.load(saved_model.export(made, transforms, schema, tmp_path, 16))
    drawn = loaded.sample(1, seed=3)
    events = drawn.events[0]
    before = np.concatenate([np.zeros([1, 3]), events[:-1]])
    inputs = transforms.forward(before + [0, 0.125, 0])  # the middle of the grid cell
    inputs[0] = 0
    params, _ = made(inputs[None])
    end = np.arange(len(events)) == len(events) - 1
    targets = transforms.forward(events + [0, 0.125, 0])
    targets = np.concatenate([targets, (end & drawn.ended)[:, None]], axis=1)
    expected = made.head.log_prob(params[0], targets.astype(np.float32)) - np.log(12.0)
    scores = loaded.log_prob([events], ended=drawn.ended)
    np.testing.assert_allclose(scores.step_log_prob[0], expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "columns",
    [
        [Feature(f"x{i}") for i in range(4)] + [Feature("p", "categorical", classes=("a", "b"))],
        [Feature(f"x{i}") for i in range(8)] + [Feature("time", quantum=1.0)],
    ],
)
def test_every_kind_of_column_can_be_exported(columns, make_network, tmp_path):
    schema = Schema(tuple(columns), end_of_sequence=True)
    count = len(schema.columns("continuous"))
    transforms = Standardize(range(count), [0.5] * count, [2.0] * count)
    made = make_network(schema, num_layers=1)
    loaded = saved_model.load(saved_model.export(made, transforms, schema, tmp_path, 16))
    drawn = loaded.sample(2, seed=3)
    assert np.isfinite(loaded.log_prob(drawn.events).log_prob).all()
    for events in drawn.events:
        last = events[:, -1]
        assert set(np.unique(last)) <= {0.0, 1.0} or (last == np.floor(last)).all()


@pytest.mark.parametrize("damage", ["none", "json", "graph", "weights", "index", "other", "later"])
def test_a_damaged_export_is_refused_in_one_line(version_dir, tmp_path, damage):
    folder = tmp_path / "export" / "1"
    if damage != "none":
        shutil.copytree(version_dir, folder)
    data = folder / "variables" / "variables.data-00000-of-00001"
    text = folder / "assets" / "hachi.json"
    if damage == "json":
        text.write_text("{")
    elif damage == "graph":
        graph = folder / "saved_model.pb"
        graph.write_bytes(graph.read_bytes()[:5000])
    elif damage == "weights":
        data.write_bytes(data.read_bytes()[:1000])
    elif damage == "index":
        (folder / "variables" / "variables.index").unlink()
    elif damage == "other":
        text.unlink()
    elif damage == "later":
        value = json.loads(text.read_text())
        text.write_text(json.dumps(value | {"format_version": 2}))
    for load in (saved_model.load, saved_model.load_network):
        if damage == "graph" and load is saved_model.load_network:
            continue
        with pytest.raises(UserError) as caught:
            load(tmp_path / "export")
        assert "\n" not in str(caught.value)


def test_weights_of_another_network_are_refused(version_dir, tmp_path):
    folder = tmp_path / "1"
    shutil.copytree(version_dir, folder)
    path = folder / "assets" / "hachi.json"
    value = json.loads(path.read_text())
    value["network"]["config"]["hidden_size"] = 9
    path.write_text(json.dumps(value))
    with pytest.raises(UserError, match="weights of the network"):
        saved_model.load(folder).network()


def test_an_export_of_no_run_is_told_from_a_run(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(UserError, match="a run directory"):
        saved_model.load(tmp_path)
    with pytest.raises(UserError):
        load_run(tmp_path)
