"""Training as a person meets it: what a run holds, bad input, other models to start from."""

import shutil

import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.training.checkpoints import load_arrays
from hachi_tf.training.run import load_run
from tests.runs import validations


def test_run_directory_holds_all_that_other_programs_need(tiny_run):
    names = {path.name for path in tiny_run.iterdir()}
    assert {"config.json", "schema.json", "checkpoints", "metrics.jsonl", "samples",
            "tensorboard"} <= names  # fmt: skip
    records = validations(tiny_run)
    assert records[-1]["nats_per_step"] < records[0]["nats_per_step"] - 0.5
    assert records[-1]["nats_per_step"] < records[-1]["baseline"] - 0.5
    steps = [record["step"] for record in records]
    assert steps == sorted(set(steps)) and steps[-1] == 32
    assert len(list((tiny_run / "samples").glob("step-*.png"))) == len(records)


def test_best_weights_are_those_of_the_best_validation(tiny_run):
    best = min(validations(tiny_run), key=lambda record: record["nats_per_step"])
    arrays, metadata = load_arrays(tiny_run / "checkpoints" / "best.npz")
    assert metadata == {"step": best["step"], "nats_per_step": best["nats_per_step"]}
    run = load_run(tiny_run)
    assert run.step == best["step"]
    np.testing.assert_array_equal(run.network.weights[0].numpy(), next(iter(arrays.values())))


def test_tensorboard_holds_scalars_pictures_flags_and_hyperparameters(tiny_run):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorflow.core.util.event_pb2 import Event
    from tensorflow.data import TFRecordDataset

    tags = set()
    for path in (tiny_run / "tensorboard").iterdir():
        for record in TFRecordDataset(str(path)):
            tags |= {value.tag for value in Event.FromString(record.numpy()).summary.value}
    expected = {"train/nats_per_step", "validation/nats_per_step", "samples", "flags"}
    assert expected <= tags and any(tag.startswith("_hparams_") for tag in tags)
    assert EventAccumulator(str(tiny_run / "tensorboard")).Reload().Tags()


def test_init_from_a_run_starts_with_its_weights_and_transforms(
    tmp_path, sketches, train_here, tiny_run
):
    run_dir = tmp_path / "more"
    flags = ["--batch_size=16", "--epochs=0.3", "--learning_rate=1e-9", "--device=cpu"]
    train_here(sketches, f"--run_dir={run_dir}", f"--init_from={tiny_run}", *flags)
    old, new = load_run(tiny_run), load_run(run_dir)
    for one, other in zip(old.network.weights, new.network.weights, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), atol=1e-6)
    assert old.transforms.get_config() == new.transforms.get_config()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--hidden_size=17"], "--hidden_size=16, which the network of --init_from has"),
        (["--noend_of_sequence"], "--end_of_sequence=True, which the network"),
        (["--source=kanji", "--data="], "--init_from a model of dx (continuous, 1/109 of the box)"),
    ],
)
def test_init_from_a_model_that_does_not_fit_is_refused(
    tmp_path, sketches, failing_program, tiny_run, flags, said
):
    start = [f"--data={sketches}", f"--init_from={tiny_run}", f"--run_dir={tmp_path / 'run'}"]
    done = failing_program("train", *start, *flags)
    assert done.returncode == 2 and said in done.stderr and done.stderr.count("error: ") == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["config.json", "schema.json"])
@pytest.mark.parametrize("content", ["", "[]", "{}", "\udcff", "[" * 5000])
def test_foreign_files_in_a_run_directory_are_named(tmp_path, tiny_run, name, content):
    run_dir = tmp_path / "run"
    shutil.copytree(tiny_run, run_dir)
    (run_dir / name).write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(UserError, match=name):
        load_run(run_dir)


def test_nothing_held_out_warns_and_trains(tmp_path, sketches, train_here, tiny_flags):
    flags = [*tiny_flags, "--epochs=0.5", "--validation_fraction=0"]
    done = train_here(sketches, f"--run_dir={tmp_path / 'run'}", *flags)
    assert "nothing is held out" in done.stderr
    assert load_run(tmp_path / "run").step == 4  # 100 drawings of all three splits


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["/nowhere/data.npz"], "a file or folder with data"),
        (["--clip_derivatives=10"], "--clip_derivatives=LSTM,OUTPUT"),
        (["--clip_derivatives=10,100"], "either --clip_norm or --clip_derivatives"),
        (["--clip_derivatives=10,100", "--clip_norm=0", "--cell=gru"], "with an LSTM cell"),
        (["--patience=3", "--validation_fraction=0"], "something held out for --patience"),
        (["--weight_noise=-1"], "--weight_noise from 0 to 10, or adaptive"),
        (["--source=kanjis"], "kanji"),
        (["--head=gaussian_mixture(num_components=0)"], "num_components"),
        (["--init_from=/nowhere"], "/nowhere"),
    ],
)
def test_bad_flags_end_with_one_line_and_status_2(tmp_path, failing_program, sketches, flags, said):
    data = [] if flags[0].startswith(("/", "--source")) else [f"--data={sketches}"]
    done = failing_program("train", f"--run_dir={tmp_path / 'run'}", *data, *flags)
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("error: ")
    assert not (tmp_path / "run" / "config.json").exists()
