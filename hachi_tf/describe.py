"""Says what a run, an export, data or this machine is, or which of two models is better."""

import dataclasses
import json
import pathlib
import sys
from collections.abc import Iterator
from typing import Any

from hachi_tf import ready
from hachi_tf.config import ProgramConfig, flag
from hachi_tf.errors import UserError
from hachi_tf.program import run
from hachi_tf.schema import Schema
from hachi_tf.startup import import_tensorflow

PICTURES = ("alignment", "density", "components", "bias", "columns")


@dataclasses.dataclass(frozen=True)
class DescribeConfig(ProgramConfig):
    """The flags of `hachi_tf.describe`."""

    run_dir: str = flag("", "Run to describe; the latest under runs/ by default.", group="What")
    export_dir: str = flag("", "Export to describe; its graph is not loaded.", group="What")
    data: str = flag(
        "", "Path of data or a table to describe, to compare on, or to draw.", group="What"
    )
    source: str = flag("", "Source of the data, e.g. kanji; inferred from --data.", group="What")
    ready: bool = flag(
        False, "List the configurations and exports that come with hachi_tf.", group="What"
    )
    devices: bool = flag(False, "Describe compute devices and list MIDI ports.", group="What")
    latency: bool = flag(False, "Time live steps of the run or export, in ms.", group="What")
    compare: tuple = flag(
        (), "Runs or exports A and B (--compare A B) to score on the same sequences.", group="What"
    )
    split: str = flag("validation", "Which split to compare on or to draw.", group="Comparison")
    batch_size: int = flag(64, "Sequences at a time.", low=1, group="Comparison")
    picture: str = flag(
        "",
        "Draw a picture of the run or export: where its window stands on the text, where it "
        "expects the next points, which component claims which, a text at bias 0 to 5, or each "
        "column's histogram of held-out data and of samples.",
        choices=("", *PICTURES),
        group="Picture",
    )
    sample: str = flag("", "An .npz whose first sequence the network is shown.", group="Picture")
    text: str = flag("", "What that sequence says, or what to write.", group="Picture")
    output: str = flag("picture.png", "File to write, a .png.", group="Picture")
    json: bool = flag(False, "Write the description to stdout as JSON.", group="Output")

    def __post_init__(self):
        super().__post_init__()
        if self.compare:
            if len(self.models) != 2:
                raise UserError("two runs or exports for --compare", str(len(self.models)))
            others = (self.export_dir, self.devices, self.ready, self.picture, self.latency)
            if any(others):
                raise UserError("--compare by itself", "something else to describe beside it")
            return
        data = "" if self.picture == "columns" else self.data
        if (self.picture or self.latency) and (data or self.source or self.devices or self.ready):
            raise UserError("a run or an export for --picture or --latency", "something else")
        if (self.sample or self.text) and not (self.picture or self.latency):
            raise UserError(f"--picture={'|'.join(PICTURES)} with --sample or --text", "none")
        if not self.output.endswith(".png"):
            raise UserError("--output=FILE.png", repr(self.output))
        asked = [self.run_dir, self.export_dir, data or self.source, self.devices, self.ready]
        if sum(map(bool, asked)) > 1:
            raise UserError("one thing to describe", "several", "see --help")

    @property
    def models(self) -> list[str]:
        """The paths to compare; the second one may stand without a flag."""
        return [*self.compare, *([self.run_dir] if self.run_dir else [])]


def describe(config: DescribeConfig) -> dict[str, Any]:
    """The description as values for JSON.

    Raises:
        UserError: if what is to be described cannot be read, or two models do not compare.
    """
    if config.compare:
        return describe_comparison(config)
    if config.ready:
        return ready.listing()
    if config.devices:
        from hachi_tf.evaluation.machine import machine_figures

        return machine_figures()
    if config.picture:
        return draw_picture(config)
    if config.latency:
        return describe_latency(config)
    if config.export_dir:
        return describe_export(config.export_dir)
    if config.data or config.source:
        return describe_data(config.source, config.data)
    return describe_run(config.run_dir)


def describe_export(path: str) -> dict[str, Any]:
    """What `hachi.json` tells, the size, and whether the graph does nothing but compute."""
    from hachi_tf.serving import manifest

    version_dir = manifest.find_version(path)
    return {"export": str(version_dir), **manifest.describe(version_dir)}


def describe_run(path: str) -> dict[str, Any]:
    """What a run directory tells; no network is built."""
    from hachi_tf.training.run_directory import RunDirectory

    directory = RunDirectory(path) if path else RunDirectory.latest()
    described = directory.description()
    records = directory.read_metrics()
    held_out = [record for record in records if record["split"] == "validation"]
    best = min(held_out, key=lambda record: record["nats_per_step"], default={})
    return {
        "run": str(directory.path),
        "steps": max((record["step"] for record in records), default=0),
        "best": best,
        "data": described.get("data", {}),
        "columns": Schema.from_dict(described["schema"]).to_dict()["features"],
        "network": described["network"],
        "transforms": described["transforms"],
        "flags": directory.read_json(directory.config),
    }


def describe_data(source: str, data: str) -> dict[str, Any]:
    """A table's columns, ranges and pace; a text's characters; or the columns of a source."""
    from hachi_tf.data.sources.time_series import TimeSeries
    from hachi_tf.evaluation import data_figures, table_figures
    from hachi_tf.tables import looks_like_table

    is_table = pathlib.Path(data).suffix.lower() in table_figures.SUFFIXES
    is_series = is_table and not source and TimeSeries.recognizes(data)
    if not source and is_table and looks_like_table(data) and not is_series:
        return table_figures.table_figures(data)
    return data_figures.data_figures(source, data)


def draw_picture(config: DescribeConfig) -> dict[str, Any]:
    """Draws `--picture`; returns what was drawn."""
    from hachi_tf.training.run import data_splits, open_model, pick_split

    model = open_model(config.export_dir or config.run_dir)
    if config.picture == "columns":
        from hachi_tf.evaluation.columns import draw_columns

        splits = data_splits(model.trained_on, model.network.schema, config.data, model.cache)
        return draw_columns(model, pick_split(splits, config.split), config.output)
    from hachi_tf.evaluation.pictures import draw

    return draw(model, config.picture, config.sample, config.text, config.output)


def describe_latency(config: DescribeConfig) -> dict[str, Any]:
    """How long a live step of a run or an export takes."""
    from hachi_tf.evaluation.latency import measure_latency
    from hachi_tf.serving import saved_model

    if config.export_dir:
        model, path = saved_model.load(config.export_dir), config.export_dir
    else:
        from hachi_tf.training.run import load_run

        run_ = load_run(config.run_dir or None)
        model = saved_model.in_memory(run_.network, run_.transforms, run_.schema, 1)
        path = run_.path
    if model.alphabet is not None and not config.text:
        raise UserError("--text=..., which the model is to write", "none")
    return {"model": str(path), **measure_latency(model, text=config.text or None)}


def describe_comparison(config: DescribeConfig) -> dict[str, Any]:
    """Scores two models on the same sequences, in data units, with a paired bootstrap."""
    from hachi_tf.evaluation.comparison import compare
    from hachi_tf.training.run import open_model, pick_split, read_splits

    a, b = (open_model(path) for path in config.models)
    if a.network.schema != b.network.schema:
        raise UserError(
            "two models of the same columns and end of sequence",
            f"{a.network.schema.names} and {b.network.schema.names}",
        )
    source = config.source or a.trained_on.get("source")
    if not source:
        raise UserError(f"--source, since {a.path} does not tell it", "none")
    fractions = [each.trained_on.get("validation_fraction") for each in (a, b)]
    if fractions[0] != fractions[1]:
        raise UserError(
            "two models that held out the same sequences",
            f"--validation_fraction of {fractions[0]} and {fractions[1]}",
            "train both with the same",
        )
    data = config.data
    if not (data or config.source):
        data = a.trained_on.get("data")
    scale = a.trained_on.get("scale")
    splits = read_splits(source, data, a.network.schema, fractions[0], a.cache, scale)
    dataset = pick_split(splits, config.split)
    if a.network.conditioned or b.network.conditioned:
        dataset = dataset.with_text()
    result = compare(a, b, dataset, config.batch_size)
    interval = result["a_minus_b"]
    sure = interval["low"] * interval["high"] > 0
    better = config.models[interval["mean"] > 0] if sure else None
    return {
        "a": str(a.path),
        "b": str(b.path),
        "source": source,
        "split": config.split,
        **result,
        "better": better,
    }


def in_words(value: Any, indent: str = "") -> Iterator[str]:
    """Lines for a person: one a value, nested ones indented."""
    pairs = value.items() if isinstance(value, dict) else ((f"{i}", v) for i, v in enumerate(value))
    for name, each in pairs:
        name = name if name.isprintable() and name.strip() else json.dumps(name)
        flat = json.dumps(each, ensure_ascii=False)
        if isinstance(each, (dict, list, tuple)) and len(each) > 9 and all(map(_is_short, each)):
            shown = flat if len(flat) <= 300 else f"{flat[:300]} ..."
            yield f"{indent}{name}: {len(each)}: {shown}"
        elif isinstance(each, dict) and each and all(map(_is_tensor, each.values())):
            yield f"{indent}{name}: {', '.join(f'{key} {_tensor(each[key])}' for key in each)}"
        elif isinstance(each, (dict, list, tuple)) and each and len(flat) > 110:
            yield f"{indent}{name}:"
            yield from in_words(each, indent + "  ")
        else:
            shown = f"{each:.6g}" if isinstance(each, float) else each
            yield f"{indent}{name}: {shown if isinstance(shown, str) else flat}"


def _is_short(name: Any) -> bool:
    """Whether a value, or a key, is a character, a byte, or a name as short."""
    return isinstance(name, str) and len(name) <= 3


def _is_tensor(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"dtype", "shape"}


def _tensor(value: dict[str, Any]) -> str:
    """A tensor of a signature, such as `float32 [?, ?, 3]`."""
    sizes = ("?" if size is None else str(size) for size in value["shape"])
    return f"{value['dtype']} [{', '.join(sizes)}]"


def for_a_person(description: dict[str, Any]) -> dict[str, Any]:
    """A description with the characters that a text may hold near its head, and nothing twice."""
    network = description.get("network")
    if "columns" not in description or not isinstance(network, dict):
        return description
    config = {name: each for name, each in network["config"].items() if name != "schema"}
    alphabet = config.pop("alphabet", None)
    shown = {**description, "network": {**network, "config": config}}
    if alphabet is None:
        return shown
    head = dict(list(shown.items())[:4])
    return {**head, "alphabet": alphabet, **shown}


def main(argv: list[str] | None = None) -> int:
    """The program; returns the exit status."""

    def program(config: DescribeConfig) -> None:
        heavy = (config.compare, config.devices, config.export_dir, config.picture, config.latency)
        if any(heavy):
            import_tensorflow()
        description = describe(config)
        words = json.dumps(description) if config.json else ""
        sys.stdout.write((words or "\n".join(in_words(for_a_person(description)))) + "\n")

    return run(
        DescribeConfig, program, "hachi_tf.describe", __doc__, positional="run_dir", argv=argv
    )


if __name__ == "__main__":
    sys.exit(main())
