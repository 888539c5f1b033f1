"""Exports that would do more than compute are refused before TensorFlow's loader sees them."""

import os
import shutil

import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.serving import safety, saved_model


@pytest.fixture
def copy(version_dir, tmp_path):
    """A copy of the export to spoil."""
    return pathlib_copy(version_dir, tmp_path / "1")


def pathlib_copy(source, target):
    shutil.copytree(source, target)
    return target


def spoil(folder, change):
    """Changes the SavedModel message of an export."""
    path = folder / "saved_model.pb"
    message = safety.read_graph(folder)
    change(message.meta_graphs[0])
    path.write_bytes(message.SerializeToString())


def test_our_export_passes(version_dir):
    safety.check(version_dir)


def save_with(function, specs, folder):
    """A SavedModel whose only signature is the function, with our description beside it."""
    module = tf.Module()
    module.vars = [tf.Variable(np.zeros(2, np.float32))]
    traced = tf.function(function).get_concrete_function(*specs)
    tf.saved_model.save(module, str(folder), signatures={"sample": traced})


def write_file(x):
    tf.io.write_file("stolen.txt", "x")
    return {"y": x}


def read_file(x):
    return {"y": x, "secret": tf.io.read_file("/etc/hostname")}


def print_to_file(x):
    tf.print(x, output_stream="file://stolen.txt")
    return {"y": x}


def call_python(x):
    return {"y": tf.numpy_function(lambda v: v, [x], tf.float32)}


def save_a_checkpoint(x):
    tf.raw_ops.SaveV2(prefix="stolen", tensor_names=["x"], shape_and_slices=[""], tensors=[x])
    return {"y": x}


def hide_in_a_loop(x):
    def body(i):
        tf.io.write_file("stolen.txt", "x")
        return i + 1

    return {"y": x + tf.cast(tf.while_loop(lambda i: i < 2, body, [0])[0], tf.float32)}


@pytest.mark.parametrize(
    "function, op",
    [
        (write_file, "WriteFile"),
        (read_file, "ReadFile"),
        (print_to_file, "PrintV2"),
        (call_python, "PyFunc"),
        (save_a_checkpoint, "SaveV2"),
        (hide_in_a_loop, "WriteFile"),
    ],
)
def test_a_graph_that_does_more_is_refused(version_dir, tmp_path, monkeypatch, function, op):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "1"
    save_with(function, [tf.TensorSpec([], tf.float32, name="x")], folder)
    shutil.copytree(version_dir / "assets", folder / "assets", dirs_exist_ok=True)
    with pytest.raises(UserError, match=f"the operation .*{op}"):
        saved_model.load(folder)
    assert not list(tmp_path.rglob("stolen*"))


def test_an_op_among_the_restore_ops_is_refused(copy):
    """TF1's and the C++ loader run the saver's restore while loading."""

    def change(meta):
        graph = meta.graph_def
        name = next(n for n in graph.node if n.name == meta.saver_def.restore_op_name)
        function = name.attr["f"].func.name
        (body,) = [f for f in graph.library.function if f.signature.name == function]
        body.node_def.add(op="WriteFile", name="w")

    spoil(copy, change)
    with pytest.raises(UserError, match="WriteFile"):
        safety.check(copy)


def test_saving_while_restoring_is_refused(copy):
    def change(meta):
        nodes = {node.name: node for node in meta.graph_def.node}
        save = meta.saver_def.save_tensor_name.split(":")[0]
        nodes[meta.saver_def.restore_op_name].input.append(f"^{save}")

    spoil(copy, change)
    with pytest.raises(UserError, match="SaveV2"):
        safety.check(copy)


def test_a_signature_that_saves_is_refused(copy):
    def change(meta):
        meta.signature_def["sample"].outputs["lengths"].name = meta.saver_def.save_tensor_name

    spoil(copy, change)
    with pytest.raises(UserError, match="SaveV2"):
        safety.check(copy)


def test_a_function_that_no_node_calls_is_looked_through_too(copy):
    def change(meta):
        function = meta.graph_def.library.function.add()
        function.signature.name = "unused"
        function.node_def.add(op="ReadFile", name="r")

    spoil(copy, change)
    with pytest.raises(UserError, match="ReadFile"):
        safety.check(copy)


def test_an_object_of_another_kind_is_refused(copy):
    def change(meta):
        node = meta.object_graph_def.nodes.add()
        node.asset.asset_file_def_index = 0

    spoil(copy, change)
    with pytest.raises(UserError, match="a saved object of kind asset"):
        safety.check(copy)


def test_a_link_out_of_the_export_is_refused(copy, tmp_path):
    (tmp_path / "secret").write_text("x")
    try:
        os.symlink(tmp_path / "secret", copy / "assets" / "more")
    except OSError:
        pytest.skip("this system makes no links")
    with pytest.raises(UserError, match="no links out of the export"):
        safety.check(copy)


def test_another_format_of_the_graph_is_refused(copy):
    (copy / "saved_model.pbtxt").write_text("")
    with pytest.raises(UserError, match="saved_model.pb as the only graph"):
        safety.check(copy)


@pytest.mark.parametrize("content", [b"", b"\x00" * 100, b"not a graph at all"])
def test_a_file_that_is_no_graph_is_refused(copy, content):
    (copy / "saved_model.pb").write_bytes(content)
    with pytest.raises(UserError):
        safety.check(copy)


def test_a_graph_that_is_too_large_is_refused(copy, monkeypatch):
    monkeypatch.setattr(safety, "_MAX_BYTES", 1000)
    with pytest.raises(UserError, match="at most 1000 bytes"):
        safety.check(copy)


def test_a_missing_graph_is_refused(copy):
    (copy / "saved_model.pb").unlink()
    with pytest.raises(UserError):
        safety.check(copy)
