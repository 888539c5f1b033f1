"""What may befall a run beside being killed: its disk, its folder, its files, its clock."""

import itertools
import os
import pathlib
import random
import shutil
import subprocess

from tests.torture.training import Training, check, end, mounted, steps_logged, wait_for

STEPS, VALIDATE_EVERY = 100, 25
DAMAGED = 200  # checkpoints
LIMIT_FILES = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0}))
"""
JUMPS = """
import time
from tests.torture.faults import jumping
time.time = jumping(time.time)
"""


def jumping(clock):
    """A clock that jumps by an hour or a year, on or back, every few times that it is asked."""
    asked = itertools.count()
    return lambda: clock() + (0, 3.2e7, -3.2e7, 3600, -3600)[next(asked) // 7 % 5]


def is_one_line(said: str, *words: str) -> None:
    """Checks that a program ended with one line on what is wrong."""
    last = said.splitlines()[-1] if said else ""
    check(last.startswith("error: "), f"no error as the last line: {said}")
    check(all(word in last for word in words), f"not said: {words} in {last}")


class Faults:
    """The faults, each a method that raises `Failure` or returns figures.

    Args:
        folder: for data and runs.
        seed: of what is damaged.
    """

    def __init__(self, folder: pathlib.Path, seed: int = 0):
        self.folder, self._random = folder, random.Random(seed)
        self.training = Training(folder, STEPS, VALIDATE_EVERY)
        self.alone = folder / "alone"
        self.training.finish(self.alone)

    def full_disk(self) -> dict:
        """A file system fills up, at several places; with space again the run goes on."""
        figures = {}
        size = sum(path.stat().st_size for path in self.alone.rglob("*") if path.is_file())
        for share in (0.1, 0.3, 0.5, 0.7, 0.9):
            disk = self.folder / "disk"
            with mounted(disk, "-t", "tmpfs", "-o", f"size={int(size * share)}", "none") as could:
                if not could:
                    return {"skipped": "nothing can be mounted here"}
                run_dir = disk / "run"
                status, said = self.training.run(run_dir)
                check(status == 2, f"exit status {status} on a full disk: {said}")
                is_one_line(said)
                figures[f"at {share:.0%}"] = steps_logged(run_dir)
                kept = self.folder / f"kept-{share}"
                if run_dir.exists():
                    shutil.copytree(run_dir, kept)
            self.training.finish(kept)
            self.training.same(kept, self.alone)
        return figures

    def limited_files(self) -> dict:
        """No file may be larger than a checkpoint is."""
        if os.name != "posix":
            return {"skipped": "no such limit here"}
        size = max(path.stat().st_size for path in (self.alone / "checkpoints").iterdir())
        run_dir = self.folder / "limited"
        status, said = self.training.run(run_dir, LIMIT_FILES.format(size - 1000))
        check(status == 2, f"exit status {status}: {said}")
        is_one_line(said, "a place that can be written to", "free some space")
        self.training.finish(run_dir)
        self.training.same(run_dir, self.alone)
        return {"largest_file": size}

    def read_only(self) -> dict:
        """A run directory that nothing can be written to, and a file in its way."""
        run_dir = self.folder / "read_only"
        shutil.copytree(self._begun(), run_dir)
        with mounted(run_dir, "--bind", str(run_dir)) as could:
            if could:
                subprocess.run(["mount", "-o", "remount,bind,ro", str(run_dir)], check=True)
                status, said = self.training.run(run_dir)
                check(status == 2, f"exit status {status}: {said}")
                is_one_line(said, "a folder to write to for --run_dir")
        self.training.finish(run_dir)
        self.training.same(run_dir, self.alone)
        (self.folder / "file").write_text("")
        status, said = self.training.run(self.folder / "file")
        check(status == 2, f"exit status {status}: {said}")
        is_one_line(said, "a folder to write to for --run_dir")
        return {"mounted": could}

    def damaged_checkpoints(self) -> dict:
        """Bytes of the newest checkpoint are changed or lost: the one before is used, and said."""
        from hachi_tf.training.checkpoints import Checkpoints

        begun = self._begun()
        paths = sorted((begun / "checkpoints").glob("step-*.npz"))
        whole, steps = paths[-1].read_bytes(), [int(path.stem[5:]) for path in paths]
        taken = {step: 0 for step in steps}
        for _ in range(DAMAGED):
            paths[-1].write_bytes(damage(whole, self._random))
            found = Checkpoints(begun / "checkpoints").latest()
            check(found is not None, "no checkpoint was taken")
            taken[found[1]["step"]] += 1
        paths[-1].write_bytes(whole[: len(whole) // 2])
        said = self.training.finish(begun)
        check("passing over a damaged checkpoint" in said and paths[-1].name in said, said)
        check(f"going on from step {steps[-2]} " in said, said)
        self.training.same(begun, self.alone)
        return {"damaged": DAMAGED, "taken": taken}

    def jumping_clock(self) -> dict:
        """The clock on the wall jumps by an hour or a year, on and back."""
        run_dir = self.folder / "jumping"
        status, said = self.training.run(run_dir, JUMPS)
        check(status == 0, f"exit status {status}: {said}")
        self.training.same(run_dir, self.alone)
        return {}

    def two_processes(self) -> dict:
        """The second process on a run is refused, and the first one does not notice."""
        run_dir, refused = self.folder / "two", 0
        process = self.training.start(run_dir)
        wait_for((run_dir / ".lock").exists, process)
        while process.poll() is None:
            status, said = self.training.run(run_dir)
            if status:
                is_one_line(said, "a run that no other process trains")
                check(status == 2, f"exit status {status}: {said}")
                refused += 1
        check(process.returncode == 0, process.communicate()[1])
        check(refused > 0, "none came while the first one ran")
        self.training.same(run_dir, self.alone)
        return {"refused": refused}

    def _begun(self) -> pathlib.Path:
        """A run that was killed on its way, with two checkpoints."""
        number = 0
        while True:
            number += 1
            run_dir = self.folder / f"begun-{number}"
            process = self.training.start(run_dir)
            wait_for(lambda: steps_logged(run_dir) >= 2 * VALIDATE_EVERY, process)  # noqa: B023
            end(process)
            if steps_logged(run_dir) < STEPS:
                return run_dir


def damage(content: bytes, chosen: random.Random) -> bytes:
    """The bytes with some changed, cut off, or taken out."""
    place = chosen.randrange(len(content))
    kind = chosen.randrange(4)
    if kind == 0:
        return content[:place]
    if kind == 1:
        return content[:place] + content[place + chosen.randint(1, 1000) :]
    many = 1 if kind == 2 else chosen.randint(2, 4096)
    return content[:place] + chosen.randbytes(many) + content[place + many :]


FAULTS = [name for name in vars(Faults) if not name.startswith("_")]
