"""`python -m tests.benchmarks.machi_timing`: is each event of live playing there when it is due?

A process plays a model of the default size on its own, `--rate_hz` events a second over OSC, and
a client on the same machine notes when they were sent. The k-th event is due k / rate after the
first; when that one was due is taken from the earliest, as none comes before its time. At the same
time a process that only sleeps until each moment shows what the machine itself allows: even an
idle one may stop everything for milliseconds, above all if it is a virtual one. The last line
printed is a JSON object.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

from tests.benchmarks import machi_table
from tests.benchmarks.machi import ENVIRONMENT, ours, run
from tests.benchmarks.machi_live import Player


def lateness_ms(arrivals: np.ndarray, rate_hz: float) -> tuple[np.ndarray, float]:
    """How late each event came, and how far the last minute's earliest is off the first's, in ms.

    Args:
        arrivals: seconds `[N]`.
        rate_hz: events a second.
    """
    off = 1e3 * (arrivals - np.arange(len(arrivals)) / rate_hz)
    ends = min(len(off), int(60 * rate_hz))
    return off - off.min(), float(off[-ends:].min() - off[:ends].min())


def sleep_only(seconds: float, rate_hz: float) -> None:
    """Sleeps until each moment; prints when it woke, as JSON."""
    begin_s, times = time.perf_counter() + 0.5, []
    for index in range(round(seconds * rate_hz)):
        due = begin_s + index / rate_hz
        while (left := due - time.perf_counter()) > 0:
            time.sleep(left - 0.001 if left > 0.001 else min(left, 0.0002))
        times.append(time.perf_counter())
    print(json.dumps(times))


def within(late: np.ndarray) -> dict[str, float | list[float]]:
    """Which share came within 2 ms, and percentiles in ms."""
    return {
        "within_2_ms": float(np.mean(late < 2.0)),
        "late_ms_p50_p99_p999_max": np.percentile(late, [50, 99, 99.9, 100]).round(3).tolist(),
    }


def main() -> None:
    """Plays, and prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, help="How long to play.")
    parser.add_argument("--rate_hz", type=float, default=100.0, help="Events a second.")
    parser.add_argument("--only_sleep", action="store_true", help="Be the process that sleeps.")
    arguments = parser.parse_args()
    if arguments.only_sleep:
        return sleep_only(arguments.seconds, arguments.rate_hz)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        machi_table.write_without_time(folder / "live.csv", 230, seed=2)
        flags = ("--data=live.csv", "--run_dir=live", "--mixtures=10", "--epochs=2")
        run(ours("train", *flags, "--device=cpu"), folder)
        run(ours("export", "--run_dir=live", "--export_dir=exported"), folder)
        flags = ("--in_port={in_port}", "--out_port={out_port}", "--mode=free")
        model = (f"--export_dir={folder / 'exported'}", f"--rate_hz={arguments.rate_hz}")
        player = Player(ours("perform", *flags, *model), env=ENVIRONMENT)
        again = [sys.executable, "-m", __spec__.name, "--only_sleep"]
        again += [f"--seconds={arguments.seconds}", f"--rate_hz={arguments.rate_hz}"]
        try:
            sleeper = subprocess.Popen(again, stdout=subprocess.PIPE, text=True)
            arrivals = player.arrivals(arguments.seconds)
            woke = json.loads(sleeper.communicate()[0])
        finally:
            player.close()
    late, drift = lateness_ms(np.array(arrivals), arguments.rate_hz)
    machine, _ = lateness_ms(np.array(woke), arguments.rate_hz)
    result = {"events": len(late), "expected": round(arguments.seconds * arguments.rate_hz)}
    result |= {**within(late), "drift_ms": drift, "sleeping_alone": within(machine)}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
