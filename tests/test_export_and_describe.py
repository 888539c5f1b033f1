"""The programs `export` and `describe` over small runs written by hand."""

import json
import subprocess
import sys

import numpy as np
import pytest

from hachi_tf import describe, export, sample
from hachi_tf.layers.heads import make_head
from hachi_tf.models import network_to_dict
from hachi_tf.models.prediction_network import PredictionNetwork
from hachi_tf.schema import Feature, Schema
from hachi_tf.serving import saved_model
from hachi_tf.training.checkpoints import save_arrays, variable_arrays
from hachi_tf.training.run_directory import RunDirectory
from hachi_tf.transforms import Standardize, transform_to_dict


def make_sketches(path):
    """An .npz of 40 sketches, each some strokes that go to the right and down."""
    rng = np.random.default_rng(0)
    splits = {}
    for name, count in (("train", 30), ("valid", 10)):
        array = np.empty(count, object)
        for index in range(count):
            moves = rng.normal(size=[rng.integers(5, 12), 3]) * 3 + [4, 2, 0]
            moves[:, 2] = rng.random(len(moves)) < 0.2
            moves[-1, 2] = 1
            array[index] = moves.astype(np.float32)
        splits[name] = array
    np.savez(path, **splits)


def make_run(path, data, spread=1.0, columns=None):
    """A run whose network knows nothing but the scale of the offsets."""
    from hachi_tf.data.sources import make_source

    source = make_source("sketch_rnn", str(data))
    schema = columns or source.schema
    transforms = Standardize([0, 1], [4.0, 2.0], [3.0 * spread, 3.0 * spread])
    network = PredictionNetwork(schema, make_head(schema, num_components=2), 1, 4)
    network.build()
    network.set_weights([np.zeros(weight.shape, np.float32) for weight in network.get_weights()])
    directory = RunDirectory(path)
    directory.checkpoints.mkdir(parents=True)
    description = {
        "schema": schema.to_dict(),
        "transforms": transform_to_dict(transforms),
        "network": network_to_dict(network),
        "data": {
            "source": "sketch_rnn",
            "validation_fraction": None,
            "fingerprint": source.fingerprint(),
            "licence": source.licence,
            "credit": source.credit,
        },
    }
    directory.write_text(directory.schema, json.dumps(description))
    flags = {"source": "sketch_rnn", "data": str(data), "run_dir": str(path), "layers": 1}
    directory.write_text(directory.config, json.dumps(flags))
    save_arrays(directory.best, variable_arrays("network", network.weights), {"step": 20})
    for step, nats in ((10, 4.5), (20, 4.0)):
        record = {"step": step, "split": "validation", "nats_per_step": nats}
        directory.append_metrics(record)
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("programs")
    make_sketches(folder / "sketches.npz")
    make_run(folder / "good", folder / "sketches.npz")
    make_run(folder / "bad", folder / "sketches.npz", spread=8.0)
    return folder


@pytest.fixture(scope="module")
def exported(place):
    folder = place / "exports" / "sketches"
    arguments = [str(place / "good"), f"--export_dir={folder}", "--max-steps=50"]
    assert export.main(arguments) == 0
    return folder / "1"


def test_a_run_and_its_export_become_the_same_page(place, exported, capsys, tmp_path):
    pages = {
        "run": [str(place / "good"), "--licence=CC0-1.0"],
        "export": [f"--from-export={exported.parent}", "--licence=CC0-1.0"],
    }
    for name, flags in pages.items():
        path = tmp_path / f"{name}.html"
        assert export.main([*flags, f"--output={path}", "--json"]) == 0
        result = json.loads(capsys.readouterr().out)
        assert result["page"] == str(path) and result["bytes"] == path.stat().st_size
        assert result["kind"] == "strokes" and result["num_weights"] > 0
    texts = [(tmp_path / f"{name}.html").read_text(encoding="utf-8") for name in pages]
    assert texts[0].replace("good", "sketches") == texts[1] and "CC0-1.0" in texts[0]
    assert not list(tmp_path.glob("[0-9]*"))  # no SavedModel beside them


def described(capsys, *arguments):
    assert describe.main([*map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_export_tells_data_figures_and_flags_but_no_place(exported, place):
    value = json.loads((exported / "assets" / "hachi.json").read_text())
    assert value["name"] == "sketches" and value["max_steps"] == 50
    assert value["metrics"]["nats_per_step"] == 4.0
    assert value["data"]["source"] == "sketch_rnn" and value["data"]["licence"]
    assert value["training"] == {"step": 20, "flags": {"source": "sketch_rnn", "layers": 1}}
    for path in exported.rglob("*"):
        assert path.is_dir() or str(place).encode() not in path.read_bytes()


def test_an_export_can_be_sampled_from(exported, tmp_path, capsys):
    output = tmp_path / "drawing.svg"
    arguments = [f"--export_dir={exported}", f"--output={output}", "--num_steps=9", "--json"]
    assert sample.main([*arguments, "--seed=1"]) == 0
    assert json.loads(capsys.readouterr().out)["seed"] == 1
    assert output.read_text().startswith("<svg") or "<svg" in output.read_text()


def test_an_export_can_be_exported_again_with_other_steps(exported, place, capsys):
    arguments = [f"--from_export={exported}", f"--export_dir={exported.parent}", "--max_steps=7"]
    assert export.main([*arguments, "--credit=A. Writer", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["version"] == 2 and result["max_steps"] == 7
    loaded, first = saved_model.load(exported.parent), saved_model.load(exported)
    assert loaded.path.name == "2"
    assert loaded.metadata["data"] == first.metadata["data"] | {"credit": "A. Writer"}
    pair = [model.sample(1, num_steps=5, seed=2).events[0] for model in (loaded, first)]
    np.testing.assert_array_equal(*pair)


@pytest.mark.parametrize(
    "program, arguments, message",
    [
        (export, ["--run_dir=a", "--from_export=b"], "either --run_dir or --from_export"),
        (export, ["--from_export=b"], "--export_dir with --from_export"),
        (export, ["no/such/run"], "a run directory"),
        (export, ["--from_export=no/such", "--export_dir=x"], "an export at"),
        (export, ["--max_steps=0"], "at least 1"),
        (describe, ["no/such/run"], "a run directory"),
        (describe, ["--export_dir=no/such"], "an export at"),
        (describe, ["--export_dir=exports/hershy"], "did you mean exports/hershey?"),
        (describe, ["--compare=one"], "two runs or exports"),
        (describe, ["--devices", "--run_dir=a"], "one thing to describe"),
        (describe, ["--compare", "no/such", "run"], "a run directory (with schema.json in it) or"),
    ],
)
def test_bad_flags_end_in_one_line_and_status_2(program, arguments, message, caplog):
    assert program.main(arguments) == 2
    assert message in caplog.text and "Traceback" not in caplog.text


def test_in_words_an_export_says_its_characters_first_and_nothing_twice(capsys):
    assert describe.main(["--export_dir=exports/hershey"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("alphabet: ") and "xyz" in line for line in lines[:10])
    assert sum("end_of_stroke" in line for line in lines) == 1
    assert "    inputs: seed int32 [?, 2], num_steps int32 [?]," in "\n".join(lines)


def test_describe_export_does_not_load_the_graph(exported, place, capsys):
    value = described(capsys, f"--export_dir={exported}")
    assert value["graph"] == "computes, and nothing else"
    assert value["num_weights"] > 0 and value["bytes"] > 4 * value["num_weights"]
    assert [column["name"] for column in value["columns"]] == ["dx", "dy", "end_of_stroke"]
    script = (
        "import sys; from hachi_tf.serving import manifest; import pathlib\n"
        "manifest.read(pathlib.Path(sys.argv[1])); assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script, exported], check=True)


def test_describe_run(place, capsys):
    value = described(capsys, place / "good")
    assert value["steps"] == 20 and value["best"]["nats_per_step"] == 4.0
    assert value["network"]["config"]["hidden_size"] == 4


def test_describe_data(place, capsys):
    value = described(capsys, f"--data={place / 'sketches.npz'}")
    assert value["source"] == "sketch_rnn"
    assert value["splits"]["train"]["sequences"] == 30
    dx = value["splits"]["train"]["columns"]["dx"]
    assert 3.0 < dx["mean"] < 5.0 and dx["min"] < dx["mean"] < dx["max"]


def test_describe_devices(capsys):
    value = described(capsys, "--devices")
    assert {"type": "CPU"}.items() <= value["devices"][0].items()


def test_compare_finds_the_better_of_two_runs(place, capsys):
    """Zero weights make a unit Gaussian in network space, so that only the scale counts."""
    good, bad = place / "good", place / "bad"
    value = described(capsys, "--compare", good, bad)
    assert value["better"] == str(good) and value["num_sequences"] == 10
    interval = value["a_minus_b"]
    assert interval["low"] < interval["mean"] < interval["high"] < 0
    difference = value["nats_per_step_data_units_a"] - value["nats_per_step_data_units_b"]
    np.testing.assert_allclose(interval["mean"], difference, rtol=1e-6)
    # 2 log 8, less what the wider Gaussian gains on the squared distances.
    assert -2 * np.log(8) - 0.1 < difference < -2 * np.log(8) + 2.0
    back = described(capsys, f"--compare={bad}", f"--compare={good}")
    assert back["better"] == str(good)
    np.testing.assert_allclose(back["a_minus_b"]["mean"], -interval["mean"])


def test_a_run_compares_with_its_export_as_equal(place, exported, capsys):
    value = described(capsys, "--compare", place / "good", exported)
    assert abs(value["a_minus_b"]["mean"]) < 1e-6 and value["better"] is None


def test_models_of_other_columns_do_not_compare(place, tmp_path, caplog):
    columns = Schema((Feature("dx"), Feature("dy"), Feature("end_of_stroke", "binary")), False)
    other = make_run(tmp_path / "other", place / "sketches.npz", columns=columns)
    assert describe.main(["--compare", str(place / "good"), str(other)]) == 2
    assert "the same columns and end of sequence" in caplog.text


def test_help_is_quick_and_lists_the_flags(capsys):
    for program, flag in ((export, "--max_steps"), (describe, "--compare")):
        assert program.main(["--help"]) == 0
        assert flag in capsys.readouterr().out
