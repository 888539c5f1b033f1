"""Says what a run, an export, data or this machine is, or which of two models is better."""

import dataclasses
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

from hachi_tf.config import ProgramConfig, flag
from hachi_tf.errors import UserError
from hachi_tf.program import run
from hachi_tf.schema import Schema
from hachi_tf.startup import import_tensorflow

log = logging.getLogger(__name__)

PICTURES = ("alignment", "density", "components", "bias")


@dataclasses.dataclass(frozen=True)
class DescribeConfig(ProgramConfig):
    """The flags of `hachi_tf.describe`."""

    run_dir: str = flag("", "Run to describe; the latest under runs/ by default.", group="What")
    export_dir: str = flag("", "Export to describe; its graph is not loaded.", group="What")
    data: str = flag("", "Path of data to describe, or to compare on.", group="What")
    source: str = flag("", "Source of the data, e.g. kanji; inferred from --data.", group="What")
    devices: bool = flag(False, "Describe the devices that TensorFlow finds.", group="What")
    compare: tuple = flag(
        (), "Runs or exports A and B (--compare A B) to score on the same sequences.", group="What"
    )
    split: str = flag("validation", "Which split to compare on.", group="Comparison")
    batch_size: int = flag(64, "Sequences at a time.", low=1, group="Comparison")
    picture: str = flag(
        "",
        "Draw a picture of the run or export: where its window stands on the text, where it "
        "expects the next points, which component claims which, or a text at bias 0 to 5.",
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
            if self.export_dir or self.devices:
                raise UserError("--compare by itself", "--export_dir or --devices beside it")
            return
        if self.picture and (self.data or self.source or self.devices):
            raise UserError("a run or an export for --picture", "something else")
        if (self.sample or self.text) and not self.picture:
            raise UserError(f"--picture={'|'.join(PICTURES)} with --sample or --text", "none")
        if not self.output.endswith(".png"):
            raise UserError("--output=FILE.png", repr(self.output))
        asked = [self.run_dir, self.export_dir, self.data or self.source, self.devices]
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
    if config.devices:
        return describe_devices()
    if config.picture:
        from hachi_tf.evaluation.pictures import draw
        from hachi_tf.training.run import open_model

        model = open_model(config.export_dir or config.run_dir)
        return draw(model, config.picture, config.sample, config.text, config.output)
    if config.export_dir:
        return describe_export(config.export_dir)
    if config.data or config.source:
        return describe_data(config.source, config.data)
    return describe_run(config.run_dir)


def describe_export(path: str) -> dict[str, Any]:
    """What `hachi.json` tells, the size, and whether the graph does nothing but compute."""
    from hachi_tf.serving import manifest, safety

    path = manifest.find_version(path)
    described = manifest.read(path)
    try:
        safety.check(path)
        verdict = "computes, and nothing else"
    except UserError as error:
        verdict = f"REFUSED: {error}"
    files = [file for file in path.rglob("*") if file.is_file()]
    kept = ("name", "data", "training", "metrics", "versions", "max_steps", "num_weights")
    return {
        "export": str(path),
        "graph": verdict,
        "bytes": sum(file.stat().st_size for file in files),
        **{key: described[key] for key in kept if key in described},
        "styles": [style["name"] for style in described.get("styles", [])],
        "columns": described["schema"]["features"],
        "network": described["network"],
        "transforms": described["transforms"],
        "signatures": described["signatures"],
    }


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
    """Columns, splits and the range of each column."""
    import numpy as np

    from hachi_tf.data.dataset import load_datasets
    from hachi_tf.data.sources import infer_source, make_source

    source = source or infer_source(data)
    made = make_source(source, data or None)
    splits = {}
    for name, dataset in load_datasets(made).items():
        lengths, events = dataset.lengths, dataset.events.astype(np.float64)
        splits[name] = {"sequences": len(dataset), "events": int(lengths.sum())}
        if len(events):
            splits[name]["median_events"] = float(np.median(lengths))
            splits[name]["most_events"] = int(lengths.max())
            figures = {"mean": np.nanmean, "std": np.nanstd, "min": np.nanmin, "max": np.nanmax}
            splits[name]["columns"] = {
                column: {key: float(figure(events[:, index])) for key, figure in figures.items()}
                for index, column in enumerate(made.schema.names)
            }
    return {
        "source": source,
        "licence": made.licence,
        "credit": made.credit,
        "columns": made.schema.to_dict()["features"],
        "splits": splits,
    }


def describe_devices() -> dict[str, Any]:
    """What TensorFlow finds on this machine."""
    import os
    import platform

    import keras
    import tensorflow as tf

    devices = []
    for device in tf.config.list_physical_devices():
        details = tf.config.experimental.get_device_details(device)
        capability = details.get("compute_capability")
        shown = {"name": details.get("device_name"), "compute_capability": capability}
        found = {key: value for key, value in shown.items() if value is not None}
        devices.append({"type": device.device_type, **found})
    return {
        "devices": devices,
        "cpu_cores": os.cpu_count(),
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "built_with_cuda": tf.test.is_built_with_cuda(),
    }


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
        flat = json.dumps(each, ensure_ascii=False)
        if isinstance(each, (dict, list)) and each and len(flat) > 70:
            yield f"{indent}{name}:"
            yield from in_words(each, indent + "  ")
        else:
            shown = f"{each:.6g}" if isinstance(each, float) else each
            yield f"{indent}{name}: {shown if isinstance(shown, str) else flat}"


def main(argv: list[str] | None = None) -> int:
    """The program; returns the exit status."""

    def program(config: DescribeConfig) -> None:
        if config.compare or config.devices or config.export_dir or config.picture:
            import_tensorflow()
        description = describe(config)
        log.info("%s", "\n".join(in_words(description)))
        if config.json:
            sys.stdout.write(json.dumps(description, ensure_ascii=False) + "\n")

    return run(
        DescribeConfig, program, "hachi_tf.describe", __doc__, positional="run_dir", argv=argv
    )


if __name__ == "__main__":
    sys.exit(main())
