"""`python -m tests.benchmarks.soak --minutes=30`: a server under mixed load while it reloads.

Clients ask a process of `hachi_tf.serve --reproducible` over REST and gRPC for each signature of
an export, one row or several, while every ten seconds a new version of it is renamed in and the
oldest removed, and while others send what is malformed or hostile. Each answer is held against
the model called in this process with the same rows, padded to 16: it has to be equal in each bit.
The last line printed is a JSON object; the exit status is 1 if an answer was wrong or lost, if
what was hostile got a status of 500 or more, or none, or if memory grew by a tenth after the
first third of the time.
"""

import argparse
import contextlib
import itertools
import json
import pathlib
import random
import shutil
import statistics
import sys
import tempfile
import threading
import time

import numpy as np

from tests.benchmarks import hostile
from tests.benchmarks.serving import ROOT, memory_mib, served

ROWS = 16  # what a server pads to
_TIMEOUT_S = 60.0
_KEPT = 3  # versions


class Requests:
    """Requests of an export's signatures, each with its right answer.

    Args:
        export: the directory of its versions.
        count: how many different ones.
    """

    def __init__(self, export: str, count: int):
        import hachi_tf
        from hachi_tf.serving import warmup

        model = hachi_tf.load(export)
        self.signatures = model.metadata["signatures"]
        rng = np.random.default_rng(0)
        self.each = []
        for number, name in zip(range(count), itertools.cycle(sorted(self.signatures))):
            rows, steps = int(rng.choice([1, 1, 1, 2, 5])), int(rng.integers(5, 120))
            inputs = warmup.example_inputs(model.metadata, name, rows, steps)
            for key in ("seed", "bias"):
                if key in inputs:
                    inputs[key][...] = rng.integers(0, 3 if key == "bias" else 2**31, rows * 2)[
                        : inputs[key].size
                    ].reshape(inputs[key].shape)
            for key in ("events", "prime", "event"):
                if key in inputs:
                    inputs[key][...] = rng.integers(0, 2, inputs[key].shape)
            self.each.append((number, name, inputs, self._answer(model, name, inputs, rows)))

    def _answer(self, model, name, inputs, rows):
        padded = {}
        for key, value in inputs.items():
            blank = np.zeros((ROWS - rows, *value.shape[1:]), value.dtype)
            if value.dtype == object:
                blank[...] = b""
            padded[key] = np.concatenate([value, blank])
        return {key: value[:rows] for key, value in model.call(name, padded).items()}


class Tally:
    """What the clients saw, counted by any thread."""

    def __init__(self):
        self._lock = threading.Lock()
        self.asked = self.wrong = 0
        self.lost: list[str] = []
        self.statuses: dict[str, int] = {}
        self.seconds: list[float] = []

    def answered(self, right: bool, seconds: float) -> None:
        """Counts an answer."""
        with self._lock:
            self.asked += 1
            self.wrong += not right
            self.seconds.append(seconds)

    def lose(self, error: Exception) -> None:
        """Counts a request that got no answer."""
        with self._lock:
            self.asked += 1
            self.lost.append(f"{type(error).__name__}: {error}"[:200])

    def refused(self, status: str) -> None:
        """Counts what something hostile got."""
        with self._lock:
            self.statuses[status] = self.statuses.get(status, 0) + 1


def equal(answer, right) -> bool:
    """Whether all outputs are the same in each bit; steps past the longest row are left out."""
    if answer.keys() != right.keys():
        return False
    for name, value in answer.items():
        wanted = right[name]
        if value.ndim > 1 and value.shape[1] != wanted.shape[1]:
            if np.any(wanted[:, value.shape[1] :]):
                return False
            wanted = wanted[:, : value.shape[1]]
        if not np.array_equal(value, wanted, equal_nan=value.dtype.kind == "f"):
            return False
    return True


def ask(connect, requests: Requests, tally: Tally, until_s: float, pause_s: float, seed: int):
    """One client; `connect()` makes its transport."""
    chosen, transport = random.Random(seed), connect()
    with contextlib.closing(transport):
        while time.perf_counter() < until_s:
            _, name, inputs, right = chosen.choice(requests.each)
            begin_s = time.perf_counter()
            try:
                answer = transport.predict(requests.signatures, name, inputs, _TIMEOUT_S)
            except Exception as error:  # each is a lost request, and told
                tally.lose(error)
            else:
                tally.answered(equal(answer, right), time.perf_counter() - begin_s)
            time.sleep(chosen.uniform(0, 2 * pause_s))


def attack(addresses, tally: Tally, until_s: float, count: int):
    """Sends `count` malformed or hostile requests, spread over the time."""
    chosen = random.Random(7)
    begin_s = time.perf_counter()
    for number in range(count):
        due_s = begin_s + (until_s - begin_s) * 0.9 * number / count
        time.sleep(max(0.0, due_s - time.perf_counter()))
        tally.refused(hostile.send(addresses, chosen))


def reload(folder: pathlib.Path, until_s: float, every_s: float) -> int:
    """Renames new versions in and removes the oldest; how many there were."""
    version = 1
    while time.perf_counter() + every_s < until_s:
        time.sleep(every_s)
        aside = folder.parent / "aside"
        shutil.copytree(folder / str(version), aside)
        version += 1
        aside.rename(folder / str(version))
        shutil.rmtree(folder / str(version - _KEPT), ignore_errors=True)
    return version


def main(arguments: list[str]) -> int:
    """Runs everything; prints the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--export", default=str(ROOT / "exports" / "kanji"))
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--clients", type=int, default=6, help="half over REST, half over gRPC")
    parser.add_argument("--pause_s", type=float, default=0.1, help="of a client, on average")
    parser.add_argument("--reload_s", type=float, default=10.0, help="between two versions")
    parser.add_argument("--hostile", type=int, default=10_000, help="malformed requests in all")
    given = parser.parse_args(arguments)
    from hachi_tf.serving.grpc_client import GrpcTransport
    from hachi_tf.serving.manifest import find_version
    from hachi_tf.serving.rest_client import RestTransport

    requests, tally, memory = Requests(given.export, 40), Tally(), []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name) / "model"
        shutil.copytree(find_version(given.export), folder / "1")
        flags = ("--reproducible", "--max_queue=1000", "--poll_s=0.5")
        with served(str(folder), *flags) as (rest, grpc, process_id):
            until_s = time.perf_counter() + 60 * given.minutes
            threads = [
                threading.Thread(target=attack, args=((rest, grpc), tally, until_s, given.hostile))
            ]
            for number in range(given.clients):
                connect = (
                    (lambda: RestTransport(f"http://{rest}", "model"))
                    if number % 2
                    else (lambda: GrpcTransport(f"grpc://{grpc}", "model"))
                )
                asks = (connect, requests, tally, until_s, given.pause_s, number)
                threads.append(threading.Thread(target=ask, args=asks))
            versions = []
            reloads = (folder, until_s, given.reload_s)
            threads.append(threading.Thread(target=lambda: versions.append(reload(*reloads))))
            for thread in threads:
                thread.start()
            while time.perf_counter() < until_s:
                time.sleep(max(0.2, min(10.0, until_s - time.perf_counter())))
                memory.append(memory_mib(process_id))
                print(f"{tally.asked} answers, {memory[-1]:.0f} MiB", file=sys.stderr, flush=True)
            for thread in threads:
                thread.join()
    figures = result(tally, memory, versions[0])
    print(json.dumps(figures))
    return 0 if figures["passed"] else 1


def result(tally: Tally, memory: list[float], versions: int) -> dict:
    """What it came to, for JSON."""
    third = max(1, len(memory) // 3)
    settled, end = (
        statistics.median(memory[third : 2 * third] or memory),
        statistics.median(memory[-third:]),
    )
    bad = {status: count for status, count in tally.statuses.items() if status in hostile.BAD}
    return {
        "passed": not (tally.wrong or tally.lost or bad) and not end > 1.1 * settled,
        "requests": tally.asked,
        "wrong": tally.wrong,
        "lost": len(tally.lost),
        "first_lost": tally.lost[:3],
        "versions": versions,
        "p50_ms": 1e3 * float(np.percentile(tally.seconds, 50)),
        "p99_ms": 1e3 * float(np.percentile(tally.seconds, 99)),
        "hostile": tally.statuses,
        "memory_mib": [memory[0], settled, end],
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
