"""`python -m tests.benchmarks.serving`: how many requests a second a server answers, and how fast.

1, 4, 16 and 64 clients ask over REST for one sequence each, again and again, of `hachi_tf.serve`
on one thread: once merging requests and once not. Beside rates and latencies stand what a request
costs over the time in the model (from the server's own metrics) and the server's memory over time.
With --rest=host:port another server is measured as it is, e.g. TensorFlow Serving with or without
--enable_batching. The last line printed is a JSON object.
"""

import argparse
import contextlib
import dataclasses
import http.client
import itertools
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLIENTS = (1, 4, 16, 64)
_RUNTIME = re.compile(r":tensorflow:serving:runtime_latency_(sum|count){.*} (\S+)")
_READY = re.compile(r"REST at http://([\d.]+:\d+)/.* gRPC at ([\d.]+:\d+)")


@dataclasses.dataclass(frozen=True)
class Load:
    """What some clients saw in some seconds.

    Attributes:
        clients: how many asked at a time.
        rate_hz: answers a second.
        p50_ms: half of the answers took no longer.
        p99_ms: nor 99 in 100 than this.
        failed: requests without an answer of status 200.
        model_ms: in the model for one call, or NaN.
        per_call: requests answered by one call, or NaN.
        memory_mib: the server's, at the end, or NaN.
    """

    clients: int
    rate_hz: float
    p50_ms: float
    p99_ms: float
    failed: int
    model_ms: float
    per_call: float
    memory_mib: float


class Sequences:
    """Bodies of requests for one sequence each, no two with the same seed."""

    def __init__(self, text: str, num_steps: int):
        self._more = {"text": [text], "style": [""]} if text else {}
        self._num_steps, self._numbers, self._lock = num_steps, itertools.count(), threading.Lock()

    def next(self) -> bytes:
        """The next body."""
        with self._lock:
            seed = [[3, next(self._numbers)]]
        inputs = {"seed": seed, "num_steps": [self._num_steps], "bias": [0.5], "temperature": [1.0]}
        return json.dumps({"inputs": inputs | self._more}).encode()


def ask(address: str, path: str, bodies: Sequences, until_s: float, seconds: list, failures: list):
    """One client: asks until it is time to stop; a request that was begun is counted."""
    connection = http.client.HTTPConnection(address, timeout=120)
    headers = {"Content-Type": "application/json"}
    while (begin_s := time.perf_counter()) < until_s:
        try:
            connection.request("POST", path, bodies.next(), headers)
            response = connection.getresponse()
            response.read()
            status = response.status
        except (OSError, http.client.HTTPException) as error:
            status = type(error).__name__
            connection.close()
        if status == 200:
            seconds.append(time.perf_counter() - begin_s)
        else:
            failures.append(status)
            time.sleep(0.05)
    connection.close()


def model_time(address: str) -> tuple[float, float]:
    """Microseconds in the model so far, and calls of it; NaN where the server does not tell."""
    connection = http.client.HTTPConnection(address, timeout=30)
    with contextlib.closing(connection):
        connection.request("GET", "/monitoring/prometheus/metrics")
        response = connection.getresponse()
        page = response.read().decode()
    if response.status != 200:
        return float("nan"), float("nan")
    totals = {"sum": 0.0, "count": 0.0}
    for kind, value in _RUNTIME.findall(page):
        totals[kind] += float(value)
    return totals["sum"], totals["count"]


def memory_mib(process_id: int | None) -> float:
    """What a process holds in memory; NaN where the system does not say so in /proc."""
    with contextlib.suppress(OSError, TypeError, AttributeError):
        status = pathlib.Path(f"/proc/{process_id}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024
    return float("nan")


def measure(
    address: str,
    model: str,
    clients: int,
    seconds: float,
    bodies: Sequences,
    process_id: int | None,
) -> Load:
    """What so many clients see in so many seconds."""
    taken, failures = [], []
    before, begin_s = model_time(address), time.perf_counter()
    arguments = (address, f"/v1/models/{model}:predict", bodies, begin_s + seconds, taken, failures)
    threads = [threading.Thread(target=ask, args=arguments) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed_s, after = time.perf_counter() - begin_s, model_time(address)
    calls = after[1] - before[1] or float("nan")
    ordered = sorted(taken) or [float("nan")]
    return Load(
        clients,
        len(taken) / elapsed_s,
        1e3 * statistics.median(ordered),
        1e3 * ordered[min(int(0.99 * len(ordered)), len(ordered) - 1)],
        len(failures),
        (after[0] - before[0]) / calls / 1e3,
        len(taken) / calls,
        memory_mib(process_id),
    )


@contextlib.contextmanager
def served(export: str, *flags: str):
    """A process of `hachi_tf.serve`; yields its REST and gRPC addresses and its number."""
    command = [sys.executable, "-m", "hachi_tf.serve", f"--export_dir=model={export}", *flags]
    command += ["--rest_port=0", "--grpc_port=0"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        said = []
        for line in process.stderr:
            said.append(line)
            if match := _READY.search(line):
                break
        else:
            sys.exit("".join(said))
        drain = threading.Thread(target=process.stderr.read, daemon=True)
        drain.start()
        yield *match.groups(), process.pid
    finally:
        process.terminate()
        process.wait(60)


def run(address, model, process_id, clients, seconds, bodies) -> list[Load]:
    """Measures each number of clients; the first second or so is not counted."""
    measure(address, model, max(clients), min(seconds, 2.0), bodies, process_id)
    print("  clients  answers/s  p50 ms  p99 ms  failed  model ms  a call  memory MiB")
    loads = []
    for count in clients:
        load = measure(address, model, count, seconds, bodies, process_id)
        print(
            f"  {load.clients:7} {load.rate_hz:10.1f} {load.p50_ms:7.1f} {load.p99_ms:7.1f} "
            f"{load.failed:7} {load.model_ms:9.1f} {load.per_call:7.1f} {load.memory_mib:11.1f}"
        )
        loads.append(load)
    return loads


def summary(loads: list[Load]) -> dict[str, float]:
    """The figures by number of clients, and what they come to."""
    figures = {}
    for load in loads:
        figures[f"rate_hz_{load.clients}"] = load.rate_hz
        figures[f"p99_ms_{load.clients}"] = load.p99_ms
    figures["most_over_one_client"] = max(load.rate_hz for load in loads) / loads[0].rate_hz
    figures["request_over_model"] = loads[0].p50_ms / loads[0].model_ms
    figures["memory_growth_mib"] = loads[-1].memory_mib - loads[0].memory_mib
    return figures


def main(arguments: list[str]) -> int:
    """Runs everything; prints tables and the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--export", default=str(ROOT / "exports" / "kanji"))
    parser.add_argument("--rest", default="", help="address of a server that runs already")
    parser.add_argument("--model", default="model", help="its model's name")
    parser.add_argument("--text", default="", help="for a model that reads one")
    parser.add_argument("--num_steps", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=10.0, help="for each number of clients")
    parser.add_argument("--clients", default=",".join(map(str, CLIENTS)))
    parser.add_argument("--threads", type=int, default=1, help="of the server")
    given = parser.parse_args(arguments)
    clients = [int(each) for each in given.clients.split(",")]
    bodies = Sequences(given.text, given.num_steps)
    figures = {}
    if given.rest:
        print(f"{given.rest}, {given.model}")
        loads = run(given.rest, given.model, None, clients, given.seconds, bodies)
        figures["rest"] = summary(loads)
    for name, rows in (("merged", 64), ("alone", 1)) if not given.rest else ():
        flags = (f"--max_batch_rows={rows}", f"--threads={given.threads}", "--max_queue=1000")
        with served(given.export, *flags) as (address, _, process_id):
            print(f"requests {name}, {given.threads} thread(s)")
            loads = run(address, "model", process_id, clients, given.seconds, bodies)
            figures[name] = summary(loads)
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
