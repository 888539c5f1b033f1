"""`python -m tests.torture`: what training is held to when everything goes wrong.

A small network is trained in processes of its own, which are killed at random moments and started
again, whose disk fills up, whose folder cannot be written to, whose checkpoints are damaged,
whose clock jumps, and of which two want one run. Whatever went on ends with the weights and
metrics of a run that was left alone, bit for bit. The last line printed is a JSON object; the
exit status is 1 if anything was lost.
"""

import argparse
import json
import pathlib
import sys
import tempfile
import time

from tests.torture.faults import FAULTS, Faults
from tests.torture.kills import killed
from tests.torture.training import Failure


def say(line: str) -> None:
    """Tells a person."""
    print(line, file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    """Runs everything; prints the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0, help="of moments and damages")
    parser.add_argument("--only", default="", help=f"of kills,{','.join(FAULTS)}")
    given = parser.parse_args(arguments)
    chosen = given.only.split(",") if given.only else ["kills", *FAULTS]
    figures, failed = {}, []
    with tempfile.TemporaryDirectory() as name:
        faults = None
        for each in chosen:
            begin_s = time.monotonic()
            try:
                if each == "kills":
                    folder = pathlib.Path(name, "kills")
                    folder.mkdir()
                    found = killed(folder, given.kills, given.seed, say)
                else:
                    faults = faults or Faults(pathlib.Path(name), given.seed)
                    found = getattr(faults, each)()
                say(f"{each}: {found}")
            except Failure as error:
                found = {"failed": str(error)}
                failed.append(each)
                say(f"{each}: FAILED: {error}")
            figures[each] = {**found, "seconds": round(time.monotonic() - begin_s, 1)}
    print(json.dumps({"passed": not failed, **figures}))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
