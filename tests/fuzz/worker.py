"""A process that feeds one parser; `tests.fuzz` starts it, and again after a crash."""

import contextlib
import hashlib
import json
import logging
import pathlib
import random
import signal
import sys
import time
import traceback
import warnings

from hachi_tf.errors import UserError
from tests.fuzz.parsers import PARSERS

SLOW_S = 5.0
MEMORY = 1 << 30  # bytes more than after the first inputs
WARM_UP = 200  # inputs, which import what is needed


class Hang(BaseException):
    """Raised by the alarm."""


class Feeder:
    """Feeds a parser and tells what is wrong.

    Args:
        name: of the parser.
        folder: to write in.
    """

    def __init__(self, name: str, folder: pathlib.Path):
        self.name, self._folder = name, folder
        self._read, self._mutator = PARSERS[name].read, PARSERS[name].make()
        self.refused, self.slowest_s = 0, 0.0

    def make(self, seed: int, number: int) -> bytes:
        """The input of a number."""
        return self._mutator.make(random.Random(f"{self.name} {seed} {number}"))

    def feed(self, content: bytes) -> str | None:
        """What went wrong, in one line; None if nothing did."""
        begin_s = time.process_time()
        try:
            with alarm():
                self._read(content, self._folder)
        except UserError as error:
            self.refused += 1
            if "\n" in str(error) or len(str(error)) > 2000:
                return f"UserError of {len(str(error))} characters"
        except Hang:
            return f"hang of {SLOW_S:g} s"
        except BaseException as error:
            frames = traceback.extract_tb(error.__traceback__)
            ours = [frame for frame in frames if "hachi_tf" in frame.filename] or frames
            place = f"{pathlib.Path(ours[-1].filename).name}:{ours[-1].lineno}"
            return f"{type(error).__name__} at {place}: {str(error)[:120]}"
        finally:
            self.slowest_s = max(self.slowest_s, time.process_time() - begin_s)
        return None


@contextlib.contextmanager
def alarm():
    """Raises `Hang` after 5 s of work, where there are alarms."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def ring(*unused):
        raise Hang

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, SLOW_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGPROF, before)


def limit_memory() -> None:
    """Lets the process have 1 GiB more than it has, where there are such limits."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        pages = int(pathlib.Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def main(name: str, seed: int, first: int, last: int, folder: pathlib.Path) -> None:
    """Feeds inputs `first` to `last`; a JSON line for each that went wrong, and one at the end."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    feeder = Feeder(name, folder)
    current = folder / "current"
    for number in range(WARM_UP):
        feeder.feed(feeder.make(seed + 1, number))
    limit_memory()
    feeder.refused = 0
    for number in range(first, last):
        content = feeder.make(seed, number)
        current.write_text(str(number))
        wrong = feeder.feed(content)
        if wrong:
            kept = folder / f"failed-{hashlib.sha256(content).hexdigest()[:12]}"
            kept.write_bytes(content)
            print(json.dumps({"number": number, "wrong": wrong, "kept": str(kept)}), flush=True)
    done = {"fed": last - first, "refused": feeder.refused, "slowest_s": feeder.slowest_s}
    print(json.dumps({"done": done}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:5]), pathlib.Path(sys.argv[5]))
