"""Measures a network on held-out sequences: nats, squared error, and the trivial baseline."""

import csv
import dataclasses
import functools
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
# Graves's window, for dynamic evaluation of a model that does not tell its own.
DYNAMIC_WINDOW = 100
DYNAMIC_RATE = 0.2


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
    dynamic: bool = flag(
        False,
        "Also score a copy of the network that goes on learning from each window once it is "
        "scored (Graves 2013, section 3.1).",
        group="Dynamic evaluation",
    )
    dynamic_rate: float = flag(
        DYNAMIC_RATE,
        "Learning rate of --dynamic, of plain gradient steps on the nats a step of a window.",
        low=0.0,
        high=100.0,
        group="Dynamic evaluation",
    )
    horizon: int | None = flag(
        None,
        "Rows of a forecast from held-out series; those of training, or two seasons by default.",
        low=1,
        high=10_000,
        group="Forecasts",
    )
    origins: int = flag(
        20, "Moments in each series to forecast from.", low=1, high=10_000, group="Forecasts"
    )
    num_paths: int = flag(
        200, "Paths to draw from each moment.", low=2, high=4096, group="Forecasts"
    )
    chart: str = flag(
        "", "File (.png .svg) to draw each series' last forecast in.", group="Forecasts"
    )
    compress: str = flag(
        "",
        "File to write the split's text to, compressed with the network and an arithmetic coder; "
        "its beginning is decompressed to see whether it comes out the same.",
        group="Output",
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
        if self.chart and not self.chart.lower().endswith((".png", ".svg")):
            raise UserError("--chart=FILE.png or .svg", repr(self.chart))


def evaluate(config: EvaluateConfig) -> dict[str, Any]:
    """Scores a split and returns its figures.

    Raises:
        UserError: if the model or the data cannot be read, or do not fit.
    """
    import_tensorflow()
    from hachi_tf.evaluation import arithmetic_coding, readback
    from hachi_tf.evaluation.dynamic import dynamic_figures
    from hachi_tf.evaluation.repetition import repetition_baseline
    from hachi_tf.evaluation.scoring import Scorer, dataset_baseline
    from hachi_tf.forecasting.figures import as_trained
    from hachi_tf.forecasting.programs import evaluate_series
    from hachi_tf.training.run import open_model, pick_split, read_splits

    model = open_model(config.export_dir or config.run_dir)
    network, schema = model.network, model.network.schema
    if config.readback:
        readback.check(model)
    if config.compress:
        arithmetic_coding.TextCoder(network)  # says what is missing before anything is read
    trained_on = model.trained_on
    is_series = trained_on.get("renderer") == "series"
    if (config.chart or config.horizon) and not is_series:
        raise UserError("--chart and --horizon with a model of series", str(model.path))
    source, data = config.source or trained_on.get("source"), config.data
    if not (data or config.source):
        data = trained_on.get("data")
    if not source:
        raise UserError(f"--source, since {model.path} does not tell it", "none")
    splits = read_splits(
        source,
        data,
        schema,
        trained_on.get("validation_fraction"),
        model.cache,
        trained_on.get("scale"),
    )
    held_out = pick_split(splits, config.split)
    if network.conditioned:
        held_out = held_out.with_text()
    more = {}
    if config.readback:
        more = readback.of_model(
            model, config.export_dir, source, data, config.readback, config.bias, config.retries
        ).summary()
    if config.compress:
        progress = progress_bar("compress", "character")
        size = arithmetic_coding.compress_dataset(config.compress, network, held_out, progress)
        more["compressed_file_bytes"] = size
    whole, held_out = held_out, as_trained(held_out, trained_on)
    scores = Scorer(network, model.transforms)(held_out, config.batch_size)
    baseline = dataset_baseline(pick_split(splits, "train"), model.transforms, schema)
    summary = {"model": str(model.path), "split": config.split, **scores.summary()}
    guess = summary["baseline_nats_per_step"] = baseline(held_out)
    steps = summary["num_events"] / summary["num_sequences"]
    summary["baseline_nats_per_sequence"] = guess * steps
    summary |= more
    if trained_on.get("renderer") == "frames":
        repeat = repetition_baseline(pick_split(splits, "train"), model.transforms, schema)
        summary["repetition_nats_per_step"] = repeat(held_out)
    if is_series:
        summary["forecasts"] = evaluate_series(config, model, whole, data)
    dynamic = score_dynamically(config, model, held_out) if config.dynamic else None
    if schema.text_unit:
        summary |= text_figures(schema, held_out, scores)
    if dynamic is not None:
        summary |= {"dynamic_rate": config.dynamic_rate, **dynamic_figures(dynamic, summary)}
    on_testset_v = config.split == "validation" and trained_on.get("validation_fraction") is None
    alike = source.startswith("iam_ondb") and source == trained_on.get("source")
    if alike and on_testset_v and "writer" not in source and "init_from" not in trained_on:
        nats, error = GRAVES_2013[network.kind]
        summary |= {"graves_2013_nats_per_sequence": nats, "graves_2013_squared_error": error}
    if config.per_sequence:
        write_per_sequence(pathlib.Path(config.per_sequence), held_out.ids, scores, dynamic)
    return summary


def score_dynamically(config: EvaluateConfig, model: Any, held_out: Any) -> Any:
    """The scores of a copy of the model's network that learns as it reads."""
    from hachi_tf.evaluation.dynamic import DynamicScorer

    window = getattr(model, "flags", {}).get("sequence_length") or DYNAMIC_WINDOW
    scorer = DynamicScorer(model.network, model.transforms, config.dynamic_rate, window)
    return scorer(held_out, progress_bar("dynamic", "window"))


def progress_bar(name: str, unit: str) -> Any:
    """What shows on stderr how far a loop is."""
    from tqdm import tqdm

    return functools.partial(tqdm, desc=name, unit=unit, mininterval=1.0, dynamic_ncols=True)


def text_figures(schema: Any, held_out: Any, scores: Any) -> dict[str, Any]:
    """What the scores of a text mean, and how small it would be."""
    from hachi_tf.evaluation import text_scores

    nats = float(scores.nats.sum())
    figures = text_scores.text_scores(nats, held_out, schema)
    return figures | text_scores.compressed_sizes(nats, held_out, schema)


def write_per_sequence(path: pathlib.Path, ids: Any, scores: Any, dynamic: Any = None) -> None:
    """Writes one CSV row a sequence: id, events, nats, nats in data units, squared error.

    And its nats in dynamic evaluation, if there is one.
    """
    from hachi_tf.files import atomic_path

    columns = {name: getattr(scores, name) for name in ("num_events", "nats", "nats_data_units")}
    columns["squared_error"] = scores.squared_error
    if dynamic is not None:
        columns["dynamic_nats"] = dynamic.nats
    with atomic_path(path) as aside, open(aside, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", *columns])
        for name, *values in zip(ids, *columns.values(), strict=True):
            writer.writerow([name, *(value.item() for value in values)])


def in_words(figures: dict[str, Any]) -> str:
    """The figures for a person."""
    from hachi_tf.evaluation import readback, repetition, text_scores
    from hachi_tf.forecasting import figures as forecast_figures
    from hachi_tf.training.report import better

    legibility = {name: value for name, value in figures.items() if name.startswith("readback_")}
    is_text = "bits_per_character" in figures
    lines = [
        f"{figures['model']}, {figures['split']}: {figures['num_sequences']:,} sequences, "
        f"{figures['num_events']:,} events",
        f"{figures['nats_per_step']:.3f} nats a step, "
        + better(figures["nats_per_step"], figures["baseline_nats_per_step"]),
    ]
    if is_text:
        lines += text_scores.in_words(figures)
    elif "forecasts" in figures:
        lines += forecast_figures.in_words(
            figures["forecasts"], figures["nats_per_step_data_units"]
        )
    else:
        lines += [
            f"{figures['nats_per_sequence']:.1f} nats a sequence (standardized, as in the "
            f"literature); {figures['nats_per_sequence_data_units']:.1f} in data units",
            f"{figures['squared_error_per_step']:.3f} squared error a step (standardized)",
        ]
    if "repetition_nats_per_step" in figures:
        lines.append(repetition.in_words(figures))
    if "compressed_file_bytes" in figures:
        lines.append(f"compressed: {figures['compressed_file_bytes']:,} bytes")
    if "graves_2013_squared_error" in figures:
        lines.append(
            "Graves 2013, trained to the end: "
            f"{figures['graves_2013_nats_per_sequence']} nats a line, "
            f"{figures['graves_2013_squared_error']} squared error a point"
        )
    if legibility:
        lines.append(readback.in_words(legibility))
    if "dynamic_rate" in figures:
        name, unit = (
            ("bits_per_character", "bits a character")
            if is_text
            else ("nats_per_step", "nats a step")
        )
        value, gain = figures[f"dynamic_{name}"], figures[name] - figures[f"dynamic_{name}"]
        lines.append(
            f"dynamic evaluation, rate {figures['dynamic_rate']:g}: {value:.3f} {unit}, "
            f"{abs(gain):.3f} {'better' if gain >= 0 else 'WORSE'} than without"
        )
    return "\n".join(lines)


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
