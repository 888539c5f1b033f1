"""README, BUILD.md, CONTRIBUTING.md, the Makefile and configs/ say what the programs can do."""

import functools
import pathlib
import re
import shlex
import subprocess
import sys

import pytest

from hachi_tf.config import expand_flagfiles, parse
from hachi_tf.train import TrainConfig

ROOT = pathlib.Path(__file__).resolve().parents[1]
DOCUMENTS = ["README.md", "BUILD.md", "CONTRIBUTING.md"]
TEXTS = {
    name: (ROOT / name).read_text(encoding="utf-8") for name in [*DOCUMENTS, "Makefile", ".ci/run"]
}
CONFIGS = sorted(path.name for path in (ROOT / "configs").glob("*.flags"))
PROGRAMS = sorted(set(re.findall(r"python -m hachi_tf\.(\w+)", TEXTS["README.md"])))
EVERYWHERE = {"flagfile", "help", "debug", "plugin"}


@functools.cache
def listed_flags(program: str) -> dict[str, bool]:
    """The flags that `--help` lists, and whether `--noNAME` is allowed too."""
    command = [sys.executable, "-m", f"hachi_tf.{program}", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = re.findall(r"^  --(\[no\])?(\w+)", done.stdout, re.MULTILINE)
    return {name: bool(no) for no, name in found}


def is_flag(program: str, name: str) -> bool:
    flags = listed_flags(program)
    return name in EVERYWHERE or name in flags or flags.get(name.removeprefix("no"), False)


def commands(text: str) -> list[tuple[str, list[str]]]:
    """`(program, flags)` of every `... -m hachi_tf.X ...` in a document, up to the line's end."""
    lines = text.replace("\\\n", " ").splitlines()
    found = []
    for program, rest in re.findall(r"-m hachi_tf\.(\w+)([^`\n]*)", "\n".join(lines)):
        flags = re.findall(r"(?<=\s)--([\w-]+)", rest)
        found.append((program, [flag.replace("-", "_") for flag in flags]))
    return found


@pytest.mark.parametrize("name", TEXTS)
def test_commands_use_flags_that_exist(name):
    wrong = [
        (program, flag)
        for program, flags in commands(TEXTS[name])
        for flag in flags
        if not is_flag(program, flag)
    ]
    assert wrong == []


def test_documents_show_commands():
    assert {program for name in DOCUMENTS for program, _ in commands(TEXTS[name])} == set(PROGRAMS)
    assert {"train", "evaluate", "sample", "export"} <= set(PROGRAMS)


@pytest.mark.parametrize("program", PROGRAMS)
def test_readme_lists_each_flag_of(program):
    table = TEXTS["README.md"].split("| program | flags |")[1].split("\n\n")[0]
    rows, current = {}, ""
    for line in table.splitlines()[2:]:
        name, flags = line.strip("|").split("|")
        current = name.strip().strip("`") or current  # or a row that goes on
        rows.setdefault(current, set()).update(re.findall(r"--(\w+)", flags))
    assert rows[program] == set(listed_flags(program)) - EVERYWHERE


@pytest.mark.parametrize("name", CONFIGS)
def test_configuration_is_one_that_train_accepts(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # nested files are found beside the file that names them
    config = parse(TrainConfig, [f"--flagfile={ROOT / 'configs' / name}"])
    assert config.data == "" and config.run_dir == ""


def test_iam_configuration_is_the_network_of_the_paper():
    config = parse(TrainConfig, [f"--flagfile={ROOT / 'configs' / 'iam_prediction.flags'}"])
    assert (config.source, config.layers, config.hidden_size, config.mixtures) == (
        "iam_ondb", 3, 400, 20)  # fmt: skip
    assert (config.optimizer, config.learning_rate) == ("graves_rmsprop", 1e-4)
    assert config.clip_limits() == (10.0, 100.0)
    assert not config.end_of_sequence


def test_each_configuration_says_what_it_is_and_sets_a_flag_once():
    for name in CONFIGS:
        lines = (ROOT / "configs" / name).read_text(encoding="utf-8").splitlines()
        assert lines[0].startswith("# ")
        own = [line.partition("=")[0] for line in lines if line.startswith("--")]
        assert len(own) == len(set(own))
        assert expand_flagfiles([f"--flagfile={ROOT / 'configs' / name}"])


def test_paths_and_links_in_documents_exist():
    missing = []
    for name in [*DOCUMENTS, "CHANGELOG.md", "Makefile"]:
        text = (ROOT / name).read_text(encoding="utf-8")
        paths = re.findall(r"\]\((?!https?:)([^)#]+)\)", text)
        paths += re.findall(r"\b(?:configs|tests|exports/kanji|hachi_tf)/[\w./-]*\w", text)
        missing += [(name, path) for path in paths if not (ROOT / path).exists()]
    assert [(name, path) for name, path in missing if "kanji_mine" not in path] == []


def test_make_targets_in_documents_exist():
    targets = set(re.findall(r"^([\w-]+):", TEXTS["Makefile"], re.MULTILINE))
    named = {target for name in DOCUMENTS for target in re.findall(r"`make ([\w-]+)", TEXTS[name])}
    assert {"quickstart", "test", "bench", "lint"} <= named <= targets


def test_make_quickstart_runs_the_commands_that_readme_shows():
    recipe = TEXTS["Makefile"].split("\nquickstart:")[1].split("\n\n")[0]
    recipe = recipe.replace("$(PY)", "python").replace("$(RUN)", "runs/quickstart")
    made = [shlex.split(line) for line in recipe.splitlines() if line.startswith("\tpython")]
    shown = TEXTS["README.md"].split("## Quick start")[1].split("```")[3].strip().splitlines()
    assert made == [shlex.split(line) for line in shown]


def test_documents_ask_for_no_other_package_than_setup_installs():
    extras = set(re.findall(r'"\.\[(\w+)\]"', "".join(TEXTS.values())))
    setup = (ROOT / "setup.cfg").read_text(encoding="utf-8").split("[options.extras_require]")[1]
    assert extras <= set(re.findall(r"^(\w+) =", setup, re.MULTILINE))


def test_documents_have_no_figure_left_open():
    for path in ("README.md", "BUILD.md"):
        assert "FIGURE" not in (ROOT / path).read_text(encoding="utf-8"), path
