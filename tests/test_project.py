"""The rules that DESIGN states for the source tree as a whole."""

import ast
import pathlib
import re
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "hachi_tf"
PROGRAMS = {
    "train", "evaluate", "sample", "export", "serve", "perform", "record", "prepare", "describe"
}  # fmt: skip
PROGRAMS_HERE = sorted(name for name in PROGRAMS if (PACKAGE / f"{name}.py").exists())

# An arrow may point to a lower rank; among those of equal rank, only without a circle.
RANKS = {
    **dict.fromkeys(["errors", "files", "options", "schema", "startup", "transforms"], 0),
    **dict.fromkeys(["alphabet", "audio", "characters", "series", "tables", "midi"], 0),
    **dict.fromkeys(["flagfiles", "hachi_machi", "ready", "series"], 0),
    **dict.fromkeys(["data", "layers", "rendering"], 1),
    **dict.fromkeys(["models"], 2),
    **dict.fromkeys(
        ["config", "plugins", "program", "samplers", "evaluation", "serving", "training"], 3
    ),
    **dict.fromkeys(["forecasting", "performing", "studio", "writing"], 3),
    **dict.fromkeys(PROGRAMS | {"hachi_tf"}, 4),
}
FORBIDDEN = {("layers", "data"), ("models", "data")}
HEAVY = {"tensorflow", "keras", "tensorflow_probability", "tf_keras"}
WITHOUT_HEAVY = ("rendering", "performing", "serving.client", "errors", "schema", "options",
                 "files", "config", "program", "alphabet", "characters", "writing",
                 "audio", "series", "tables", "midi", "flagfiles", "hachi_machi", "ready",
                 "hachi_tf",
                 "serving.rest_client", "serving.grpc_client", "serving.messages",
                 "serving.transports", "serving.remote_model", "serving.openapi")  # fmt: skip
POSIX_ONLY = {"fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "posix", "syslog",
              "crypt", "readline", "curses"}  # fmt: skip
POSIX_ONLY_CALLS = {"fork", "getuid", "geteuid", "getpgid", "setsid", "uname", "mkfifo"}
UNSAFE_MODULES = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
UNSAFE_CALLS = {"eval", "exec", "compile", "__import__"}


def module_name(path: pathlib.Path) -> str:
    """`hachi_tf/layers/lstm.py` -> `layers.lstm`; the package's own `__init__` -> `hachi_tf`."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    parts = parts[:-1] if parts[-1] == "__init__" else parts
    return ".".join(parts) or "hachi_tf"


MODULES = {
    module_name(path): ast.parse(path.read_text(encoding="utf-8"), str(path))
    for path in sorted(PACKAGE.rglob("*.py"))
}


def imports(tree: ast.AST) -> set[str]:
    """Full names of all modules imported anywhere in a file, also inside functions."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def arrows() -> list[tuple[str, str]]:
    """`(importing module, imported top-level part)` for the imports within the package."""
    found = set()
    for module, tree in MODULES.items():
        for name in imports(tree):
            parts = name.split(".")
            if parts[0] == "hachi_tf" and len(parts) > 1 and parts[1] in RANKS:
                found.add((module, parts[1]))
    return sorted(found)


def test_every_part_of_the_package_has_a_place_in_the_order():
    assert {module.split(".")[0] for module in MODULES} <= set(RANKS)


def test_imports_are_absolute():
    relative = [
        (module, node.lineno)
        for module, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


def test_imports_point_one_way():
    wrong = [
        (module, target)
        for module, target in arrows()
        if (part := module.split(".")[0]) != target
        and (RANKS[target] > RANKS[part] or (part, target) in FORBIDDEN)
    ]
    assert wrong == []


def test_imports_between_parts_run_in_no_circle():
    graph = {}
    for module, target in arrows():
        if module.split(".")[0] != target:
            graph.setdefault(module.split(".")[0], set()).add(target)
    while leaves := {part for part in graph if not graph[part] & set(graph)}:
        graph = {part: targets for part, targets in graph.items() if part not in leaves}
    assert graph == {}


def test_programs_are_imported_by_nobody():
    assert [arrow for arrow in arrows() if arrow[1] in PROGRAMS] == []


def test_only_programs_and_their_configuration_know_flags():
    users = {module for module, tree in MODULES.items() if "absl.flags" in imports(tree)}
    assert users <= PROGRAMS | {"config"}


def test_parts_that_run_without_tensorflow_import_none_of_it():
    wrong = [
        module
        for module, tree in MODULES.items()
        if any(module == part or module.startswith(part + ".") for part in WITHOUT_HEAVY)
        and {name.split(".")[0] for name in imports(tree)} & HEAVY
    ]
    assert wrong == []


def test_nothing_is_posix_only():
    wrong = []
    for module, tree in MODULES.items():
        wrong += [(module, name) for name in imports(tree) if name.split(".")[0] in POSIX_ONLY]
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "os":
                wrong += [(module, node.attr)] if node.attr in POSIX_ONLY_CALLS else []
    assert wrong == []


def test_nothing_reads_a_pickle_or_runs_a_text_as_code():
    wrong = []
    for module, tree in MODULES.items():
        wrong += [(module, name) for name in imports(tree) if name.split(".")[0] in UNSAFE_MODULES]
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            if isinstance(node.func, ast.Name) and node.func.id in UNSAFE_CALLS:
                wrong.append((module, node.func.id, node.lineno))
            for keyword in node.keywords:
                if (
                    keyword.arg in ("allow_pickle", "shell")
                    and ast.unparse(keyword.value) != "False"
                ):
                    wrong.append((module, keyword.arg, node.lineno))
    assert wrong == []


def test_libraries_print_nothing_and_assert_nothing():
    wrong = [
        (module, node.lineno)
        for module, tree in MODULES.items()
        if module not in PROGRAMS
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert)
        or (isinstance(node, ast.Call) and ast.unparse(node.func) == "print")
    ]
    assert wrong == []


def test_a_page_of_code_stays_readable():
    paths = [*PACKAGE.rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    lengths = {str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    assert {path: length for path, length in lengths.items() if length > 300} == {}


def test_files_in_git_are_small():
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listing.returncode:
        pytest.skip("not a git checkout")
    paths = [ROOT / name for name in listing.stdout.split("\0") if name]
    sizes = {path: path.stat().st_size for path in paths if path.is_file()}
    # The weights of a ready export are the largest files that belong here.
    most = {
        path: 8_000_000 if path.is_relative_to(ROOT / "exports") else 1_000_000 for path in paths
    }
    assert {str(path): size for path, size in sizes.items() if size > most[path]} == {}


def test_importing_the_package_and_what_runs_without_tensorflow_does_not_load_it():
    light = sorted(
        f"hachi_tf.{module}".replace("hachi_tf.hachi_tf", "hachi_tf")
        for module in MODULES
        if any(module == part or module.startswith(part + ".") for part in WITHOUT_HEAVY)
    )
    code = f"import sys, {', '.join(light)}; print(sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr


@pytest.mark.parametrize("program", PROGRAMS_HERE)
def test_help_comes_in_well_under_a_second_without_tensorflow(program):
    command = [sys.executable, "-X", "importtime", "-m", f"hachi_tf.{program}", "--help"]
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        seconds.append(time.perf_counter() - start)
    assert done.returncode == 0, done.stderr
    assert f"usage: python -m hachi_tf.{program}" in done.stdout
    loaded = set(re.findall(r"\|\s*(\w+)\s*$", done.stderr, re.MULTILINE))
    assert "hachi_tf" in loaded
    assert not loaded & HEAVY
    assert min(seconds) < 1.0
