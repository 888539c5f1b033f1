"""`python -m tests.benchmarks.text`: speed on text beside PyTorch's.

The network has two LSTM layers of 512 units with skip connections and 65 characters; a batch is
50 windows of 100 characters, of which each goes on where the one before stopped. Ours is the
program's own pipeline and training step. Contenders live in processes of their own and take turns,
each with the number of threads that suits it; a figure is the ratio of their median times. The
last line printed is a JSON object of speeds, ours over theirs, and characters a second.
`--rounds=2` is a short trial.
"""

import argparse
import importlib.util
import json
import sys

from tests.benchmarks import text_train
from tests.benchmarks.turns import CORES, best_threads


def main():
    """Runs everything; prints a table and the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    if importlib.util.find_spec("torch") is None:
        sys.exit("expected PyTorch; got none; run: pip install -e '.[bench]'")
    characters = text_train.BATCH * text_train.STEPS
    print(f"{CORES} cores\n\ntraining, {text_train.BATCH} rows of {text_train.STEPS} characters")
    names = ("hachi", "hachi_bfloat16", "torch")
    seconds = best_threads("text_train", names, rounds=rounds)
    show(seconds, characters)
    ours, bfloat16, theirs = seconds.values()
    result = {
        "train_vs_torch": theirs / ours,
        "train_bf16_vs_f32": ours / bfloat16,
        "train_characters_per_s": characters / ours,
        "train_bf16_characters_per_s": characters / bfloat16,
        "torch_characters_per_s": characters / theirs,
    }
    for batch, steps in ((1, 300), (64, 60)):
        print(f"\nsampling, batch {batch}")
        seconds = best_threads("text_sample", ("hachi", "torch"), batch, steps, rounds=rounds)
        show(seconds, batch * steps)
        ours, theirs = seconds.values()
        result[f"sample{batch}_vs_torch"] = theirs / ours
        result[f"sample{batch}_characters_per_s"] = batch * steps / ours
        result[f"torch_sample{batch}_characters_per_s"] = batch * steps / theirs
    print(json.dumps({name: round(value, 3) for name, value in result.items()}))


def show(seconds, characters):
    """A line for each contender."""
    for name, each in seconds.items():
        print(f"  {name:26} {1e3 * each:9.1f} ms {characters / each:10.0f} characters/s")


if __name__ == "__main__":
    main()
