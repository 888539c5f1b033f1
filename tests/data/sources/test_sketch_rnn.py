import os
import pickle

import numpy as np
import pytest

from hachi_tf.data import load_datasets, make_source
from hachi_tf.errors import UserError


def objects(*sketches):
    array = np.empty(len(sketches), object)
    array[:] = [np.array(sketch) for sketch in sketches]
    return array


SQUARE = [[7, 7, 0], [1, 0, 0], [0, 1, 0], [-1, 0, 1]]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "squares.npz"
    np.savez(
        path,
        train=objects(SQUARE, [[3, 4, 1], [5000, 0, 0], [1.5, 1, 1]], [[9, 9, 1]]),
        valid=objects(SQUARE),
        test=objects(SQUARE, SQUARE),
    )
    return path


def read(path, options=""):
    return list(make_source(f"sketch_rnn({options})", path).read())


def test_the_first_row_leads_to_the_origin(file):
    np.testing.assert_array_equal(read(file)[0].events, [[1, 0, 0], [0, 1, 0], [-1, 0, 1]])


def test_a_first_stroke_of_one_point_is_a_dot_and_outliers_are_clipped(file):
    np.testing.assert_array_equal(read(file)[1].events, [[0, 0, 1], [1000, 0, 0], [1.5, 1, 1]])
    np.testing.assert_array_equal(read(file)[2].events, [[0, 0, 1]])


def test_the_files_splits_are_used(file):
    source = make_source("sketch_rnn", file)
    assert source.splits == ("train", "validation", "test")
    datasets = load_datasets(source)
    assert {split: len(dataset) for split, dataset in datasets.items()} == {
        "train": 3,
        "validation": 1,
        "test": 2,
    }


def test_a_file_with_train_alone_is_split_by_hash(tmp_path):
    np.savez(tmp_path / "a.npz", train=objects(*[SQUARE] * 50))
    source = make_source("sketch_rnn", tmp_path / "a.npz")
    assert source.splits == ()
    datasets = load_datasets(source)
    assert list(datasets) == ["train", "validation"]
    assert len(datasets["train"]) + len(datasets["validation"]) == 50
    assert 0 < len(datasets["validation"]) < 15


def test_a_quantum_rounds_points_and_is_declared(file):
    source = make_source("sketch_rnn(quantum=2.0)", file)
    assert source.schema.features[0].quantum == 2.0
    for sequence in source.read():
        np.testing.assert_array_equal(sequence.events[:, :2] % 2, 0)


@pytest.mark.parametrize(
    "sketch",
    [
        np.zeros((0, 3)),
        np.zeros((4, 5)),
        np.zeros(3),
        [[1, 2, 2]],
        [[1, 2, 0.5]],
        [[np.nan, 2, 0]],
        [[np.inf, 2, 0]],
        [[1, 2, np.nan]],
    ],
)
def test_a_bad_sketch_is_refused_by_name(tmp_path, sketch):
    np.savez(tmp_path / "a.npz", train=objects(SQUARE, sketch))
    with pytest.raises(UserError, match="sketch_rnn/train/0000001"):
        read(tmp_path / "a.npz")


def test_a_file_that_would_run_something_does_not(tmp_path):
    class Attack:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path / 'pwned'}",)

    array = np.empty(2, object)
    array[:] = [np.array(SQUARE), Attack()]
    np.savez(tmp_path / "a.npz", train=array)
    with pytest.raises(UserError, match="call"):
        read(tmp_path / "a.npz")
    (tmp_path / "b.npz").write_bytes(pickle.dumps(Attack()))
    with pytest.raises(UserError, match=r"b\.npz"):
        read(tmp_path / "b.npz")
    assert not (tmp_path / "pwned").exists()


def test_a_file_without_sketches_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", images=np.zeros((2, 2, 3)))
    with pytest.raises(UserError, match="train"):
        read(tmp_path / "a.npz")


def test_no_file_is_refused(tmp_path):
    for data in (None, tmp_path, tmp_path / "no.npz"):
        with pytest.raises(UserError, match=r"\.npz"):
            make_source("sketch_rnn", data)


@pytest.mark.parametrize("options", ["clip=0", "quantum=0", "quantum=2000.0"])
def test_bad_options_are_refused(file, options):
    with pytest.raises(UserError, match=options.split("=")[0]):
        make_source(f"sketch_rnn({options})", file)
