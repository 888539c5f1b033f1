"""The machine and the software that figures were measured with."""

import json
import os
import pathlib
import platform
import re
import subprocess
import sys

import hachi_tf
from tests.benchmarks.turns import CORES

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = {
    "TensorFlow": "tensorflow", "Keras": "keras", "NumPy": "numpy", "PyTorch": "torch",
    "hachi machi": "hachi-machi",
}  # fmt: skip
_VERSIONS = """
import json, sys
from importlib import metadata
found = {}
for name, distribution in json.loads(sys.argv[1]).items():
    try:
        found[name] = metadata.version(distribution)
    except metadata.PackageNotFoundError:
        pass
print(json.dumps({"Python": sys.version.split()[0], **found}))
"""
# What of a processor's instructions decides how fast networks are.
_INSTRUCTIONS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16", "asimd", "bf16", "sve")


def describe() -> dict:
    """Processor, cores, memory in GiB, system and versions; what cannot be told is left out."""
    info = _read("/proc/cpuinfo")
    flags = set(re.findall(r"^(?:flags|Features)\s*:(.*)$", info, re.MULTILINE)[:1] or [""])
    known = set(" ".join(flags).split())
    instructions = [name for name in _INSTRUCTIONS if name in known]
    described = {
        "processor": _processor(info),
        "cores": CORES,
        "instructions": " ".join(instructions),
        "virtual": "hypervisor" in known,
        "memory_gib": _memory_gib(),
        "system": _system(),
        "versions": versions(sys.executable),
    }
    return {key: value for key, value in described.items() if value}


def versions(python: str) -> dict[str, str]:
    """Versions of Python and of what matters here, in the environment of a Python."""
    command = [python, "-c", _VERSIONS, json.dumps(PACKAGES)]
    done = subprocess.run(command, capture_output=True, text=True)
    return json.loads(done.stdout) if done.returncode == 0 else {}


def version() -> str:
    """This package's version, and the commit where it is in git."""
    command = ["git", "describe", "--always", "--exclude=*"]
    changes = ["git", "status", "--porcelain", "--", "hachi_tf", "exports"]
    try:
        commit, changed = (
            subprocess.run(each, cwd=ROOT, capture_output=True, text=True, check=True).stdout
            for each in (command, changes)
        )
    except (OSError, subprocess.CalledProcessError):
        return hachi_tf.__version__
    return f"{hachi_tf.__version__} at {commit.strip()}" + (" and changes" if changed else "")


def busy() -> float | None:
    """What share of the cores' time others take, over two seconds; None without psutil."""
    try:
        import psutil
    except ImportError:
        return None
    return psutil.cpu_percent(2.0) / 100


def has(python: str, module: str) -> bool:
    """Whether a Python finds a module, which is not imported."""
    code = "import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)"
    try:
        return subprocess.run([python, "-c", code, module], capture_output=True).returncode == 0
    except OSError:
        return False


def _read(path: str) -> str:
    try:
        return pathlib.Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""


def _processor(info: str) -> str:
    names = re.findall(r"^model name\s*:\s*(.+)$", info, re.MULTILINE)
    if not names and sys.platform == "darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        names = [subprocess.run(command, capture_output=True, text=True).stdout.strip()]
    return (names or [""])[0] or platform.processor() or platform.machine()


def _memory_gib() -> float | None:
    try:
        return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1)
    except (AttributeError, ValueError, OSError):
        return None


def _system() -> str:
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.platform(terse=True)
    return f"{name}, {platform.machine()}"
