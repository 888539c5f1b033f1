"""`python -m tests.fuzz`: damaged and hostile files and flags for everything that reads any.

Each parser is fed in a process of its own, which may have 1 GiB more memory than it has after
its imports. Whatever is read, it either is read or is refused by a `UserError`, within 5 s. The
last line printed is a JSON object; the exit status is 1 if anything else happened. What went
wrong is told by its number, from which and the seed the input follows, and kept.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

from tests.fuzz.parsers import PARSERS

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHOWN = 20
STUCK_S = 120  # without work, or outside of Python, where no alarm is heard


def fuzz(name: str, count: int, seed: int, folder: pathlib.Path) -> dict:
    """Feeds a parser; what went wrong by kind, and figures."""
    wrong, first = {}, 0
    refused, slowest_s, begin_s = 0, 0.0, time.monotonic()
    while first < count:
        arguments = [name, str(seed), str(first), str(count), str(folder)]
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.worker", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        (folder / "current").write_text(str(first))
        watch(process, folder / "current")
        for line in process.stdout.read().splitlines():
            found = json.loads(line)
            if "done" in found:
                refused += found["done"]["refused"]
                slowest_s = max(slowest_s, found["done"]["slowest_s"])
            else:
                wrong.setdefault(found["wrong"], []).append((found["number"], found["kept"]))
        first = count
        if process.returncode:
            number = int((folder / "current").read_text() or 0)
            wrong.setdefault(f"process ended with {process.returncode}", []).append((number, ""))
            first = number + 1
    for kind, inputs in wrong.items():
        print(f"{name}: {len(inputs)} x {kind}: {inputs[:3]}", file=sys.stderr, flush=True)
    figures = {"refused": refused, "slowest_s": round(slowest_s, 2)}
    figures["seconds"] = round(time.monotonic() - begin_s, 1)
    return {"wrong": sum(map(len, wrong.values())), **figures}


def watch(process: subprocess.Popen, current: pathlib.Path) -> None:
    """Waits for a process; kills one that makes no progress."""
    before, waited_s = "", 0
    while True:
        try:
            process.wait(timeout=1)
            return
        except subprocess.TimeoutExpired:
            now = current.read_text()
            before, waited_s = now, waited_s + 1 if now == before else 0
            if waited_s > STUCK_S:
                process.kill()


def main(arguments: list[str]) -> int:
    """Feeds all parsers; prints the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=100_000, help="of each parser")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help=f"of {','.join(PARSERS)}")
    parser.add_argument("--keep", default="", help="folder for what went wrong")
    given = parser.parse_args(arguments)
    result = {}
    with tempfile.TemporaryDirectory() as temporary:
        for name in given.only.split(",") if given.only else PARSERS:
            folder = pathlib.Path(given.keep or temporary, name)
            folder.mkdir(parents=True, exist_ok=True)
            result[name] = fuzz(name, given.inputs, given.seed, folder)
            print(f"{name}: {result[name]}", file=sys.stderr, flush=True)
    passed = not any(figures["wrong"] for figures in result.values())
    print(json.dumps({"passed": passed, "inputs": given.inputs, **result}))
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
