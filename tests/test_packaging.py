"""What pip makes of the project: the wheel's contents, and dependencies on other systems."""

import ast
import configparser
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable

import pytest

import hachi_tf
from hachi_tf import ready as ready_lib

ROOT = pathlib.Path(__file__).resolve().parents[1]
KEPT = ("hershey", "kanji", "rhythm", "text")  # the ready exports
UNREACHABLE = re.compile(r"NewConnectionError|ConnectTimeout|ReadTimeout|NameResolution|ProxyError")

# pip picks wheels for `--platform`, but reads markers such as `sys_platform` for the machine it
# runs on; this gives it the target's.
PIP_FOR_ANOTHER_SYSTEM = """
import json, sys
from pip._internal.cli.main import main
from pip._vendor.packaging import markers
here = markers.default_environment()
markers.default_environment = lambda: {**here, **json.loads(sys.argv[1])}
sys.exit(main(sys.argv[2:]))
"""
MACOS = {"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64"}
WINDOWS = {"sys_platform": "win32", "platform_system": "Windows", "platform_machine": "AMD64"}
WINDOWS["os_name"] = "nt"


def requirements(section: str = "options", key: str = "install_requires") -> list[str]:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    return config[section][key].split("\n")[1:]


def names(lines: list[str]) -> set[str]:
    """Normalized names of the distributions in requirement lines."""
    return {re.match(r"[\w-]+", line).group().lower().replace("_", "-") for line in lines}


def imported(paths: Iterable[pathlib.Path]) -> set[str]:
    """Normalized names of the distributions that files import, the standard library's left out."""
    modules = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                modules.add(node.module.split(".")[0])
    modules -= {"hachi_tf", "tests", *sys.stdlib_module_names}
    distributions = {
        "PIL": "pillow", "absl": "absl-py", "google": "protobuf", "pythonosc": "python-osc",
        "yaml": "pyyaml", "grpc": "grpcio", "tensorflow_serving": "tensorflow-serving-api",
    }  # fmt: skip
    distributions |= {"HersheyFonts": "hershey-fonts", "xdist": "pytest-xdist"}
    return {distributions.get(module, module).replace("_", "-") for module in modules}


def run_pip(command: list[str]) -> str:
    """Runs pip; skips the test if, and only if, the package index cannot be reached."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode and UNREACHABLE.search(done.stderr):
        pytest.skip("the package index cannot be reached")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    "platform, markers, only_there",
    [("macosx_12_0_arm64", MACOS, set()), ("win_amd64", WINDOWS, {"colorama"})],
)
def test_dependencies_resolve_to_wheels_for(platform, markers, only_there, tmp_path):
    markers = {**markers, "python_version": "3.11", "python_full_version": "3.11.0"}
    command = [sys.executable, "-c", PIP_FOR_ANOTHER_SYSTEM, json.dumps(markers)]
    command += ["install", "--dry-run", "--ignore-installed", "--only-binary=:all:", "--quiet"]
    command += [f"--platform={platform}", "--python-version=3.11", "--implementation=cp"]
    command += ["--target", str(tmp_path / "target"), "--retries=1", "--report"]
    run_pip([*command, str(tmp_path / "report.json"), *requirements()])

    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    found = {
        item["metadata"]["name"].lower().replace("_", "-"): item["download_info"]["url"]
        for item in report["install"]
    }
    assert names(requirements()) | only_there <= set(found)
    tensorflow = found["tensorflow"].rsplit("/", 1)[-1]
    assert tensorflow.endswith(f"-cp311-cp311-{platform}.whl")


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A checkout with somebody's own export in it."""
    source = tmp_path_factory.mktemp("checkout") / "source"
    ignore = shutil.ignore_patterns("__pycache__")
    for folder in ("hachi_tf", "configs", "exports", "tests"):
        shutil.copytree(ROOT / folder, source / folder, ignore=ignore)
    (source / "exports" / "mine").mkdir()
    (source / "exports" / "mine" / "README.md").write_text("Somebody's own.")
    for name in ("setup.cfg", "setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    return source


@pytest.fixture(scope="module")
def wheel(source):
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "--retries=1"]
    run_pip([*command, "--wheel-dir", str(source.parent), str(source)])
    (wheel,) = source.parent.glob("*.whl")
    return wheel


def test_wheel_holds_the_whole_package_and_nothing_else(source, wheel):
    assert wheel.name == f"hachi_tf-{hachi_tf.__version__}-py3-none-any.whl"
    files = zipfile.ZipFile(wheel).namelist()
    own = [path for path in source.glob("hachi_tf/**/*") if path.is_file()]
    parts = {path.relative_to(source).as_posix() for path in own}
    installed = {name for name in files if not name.startswith("hachi_tf-")}
    assert parts == {name for name in installed if "/ready/" not in name}
    assert {"hachi_tf/serving/page_files/page.html", "hachi_tf/studio/page/index.html"} <= parts
    kept = [f"exports/{name}" for name in KEPT]
    ready = {
        f"hachi_tf/ready/{path.relative_to(ROOT).as_posix()}"
        for folder in ("configs", *kept)
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
    }
    assert ready == {name for name in installed if "/ready/" in name}
    licences = {name.partition("/licenses/")[2] for name in files} - {""}
    assert licences >= {"LICENSE", *(f"{each}/LICENSE" for each in kept)}
    assert set(kept) | {"exports/README.md"} == {
        line.removeprefix("!").removesuffix("/")
        for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!exports/")
    }


@pytest.mark.slow
def test_an_installed_wheel_works_in_an_empty_folder(wheel, tmp_path):
    installed, empty = tmp_path / "installed", tmp_path / "empty"
    empty.mkdir()
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--quiet", "--retries=1"]
    run_pip([*command, "--target", str(installed), str(wheel)])
    environment = os.environ | {"PYTHONPATH": str(installed)}

    def program(name, *flags):
        command = [sys.executable, "-m", f"hachi_tf.{name}", *flags]
        done = subprocess.run(command, cwd=empty, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    ready = json.loads(program("describe", "--ready", "--json"))
    assert ready["folder"] == str(installed / "hachi_tf" / "ready")
    program("sample", "--export_dir=exports/kanji", "--num_steps=50", "--seed=1", "--output=k.svg")
    assert "<path" in (empty / "k.svg").read_text(encoding="utf-8")
    described = program("describe", "--export_dir=exports/hershey")
    assert "graph: computes, and nothing else" in described


def test_ready_exports_have_a_licence_and_what_they_are():
    found = ready_lib.listing()
    assert set(found["exports"]) == {f"exports/{name}" for name in KEPT}
    for name, about in found["exports"].items():
        licence = pathlib.Path(found["folder"], name, "LICENSE")
        assert licence.read_text(encoding="utf-8").strip() and len(about) > 20
    names = {f"configs/{path.name}" for path in (ROOT / "configs").glob("*.flags")}
    assert set(found["configurations"]) == names and all(found["configurations"].values())


def test_ready_names_are_found_in_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert ready_lib.find("exports/kanji/1") == ROOT / "exports" / "kanji" / "1"
    assert ready_lib.find("exports/../setup.cfg") == pathlib.Path("exports/../setup.cfg")
    assert ready_lib.find("exports/none") == pathlib.Path("exports/none")
    own = tmp_path / "exports" / "kanji"
    own.mkdir(parents=True)
    assert ready_lib.find("exports/kanji") == pathlib.Path("exports/kanji")
    assert ready_lib.hint("exports/kanji", "exports").endswith(str(ROOT / "exports" / "kanji"))
    assert ready_lib.hint("exports/kanij", "exports") == "did you mean exports/kanji?"
    assert ready_lib.hint("runs/mine", "exports") == ""


def test_what_is_imported_is_what_setup_installs():
    package, tests = (ROOT / "hachi_tf").rglob("*.py"), list((ROOT / "tests").rglob("*.py"))
    measuring = [path for path in tests if "benchmarks" in path.parts]
    installed = names(requirements())
    extras = ("serve", "compress")
    optional = set().union(*(names(requirements("options.extras_require", e)) for e in extras))
    assert imported(package) <= installed | optional
    installed |= names(requirements("options.extras_require", "dev"))
    assert imported(set(tests) - set(measuring)) <= installed | {"pip"}
    installed |= names(requirements("options.extras_require", "bench"))
    assert imported(measuring) <= installed


def test_version_is_written_in_one_place():
    names = ("setup.py", "setup.cfg", "pyproject.toml", "CITATION.cff", "Makefile")
    texts = [*(ROOT / name for name in names), *(ROOT / "hachi_tf").rglob("*.py")]
    holders = [
        path.relative_to(ROOT).as_posix()
        for path in texts
        if re.search(rf"version.*\b{hachi_tf.__version__}(?!\w)", path.read_text(encoding="utf-8"))
    ]
    assert sorted(holders) == ["CITATION.cff", "hachi_tf/__init__.py"]


def test_package_exports_what_it_names():
    assert {"load", "load_run"} <= set(dir(hachi_tf))
    assert callable(hachi_tf.load) and callable(hachi_tf.load_run)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        hachi_tf.nothing  # noqa: B018


def test_changelog_and_citation_have_the_version():
    released = re.search(r"^## \[([^]]+)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)[1]
    cited = re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.M)[1]
    version = hachi_tf.__version__
    assert cited == version.removesuffix(".dev0") or released == "Unreleased"
    assert released == version or (released == "Unreleased" and version.endswith(".dev0"))
