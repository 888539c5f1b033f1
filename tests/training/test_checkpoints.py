"""Checkpoints survive what can happen to files."""

import keras
import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.training.checkpoints import (
    Checkpoints,
    assign_arrays,
    load_arrays,
    save_arrays,
    variable_arrays,
)

ARRAYS = {"network.0.a": np.arange(6, dtype=np.float32).reshape(2, 3), "x": np.int64([7])}


def test_round_trip_is_exact(tmp_path):
    save_arrays(tmp_path / "a.npz", ARRAYS, {"step": 3, "best": 0.1})
    arrays, metadata = load_arrays(tmp_path / "a.npz")
    assert metadata == {"step": 3, "best": 0.1} and arrays.keys() == ARRAYS.keys()
    for name, value in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], value)
        assert arrays[name].dtype == value.dtype


def test_two_newest_are_kept(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    for step in (5, 20, 100):
        checkpoints.save(step, ARRAYS, {"step": step})
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "step-000000020.npz", "step-000000100.npz",
    ]  # fmt: skip
    assert checkpoints.latest()[1] == {"step": 100}


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "foreign"])
def test_damaged_checkpoint_is_named_and_the_one_before_is_used(tmp_path, damage, caplog):
    checkpoints = Checkpoints(tmp_path)
    for step in (1, 2):
        checkpoints.save(step, ARRAYS, {"step": step})
    path = tmp_path / "step-000000002.npz"
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[100] ^= 0xFF
    path.write_bytes(
        {"cut": content[:-90], "flip": content, "empty": b"", "foreign": b"hello"}[damage]
    )
    assert checkpoints.latest()[1] == {"step": 1}
    assert "step-000000002.npz" in caplog.text
    with pytest.raises(UserError, match="a whole checkpoint"):
        load_arrays(path)


def test_pickled_objects_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.array([{"a": 1}], dtype=object))
    with pytest.raises(UserError, match="a whole checkpoint"):
        load_arrays(tmp_path / "a.npz")


def test_full_disk_leaves_the_last_good_checkpoint(tmp_path, monkeypatch):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(1, ARRAYS, {"step": 1})

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(UserError, match="space"):
        checkpoints.save(2, ARRAYS, {"step": 2})
    assert [p.name for p in tmp_path.iterdir()] == ["step-000000001.npz"]
    assert checkpoints.latest()[1] == {"step": 1}


def test_weights_of_other_shapes_change_nothing():
    source = [keras.Variable(np.ones(3)), keras.Variable(np.ones((2, 2)))]
    target = [keras.Variable(np.zeros(3)), keras.Variable(np.zeros((2, 3)))]
    with pytest.raises(UserError, match="2 weights of this network's shapes in here"):
        assign_arrays("network", target, variable_arrays("network", source), "here")
    assert not target[0].numpy().any()
    with pytest.raises(UserError, match="1 weights of this network's shapes in here; got 0"):
        assign_arrays("network", target[:1], {"network.kernel": np.ones(3)}, "here")
    assign_arrays("network", target[:1], variable_arrays("network", source[:1]), "here")
    assert target[0].numpy().all()
