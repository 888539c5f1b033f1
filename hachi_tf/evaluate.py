"""Measures a network on held-out sequences: nats, squared error, and the trivial baseline."""

import csv
import dataclasses
import json
import logging
import pathlib
import sys
from typing import Any

from hachi_tf.config import ProgramConfig, flag
from hachi_tf.errors import UserError
from hachi_tf.program import run
from hachi_tf.startup import import_tensorflow

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class EvaluateConfig(ProgramConfig):
    """The flags of `hachi_tf.evaluate`."""

    run_dir: str = flag("", "Run to evaluate; the latest under runs/ by default.", group="Model")
    export_dir: str = flag("", "Export to evaluate instead of a run.", group="Model")
    source: str = flag(
        "", "Where sequences come from; an export's own source by default.", group="Data"
    )
    data: str = flag("", "Path of the data; what the run was trained on by default.", group="Data")
    split: str = flag("validation", "Which split.", group="Data")
    batch_size: int = flag(64, "Sequences at a time.", low=1, group="Data")
    per_sequence: str = flag(
        "", "CSV file to write with the figures of each sequence.", group="Output"
    )
    json: bool = flag(False, "Write the figures to stdout as JSON.", group="Output")

    def __post_init__(self):
        super().__post_init__()
        if self.run_dir and self.export_dir:
            raise UserError("either --run_dir or --export_dir", "both")
        if self.per_sequence and not self.per_sequence.endswith(".csv"):
            raise UserError("--per_sequence=FILE.csv", repr(self.per_sequence))


def evaluate(config: EvaluateConfig) -> dict[str, Any]:
    """Scores a split and returns its figures.

    Raises:
        UserError: if the model or the data cannot be read, or do not fit.
    """
    import_tensorflow()
    from hachi_tf.evaluation.scoring import Scorer, dataset_baseline
    from hachi_tf.training.run import open_model, pick_split, read_splits

    model = open_model(config.export_dir or config.run_dir)
    trained_on = model.trained_on
    source, data = config.source or trained_on.get("source"), config.data or trained_on.get("data")
    if not source:
        raise UserError(f"--source, since {model.path} does not tell it", "none")
    splits = read_splits(
        source,
        data,
        model.network.schema,
        trained_on.get("validation_fraction"),
        model.cache,
    )
    held_out = pick_split(splits, config.split)
    scores = Scorer(model.network, model.transforms)(held_out, config.batch_size)
    baseline = dataset_baseline(pick_split(splits, "train"), model.transforms, model.network.schema)
    summary = {"model": str(model.path), "split": config.split, **scores.summary()}
    summary["baseline_nats_per_step"] = baseline(held_out)
    if config.per_sequence:
        write_per_sequence(pathlib.Path(config.per_sequence), held_out.ids, scores)
    return summary


def write_per_sequence(path: pathlib.Path, ids: Any, scores: Any) -> None:
    """Writes one CSV row a sequence: id, events, nats, nats in data units, squared error."""
    from hachi_tf.files import atomic_path

    with atomic_path(path) as aside, open(aside, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "num_events", "nats", "nats_data_units", "squared_error"])
        rows = (scores.num_events, scores.nats, scores.nats_data_units, scores.squared_error)
        for name, *values in zip(ids, *rows, strict=True):
            writer.writerow([name, *(value.item() for value in values)])


def in_words(figures: dict[str, Any]) -> str:
    """The figures for a person."""
    from hachi_tf.training.report import better

    return "\n".join(
        [
            f"{figures['model']}, {figures['split']}: {figures['num_sequences']:,} sequences, "
            f"{figures['num_events']:,} events",
            f"{figures['nats_per_step']:.3f} nats a step, "
            + better(figures["nats_per_step"], figures["baseline_nats_per_step"]),
            f"{figures['nats_per_sequence']:.1f} nats a sequence (standardized, as in the "
            f"literature); {figures['nats_per_sequence_data_units']:.1f} in data units",
            f"{figures['squared_error_per_step']:.3f} squared error a step (standardized)",
        ]
    )


def main(argv: list[str] | None = None) -> int:
    """The program; returns the exit status."""

    def program(config: EvaluateConfig) -> None:
        figures = evaluate(config)
        log.info("%s", in_words(figures))
        if config.json:
            sys.stdout.write(json.dumps(figures) + "\n")

    return run(
        EvaluateConfig, program, "hachi_tf.evaluate", __doc__, positional="run_dir", argv=argv
    )


if __name__ == "__main__":
    sys.exit(main())
