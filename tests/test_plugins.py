"""Sources and heads from outside: CONTRIBUTING's own examples."""

import json
import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest

import hachi_tf
from hachi_tf import evaluate, export, plugins, sample, train
from hachi_tf.data import SOURCES
from hachi_tf.data.sources import make_source
from hachi_tf.errors import UserError
from hachi_tf.layers.heads import HEADS

ROOT = pathlib.Path(__file__).resolve().parents[1]
SMALL = ("--layers=1", "--hidden_size=24", "--epochs=4", "--batch_size=32", "--validate_every=10",
         "--learning_rate=0.01", "--device=cpu")  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plugins")
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    blocks = re.findall(r"`(\w+\.py)`:\n\n```python\n(.*?)```", text, re.S)
    for name, code in blocks:
        (folder / name).write_text(code, encoding="utf-8")
    assert [name for name, _ in blocks] == ["pendulum.py", "laplace.py"]
    return [str(folder / name) for name, _ in blocks]


@pytest.fixture
def registries():
    before = dict(SOURCES), dict(HEADS)
    yield
    for registry, entries in zip((SOURCES, HEADS), before, strict=True):
        registry.clear()
        registry.update(entries)


def test_what_a_source_reads_is_read_anew_when_its_text_has_changed(files, registries, tmp_path):
    text, found = pathlib.Path(files[0]).read_text(encoding="utf-8"), []
    for code in (text, text.replace("0.02", "0.03"), text):
        (tmp_path / "pendulum.py").write_text(code, encoding="utf-8")
        plugins.load([tmp_path / "pendulum.py"])
        found.append(make_source("pendulum").fingerprint())
    assert found[0] == found[2] != found[1]


@pytest.mark.slow
def test_both_keep_every_promise(files):
    named = [f"--plugin={path}" for path in files]
    command = [sys.executable, "-m", "pytest", "-n0", "-v", "tests/conformance", *named]
    command += ["-k", "pendulum or laplace"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) >= 24


def test_they_train_are_sampled_evaluated_and_exported(files, registries, tmp_path, capsys):
    named = [f"--plugin={path}" for path in files]
    run = f"--run_dir={tmp_path / 'run'}"
    assert train.main([*named, "--source=pendulum", "--head=laplace", run, *SMALL]) == 0
    assert evaluate.main([*named, run, "--json"]) == 0
    scored = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert scored["nats_per_step"] < scored["baseline_nats_per_step"]
    kept = json.loads((tmp_path / "run" / "config.json").read_text(encoding="utf-8"))["plugin"]
    assert [each.split(" sha256=")[0] for each in kept] == ["pendulum.py", "laplace.py"]
    assert all(len(each.split("=")[1]) == 64 for each in kept)
    for name in ("x.npz", "x.csv"):
        assert sample.main([*named, run, f"--output={tmp_path / name}", "--seed=1"]) == 0
    assert len((tmp_path / "x.csv").read_text(encoding="utf-8").splitlines()) > 5
    assert export.main([*named, run, f"--export_dir={tmp_path / 'export'}"]) == 0

    model = hachi_tf.load(tmp_path / "export")
    drawn = model.sample(2, num_steps=40, seed=3).events
    assert all(np.isfinite(each).all() and each.shape[1] == 1 for each in drawn)


def test_a_run_without_its_plugin_says_which_it_wants(files, registries, tmp_path, caplog):
    named = [f"--plugin={path}" for path in files]
    run = f"--run_dir={tmp_path / 'run'}"
    assert train.main([*named, "--source=pendulum", "--head=laplace", run, *SMALL]) == 0
    del HEADS["laplace"]
    assert evaluate.main([run]) == 2
    assert "got 'laplace'; give the --plugin that has it" in caplog.text


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("x = 1", "SOURCES or HEADS with something in it"),
        ("1 / 0", "ZeroDivisionError"),
        ("SOURCES = []", "SOURCES = {'name': Class}"),
        ("SOURCES = {'a': int}", "a subclass of Source"),
        ("HEADS = {'a b': int}", "HEADS = {'name': Class}"),
        (
            "from hachi_tf.data import Source\nclass A(Source): pass\nSOURCES = {'kanji': A}",
            "kanji, which is taken",
        ),
    ],
)
def test_a_file_that_is_no_plugin_is_refused(code, said, registries, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(code, encoding="utf-8")
    with pytest.raises(UserError, match=re.escape(said)):
        plugins.load([path])
    assert "a" not in SOURCES and SOURCES["kanji"] == "hachi_tf.data.sources.kanji:Kanji"


def test_a_missing_plugin_is_an_error_of_one_line(tmp_path, caplog):
    assert train.main([f"--plugin={tmp_path / 'none.py'}", "--source=kanji"]) == 2
    assert "a Python file for --plugin" in caplog.text
