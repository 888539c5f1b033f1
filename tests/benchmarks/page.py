"""`python -m tests.benchmarks.page`: all benchmarks, one after the other, and the page of them.

Writes `docs/benchmarks.json`, `docs/benchmarks.md` and its charts anew after each benchmark, so
that nothing is lost if a later one fails or is stopped. `--only=serving,live` measures these and
keeps the others' figures. What cannot run here is left out, said, and keeps its earlier figures.
The exit status is 1 if a benchmark that could run failed.
"""

import argparse
import json
import math
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
from typing import Any

from hachi_tf.files import atomic_path
from tests.benchmarks import computer, page_text
from tests.benchmarks.page_parts import PARTS, Part

FILE = "benchmarks.json"
_PATIENCE = 4.0  # times what a part takes on a quiet machine, after which it is stopped


class Failure(Exception):
    """A benchmark that did not end well; says why."""


def say(line: str) -> None:
    """Tells a person."""
    print(line, file=sys.stderr, flush=True)


def read(folder: pathlib.Path) -> dict[str, Any]:
    """What earlier runs recorded: `parts` with their results, and `left_out` with reasons."""
    path = folder / FILE
    try:
        recorded = json.loads(path.read_text(encoding="utf-8"))
        return {"parts": dict(recorded["parts"]), "left_out": dict(recorded["left_out"])}
    except FileNotFoundError:
        return {"parts": {}, "left_out": {}}
    except (ValueError, KeyError, TypeError) as error:
        sys.exit(f"expected {path} as this program writes it; got {error!r}; move it away")


def write(recorded: dict[str, Any], folder: pathlib.Path) -> None:
    """Writes the page, its charts and `benchmarks.json`, each whole or not at all."""
    files = {FILE: page_text.dumps(recorded), **page_text.render(recorded)}
    for name, content in files.items():
        with atomic_path(folder / name) as temporary:
            temporary.write_text(content, encoding="utf-8")


def finite(value: Any) -> Any:
    """The same with None for numbers that JSON does not have."""
    if isinstance(value, dict):
        return {key: finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def run(command: list[str], limit_s: float) -> dict[str, Any]:
    """Runs a benchmark, passing on what it prints; returns the JSON object of its last line.

    Raises:
        Failure: if it takes too long, ends with another status than 0, or prints no such line.
    """
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        command, cwd=computer.ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    lines: list[str] = []

    def pass_on() -> None:
        for line in process.stdout:
            lines.append(line)
            say(f"    {line.rstrip()[:160]}")

    reader = threading.Thread(target=pass_on, daemon=True)
    reader.start()
    try:
        status = process.wait(limit_s)
    except subprocess.TimeoutExpired:
        raise Failure(f"stopped after {limit_s / 60:.0f} minutes") from None
    finally:
        _stop(process)
    reader.join(10.0)
    if status:
        raise Failure(f"ended with status {status}")
    try:
        result = finite(json.loads(lines[-1]))
    except (IndexError, ValueError):
        raise Failure("its last line is no JSON") from None
    if not isinstance(result, dict):
        raise Failure("its last line is no JSON object")
    return result


def _stop(process: subprocess.Popen) -> None:
    """Ends a process that still runs, letting it end its own first."""
    if process.poll() is None:
        windows = sys.platform == "win32"
        process.send_signal(signal.SIGTERM if windows else signal.SIGINT)
        try:
            process.wait(60.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def measure(part: Part, python: str, trial: bool) -> dict[str, Any]:
    """Runs a part's benchmark; returns what is recorded of it.

    Raises:
        Failure: if it did not end well, or its figures make no rows.
    """
    arguments = list(part.trial if trial else part.arguments)
    shown = " ".join(["python -m", *arguments])
    arguments += [f"--python={python}"] if part.machi else []
    busy, begin_s = computer.busy(), time.perf_counter()
    result = run([sys.executable, "-m", *arguments], part.minutes * 60 * _PATIENCE)
    try:
        list(part.rows(result))
    except (KeyError, ValueError, TypeError) as error:
        raise Failure(f"figures that make no table: {error!r}") from error
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "version": computer.version(),
        "command": shown,
        "trial": trial,
        "seconds": round(time.perf_counter() - begin_s, 1),
        "busy": busy,
        "machine": computer.describe(),
        "peer": computer.versions(python) if part.machi else {},
        "result": result,
    }


def main(arguments: list[str]) -> int:
    """Measures what was asked for and writes the page; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.page", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--only", default="", help=f"of {','.join(PARTS)}")
    parser.add_argument("--folder", default=str(computer.ROOT / "docs"), help="of the page")
    parser.add_argument("--python", default=sys.executable, help="Python that has hachi machi")
    parser.add_argument("--trial", action="store_true", help="short runs, to see that all works")
    parser.add_argument("--draw", action="store_true", help="measure nothing, write the page anew")
    given = parser.parse_args(arguments)
    chosen = given.only.split(",") if given.only else list(PARTS)
    if unknown := [name for name in chosen if name not in PARTS]:
        parser.error(f"expected --only=NAME,NAME of {','.join(PARTS)}; got {','.join(unknown)}")
    folder, failed = pathlib.Path(given.folder), []
    recorded = read(folder)
    if given.draw:
        write(recorded, folder)
        return 0
    missing = {name: PARTS[name].missing(given.python) for name in chosen}
    minutes = sum(PARTS[name].minutes for name in chosen if not missing[name])
    say(f"{'some' if given.trial else f'about {minutes:.0f}'} minutes on a quiet machine")
    for name in chosen:
        if missing[name]:
            say(f"{name}: left out, {missing[name]}")
            recorded["left_out"][name] = missing[name]
            write(recorded, folder)
            continue
        length = "" if given.trial else f", about {PARTS[name].minutes:g} minutes"
        say(f"{name}{length}")
        try:
            recorded["parts"][name] = measure(PARTS[name], given.python, given.trial)
            recorded["left_out"].pop(name, None)
            say(f"{name}: done in {recorded['parts'][name]['seconds'] / 60:.1f} minutes")
        except Failure as failure:
            failed.append(name)
            recorded["left_out"][name] = str(failure)
            say(f"{name}: FAILED, {failure}")
        write(recorded, folder)
    say(f"the page is {folder / 'benchmarks.md'}")
    if failed:
        say(f"again: python -m tests.benchmarks.page --only={','.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
