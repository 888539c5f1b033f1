"""Contenders in processes of their own take turns, each at the number of threads that suits it."""

import os
import statistics

from tests.benchmarks.worker import Worker

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def take_turns(workers: dict[str, Worker], rounds: int) -> dict[str, float]:
    """The median seconds of each worker's piece of work; the first round is not counted."""
    seconds = {name: [] for name in workers}
    for _ in range(rounds + 1):
        for name, worker in workers.items():
            seconds[name].append(worker.seconds())
    return {name: statistics.median(each[1:]) for name, each in seconds.items()}


def best_threads(module: str, names: tuple[str, ...], *sizes: int, rounds: int) -> dict[str, float]:
    """The median seconds of each contender at its best number of threads, one or all.

    Args:
        module: as for `Worker`.
        names: keys of the module's `CONTENDERS`.
        *sizes: their further arguments.
        rounds: how many turns; three more find the number of threads.

    Returns:
        Seconds by name and number of threads, in the order of the names.
    """
    best = {}
    for name in names:
        workers = {
            f"{name}, {threads} threads": Worker(module, name, threads, *sizes)
            for threads in sorted({1, CORES})
        }
        trial = take_turns(workers, min(rounds, 3))
        winner = min(trial, key=trial.get)
        for label, worker in workers.items():
            if label != winner:
                worker.close()
        best[winner] = workers[winner]
    seconds = take_turns(best, rounds)
    for worker in best.values():
        worker.close()
    return seconds
