"""What the tests of training read in a run directory."""

import json
import pathlib

from hachi_tf.training.checkpoints import Checkpoints


def final_arrays(run_dir):
    """The arrays of the last checkpoint, and what is said beside them."""
    arrays, metadata = Checkpoints(pathlib.Path(run_dir) / "checkpoints").latest()
    # Keras counts the networks of a process in their names, which say nothing of a run.
    return {".".join(name.split(".")[:2]): value for name, value in arrays.items()}, metadata


def validations(run_dir):
    """The records of the held-out part, in their order."""
    lines = pathlib.Path(run_dir, "metrics.jsonl").read_text().splitlines()
    return [record for record in map(json.loads, lines) if record["split"] == "validation"]
