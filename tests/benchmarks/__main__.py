"""`python -m tests.benchmarks`: speed and memory beside PyTorch's and stock Keras's.

The network is Graves's: 3 x 400 LSTM with skip connections, 20 bivariate components. Contenders
live in processes of their own and take turns; a figure is the ratio of their median times.
Training uses all cores, sampling the number of threads that suits the contender. The last line
printed is a JSON object: speeds, ours over theirs, and memory (the peak less what the imports
cost), ours over theirs; and the figures themselves. `--rounds=2` is a short trial.
"""

import argparse
import contextlib
import importlib.util
import json
import sys

from tests.benchmarks import train
from tests.benchmarks.turns import CORES, best_threads, take_turns
from tests.benchmarks.worker import Worker


def benchmark_training(rounds: int) -> tuple[dict[str, float], dict[str, float]]:
    """Seconds a step and memory in MiB of each contender."""
    names = ("hachi", "hachi_bfloat16", "synthesis", "keras", "torch")
    workers = {name: Worker("train", name, CORES) for name in names}
    seconds = take_turns(workers, rounds)
    return seconds, {name: worker.close() for name, worker in workers.items()}


def benchmark_sampling(batch: int, steps: int, rounds: int) -> dict[str, float]:
    """Seconds a step of each contender at its best number of threads."""
    seconds = best_threads("sample", ("hachi", "torch"), batch, steps, rounds=rounds)
    return {name: total / steps for name, total in seconds.items()}


def main():
    """Runs everything; prints a table and the JSON line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    if importlib.util.find_spec("torch") is None:
        sys.exit("expected PyTorch; got none; run: pip install -e '.[bench]'")
    print(f"{CORES} cores\n\ntraining, batch {train.BATCH}, {train.STEPS} steps")
    seconds, memory = benchmark_training(rounds)
    for name, each in seconds.items():
        rate = train.BATCH * train.STEPS / each
        print(f"  {name:22} {each:8.3f} s a batch {rate:8.0f} events/s {memory[name]:6.0f} MiB")
    ours = seconds["hachi"]
    result = {
        "train_vs_torch": seconds["torch"] / ours,
        "train_vs_keras": seconds["keras"] / ours,
        "train_bf16_vs_f32": ours / seconds["hachi_bfloat16"],
        "synthesis_vs_prediction": ours / seconds["synthesis"],
        "memory_vs_torch": memory["hachi"] / memory["torch"],
    }
    figures = {"seconds_a_batch": seconds, "memory_mib": memory, "ms_a_step": {}}
    for batch, steps in ((1, 200), (64, 60)):
        print(f"\nsampling, batch {batch}")
        seconds = benchmark_sampling(batch, steps, rounds)
        for name, each in seconds.items():
            print(f"  {name:22} {1e3 * each:8.3f} ms a step")
        figures["ms_a_step"][batch] = {name: 1e3 * each for name, each in seconds.items()}
        ours, theirs = seconds.values()
        result[f"sample{batch}_vs_torch"] = theirs / ours
    print("\nours over theirs")
    for name, ratio in result.items():
        print(f"  {name:22} {ratio:8.2f}")
    print(json.dumps({name: round(ratio, 3) for name, ratio in result.items()} | figures))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
