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

# Nats a line and squared error a point on IAM-OnDB's validation list, three layers, trained to the
# end without weight noise (Graves 2013, tables 3 and 4).
GRAVES_2013 = {"prediction": (-1041.0, 0.41), "synthesis": (-1096.9, 0.23)}
READBACK_STEPS = 4000  # of a sentence at most, where a run is read back


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
    readback: int = flag(
        0,
        "How many English sentences the model writes for the program tesseract to read back.",
        low=0,
        high=10_000,
        group="Readback",
    )
    bias: float = flag(
        1.0, "Neatness of what is written for --readback.", low=0, high=100, group="Readback"
    )
    retries: int = flag(
        3,
        "How often a sentence of --readback is drawn again as long as characters are missing.",
        low=0,
        high=255,
        group="Readback",
    )
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
    if config.readback:
        check_readback(model)
    trained_on = model.trained_on
    source, data = config.source or trained_on.get("source"), config.data
    if not (data or config.source):
        data = trained_on.get("data")
    if not source:
        raise UserError(f"--source, since {model.path} does not tell it", "none")
    splits = read_splits(
        source,
        data,
        model.network.schema,
        trained_on.get("validation_fraction"),
        model.cache,
        trained_on.get("scale"),
    )
    held_out = pick_split(splits, config.split)
    if model.network.conditioned:
        held_out = held_out.with_text()
    legibility = read_back(config, model, source, data) if config.readback else {}
    scores = Scorer(model.network, model.transforms)(held_out, config.batch_size)
    baseline = dataset_baseline(pick_split(splits, "train"), model.transforms, model.network.schema)
    summary = {"model": str(model.path), "split": config.split, **scores.summary()}
    summary["baseline_nats_per_step"] = baseline(held_out)
    summary |= legibility
    on_testset_v = config.split == "validation" and trained_on.get("validation_fraction") is None
    alike = source.startswith("iam_ondb") and source == trained_on.get("source")
    if alike and on_testset_v and "writer" not in source and "init_from" not in trained_on:
        nats, error = GRAVES_2013[model.network.kind]
        summary |= {"graves_2013_nats_per_sequence": nats, "graves_2013_squared_error": error}
    if config.per_sequence:
        write_per_sequence(pathlib.Path(config.per_sequence), held_out.ids, scores)
    return summary


def check_readback(model: Any) -> None:
    """Says what is missing before anything is read or written.

    Raises:
        UserError: if the model writes no text, or tesseract is not there.
    """
    from hachi_tf.evaluation import tesseract

    if not model.network.conditioned:
        raise UserError("a model that writes texts for --readback", f"{model.path}, which does not")
    tesseract.find()


def read_back(config: EvaluateConfig, model: Any, source: str, data: str | None) -> dict[str, Any]:
    """Figures of sentences that a model of text writes and tesseract reads back.

    Raises:
        UserError: if the model writes no text, or tesseract cannot be used.
    """
    from hachi_tf.data.sources import make_source
    from hachi_tf.evaluation import readback
    from hachi_tf.evaluation.sentences import sentences
    from hachi_tf.serving import saved_model

    network = model.network
    texts = sentences(config.readback, characters=network.alphabet)
    if config.export_dir:
        writer = saved_model.load(config.export_dir)
    else:
        writer = saved_model.in_memory(network, model.transforms, network.schema, READBACK_STEPS)
    reference = readback.source_writer(make_source(source, data))
    result = readback.readback(
        writer, texts, config.bias, retries=config.retries, reference=reference
    )
    return result.summary()


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
    from hachi_tf.evaluation import readback
    from hachi_tf.training.report import better

    legibility = {name: value for name, value in figures.items() if name.startswith("readback_")}
    return "\n".join(
        [
            f"{figures['model']}, {figures['split']}: {figures['num_sequences']:,} sequences, "
            f"{figures['num_events']:,} events",
            f"{figures['nats_per_step']:.3f} nats a step, "
            + better(figures["nats_per_step"], figures["baseline_nats_per_step"]),
            f"{figures['nats_per_sequence']:.1f} nats a sequence (standardized, as in the "
            f"literature); {figures['nats_per_sequence_data_units']:.1f} in data units",
            f"{figures['squared_error_per_step']:.3f} squared error a step (standardized)",
            *(
                [
                    "Graves 2013, trained to the end: "
                    f"{figures['graves_2013_nats_per_sequence']} nats a line, "
                    f"{figures['graves_2013_squared_error']} squared error a point"
                ]
                if "graves_2013_squared_error" in figures
                else []
            ),
            *([readback.in_words(legibility)] if legibility else []),
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
