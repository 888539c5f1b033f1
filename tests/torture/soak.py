"""`python -m tests.torture.soak`: half an hour of training with everything on.

Dropout, weight noise, augmentation, validations with samples and checkpoints all go on in a
process of their own, whose memory and open files are looked at every two seconds. The last line
printed is a JSON object; the exit status is 1 if memory grew by more than a twentieth after the
first third of the time, or the number of open files at all. Flags after `--` are given to
`hachi_tf.train` in place of those. Linux only.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
EVERY_S = 2.0
FLAGS = (
    "--source=kanji", "--layers=2", "--hidden_size=64", "--dropout=0.2", "--weight_noise=adaptive",
    "--operations=mulrand(range=(0.9, 1.1), dims=(0, 1))", "--validate_every=50",
    "--warmup_steps=50", "--decay=cosine",
)  # fmt: skip
# Checkpoints come every minute otherwise.
MAIN = """
import sys
from hachi_tf.train import main
from hachi_tf.training import session
session.CHECKPOINT_EVERY_S = 5.0
sys.exit(main(sys.argv[1:]))
"""


def look(process: int) -> tuple[float, int]:
    """Resident memory in MiB, and how many files are open."""
    folder = pathlib.Path(f"/proc/{process}")
    pages = int((folder / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20, len(os.listdir(folder / "fd"))


def flat(memory: list[float], files: list[int]) -> dict:
    """What the figures come to: medians of the second and the last third of the time."""
    third = max(len(memory) // 3, 1)
    settled, end = memory[third : 2 * third] or memory, memory[-third:]
    slope = np.polyfit(np.arange(len(memory) - third), memory[third:], 1)[0] if third > 1 else 0.0
    before, after = statistics.median(settled), statistics.median(end)
    open_before = max(files[third : 2 * third] or files)
    return {
        "passed": after <= 1.05 * before and max(files[-third:]) <= open_before,
        "memory_mib": [round(each) for each in (memory[0], before, after, max(memory))],
        "mib_an_hour": round(float(slope) * 3600 / EVERY_S, 1),
        "open_files": [files[0], open_before, max(files[-third:])],
    }


def main(arguments: list[str]) -> int:
    """Trains and looks; prints the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("flags", nargs="*", help="of hachi_tf.train, after --")
    given = parser.parse_args(arguments)
    memory, files = [], []
    with tempfile.TemporaryDirectory() as folder:
        words = pathlib.Path(folder, "said")
        flags = [*(given.flags or FLAGS), f"--run_dir={folder}/run", "--epochs=1000000"]
        with open(words, "w") as said:
            process = subprocess.Popen(
                [sys.executable, "-c", MAIN, *flags, f"--max_minutes={given.minutes}"],
                cwd=ROOT, stdout=subprocess.DEVNULL, stderr=said,
            )  # fmt: skip
        metrics = pathlib.Path(folder, "run", "metrics.jsonl")
        while process.poll() is None:
            time.sleep(EVERY_S)
            if metrics.exists() and metrics.stat().st_size:
                try:
                    rss, count = look(process.pid)
                except (OSError, ValueError, IndexError):
                    break  # it has ended
                memory.append(rss)
                files.append(count)
                if len(memory) % 30 == 0:
                    print(f"{rss:.0f} MiB, {count} files", file=sys.stderr, flush=True)
        process.wait()
        steps = json.loads(metrics.read_text().splitlines()[-1])["step"] if memory else 0
        said = words.read_text()[-5000:]
        samples = len(list(pathlib.Path(folder, "run", "samples").glob("*")))
    if process.returncode or not memory:
        print(said, file=sys.stderr)
        return 1
    figures = {**flat(memory, files), "steps": steps, "validations": samples}
    print(json.dumps({"minutes": given.minutes, **figures}))
    return 0 if figures["passed"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
