"""Kills at random moments, each followed by a resume."""

import pathlib
import random
import time

from tests.torture.training import Training, check, end, wait_for

STEPS, VALIDATE_EVERY = 300, 50


def killed(folder: pathlib.Path, kills: int, seed: int, say) -> dict:
    """Kills a training again and again; whatever was killed ends with the bits of one left alone.

    A moment is drawn from the time of a whole process: from its start, of which the imports are a
    part, to its end. A run that ends before its moment is compared, and another one begun.

    Args:
        folder: for data and runs.
        kills: how many.
        seed: of the moments.
        say: called with lines for a person.

    Returns:
        Figures.
    """
    training, chosen = Training(folder, STEPS, VALIDATE_EVERY), random.Random(seed)
    alone = folder / "alone"
    began_s = time.monotonic()
    process = training.start(alone)
    wait_for((alone / "schema.json").exists, process)
    start_s = time.monotonic() - began_s
    said = process.communicate()[1]
    check(process.returncode == 0, f"exit status {process.returncode}: {said}")
    whole_s = time.monotonic() - began_s
    say(f"a run left alone: {start_s:.1f} s until its first step, {whole_s:.1f} s in all")
    done, runs, early, moments = 0, 0, 0, []
    while done < kills:
        runs += 1
        run_dir = folder / f"killed-{runs}"
        while done < kills:
            # One kill in five falls into the start; of the others some come after the end.
            in_start = chosen.random() < 0.2
            moment_s = (
                chosen.uniform(0.0, start_s) if in_start else chosen.uniform(start_s, whole_s)
            )
            process = training.start(run_dir)
            began_s = time.monotonic()
            wait_for(lambda: time.monotonic() - began_s >= moment_s, process)  # noqa: B023
            if process.poll() is not None:
                said = process.communicate()[1]
                check(process.returncode == 0, f"exit status {process.returncode}: {said}")
                break
            said = end(process)
            check("Traceback" not in said, f"a traceback: {said}")
            done, early = done + 1, early + in_start
            moments.append(round(moment_s, 2))
            if done % 10 == 0:
                say(f"{done} kills, {runs} runs")
        training.finish(run_dir)
        training.same(run_dir, alone)
    return {"kills": done, "while_starting": early, "runs": runs, "moments_s": moments}
