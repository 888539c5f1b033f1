"""One contender of a benchmark in a process of its own.

`python -m tests.benchmarks.worker MODULE CONTENDER THREADS SIZE...` calls
`MODULE.CONTENDERS[CONTENDER](THREADS, SIZE...)`, which imports its framework and returns a
function that builds a network and returns a function that does a fixed piece of work. Each line
on the input is answered by one line of JSON: the seconds that one piece took. An empty line
makes the worker report its memory in MiB and end.
"""

import gc
import importlib
import json
import subprocess
import sys
import time


class Worker:
    """The side of the driver.

    Args:
        module: `"train"`, `"sample"`, or another beside them that has `CONTENDERS`.
        contender: a key of the module's `CONTENDERS`.
        *arguments: numbers for the contender, the thread count first.
    """

    def __init__(self, module: str, contender: str, *arguments: int):
        command = [sys.executable, "-m", "tests.benchmarks.worker", module, contender]
        self._process = subprocess.Popen(
            [*command, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._ask("warm")

    def seconds(self) -> float:
        """How long one more piece of work took."""
        return self._ask("go")

    def close(self) -> float:
        """Ends the process; returns its peak memory less that of its imports, in MiB."""
        memory = self._ask("")
        self._process.wait()
        return memory

    def _ask(self, line: str) -> float:
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{' '.join(self._process.args)} ended; run it to see why")
        return json.loads(answer)


def resident_mib() -> float:
    """Memory resident now; where the system does not tell, the peak so far."""
    try:
        with open("/proc/self/status") as status:
            return next(int(s.split()[1]) for s in status if s.startswith("VmRSS")) / 1024
    except FileNotFoundError:
        return peak_mib()


def peak_mib() -> float:
    """The most memory that was ever resident."""
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def main(module, contender, *arguments):
    """The side of the worker."""
    contenders = importlib.import_module(f"tests.benchmarks.{module}").CONTENDERS
    build = contenders[contender](*map(int, arguments))
    imported = resident_mib()
    work = build()
    for line in sys.stdin:
        if not line.strip():
            break
        gc.collect()
        start = time.perf_counter()
        work()
        print(json.dumps(time.perf_counter() - start), flush=True)
    print(json.dumps(peak_mib() - imported), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
