"""Writes a run as a SavedModel that TensorFlow Serving, or TensorFlow alone, can use."""

import dataclasses
import json
import logging
import pathlib
import sys
from types import SimpleNamespace
from typing import Any

from hachi_tf.alphabet import Alphabet
from hachi_tf.config import ProgramConfig, flag
from hachi_tf.errors import UserError
from hachi_tf.program import run
from hachi_tf.startup import import_tensorflow
from hachi_tf.writing.prime import read_styles

log = logging.getLogger(__name__)

# Flags of a training run that name places, which an export must not tell.
_PLACES = {"data", "run_dir", "init_from", "debug", "resume", "device"}


@dataclasses.dataclass(frozen=True)
class ExportConfig(ProgramConfig):
    """The flags of `hachi_tf.export`."""

    run_dir: str = flag("", "Run to export; the latest under runs/ by default.", group="Model")
    from_export: str = flag(
        "", "Export to write again instead, e.g. with another --max_steps.", group="Model"
    )
    export_dir: str = flag(
        "", "Directory of the versions; exports/NAME, the run's name, by default.", group="Output"
    )
    max_steps: int = flag(
        2000, "Most events that one call draws for a row.", low=1, high=10_000_000, group="Output"
    )
    styles: str = flag(
        "",
        "JSON file of styles to take along, name: {prime, text}: a file or the id of a line of the "
        "training data, as for sample --prime.",
        group="Output",
    )
    data: str = flag("", "Path of the training data, if a style is a line of it.", group="Output")
    licence: str = flag(
        "", "Of the training data, to stand in the export in place of the source's.", group="Output"
    )
    credit: str = flag(
        "", "Whom the licence wants named, in place of the source's.", group="Output"
    )
    json: bool = flag(False, "Write what was exported to stdout as JSON.", group="Output")

    def __post_init__(self):
        super().__post_init__()
        if self.run_dir and self.from_export:
            raise UserError("either --run_dir or --from_export", "both")
        if self.from_export and not self.export_dir:
            raise UserError("--export_dir with --from_export", "none")


def export(config: ExportConfig) -> dict[str, Any]:
    """Exports a run's best weights, or an export again; returns what was written.

    Raises:
        UserError: if the run or export cannot be read, or the result cannot be written.
    """
    import_tensorflow()

    from hachi_tf.samplers.reading import Style
    from hachi_tf.serving import manifest, saved_model
    from hachi_tf.training.report import sample_hint
    from hachi_tf.training.run import data_splits

    if config.from_export:
        path = manifest.find_version(config.from_export)
        described = manifest.read(path)
        network = saved_model.load_network(path)
        transforms = saved_model.transform_from_dict(described["transforms"])
        schema = network.schema
        styles = [Style(**each) for each in described.get("styles", [])]
        trained_on, cache = described.get("data", {}), None
        kept = ("name", "data", "training", "metrics")
        metadata = {key: described[key] for key in kept if key in described}
        target = config.export_dir
    else:
        from hachi_tf.training.run import load_run

        trained = load_run(config.run_dir or None)
        network, transforms, schema = trained.network, trained.transforms, trained.schema
        metadata, styles = _describe_run(trained), []
        trained_on, cache = trained.trained_on, trained.cache
        target = config.export_dir or str(pathlib.Path("exports", metadata["name"]))
    metadata["name"] = pathlib.Path(target).resolve().name
    said = {name: getattr(config, name) for name in ("licence", "credit") if getattr(config, name)}
    metadata["data"] = metadata.get("data", {}) | said
    if pathlib.Path(target, "schema.json").exists():
        raise UserError("a folder of its own for --export_dir", f"the run directory {target}")
    if config.styles:
        alphabet = Alphabet(network.alphabet) if network.conditioned else None
        model = SimpleNamespace(alphabet=alphabet, scale=trained_on.get("scale"))
        primes = read_styles(config.styles, model, lambda: data_splits(
            trained_on, schema, config.data, cache))  # fmt: skip
        styles = [Style(name, f"{prime.text} ", prime.events) for name, prime in primes.items()]
    fixable = trained_on.get("renderer") == "events" and not network.conditioned
    path = saved_model.export(
        network, transforms, schema, target, config.max_steps, metadata, styles, fixable
    )
    files = [file for file in path.rglob("*") if file.is_file()]
    return {
        "export": str(path),
        "version": int(path.name),
        "bytes": sum(file.stat().st_size for file in files),
        "num_weights": network.count_params(),
        "max_steps": config.max_steps,
        "use": f"python -m hachi_tf.sample --export_dir={path} {sample_hint(network)}".strip(),
        "reads_text": network.conditioned,
        "styles": [style.name for style in styles],
        "metrics": metadata.get("metrics", {}),
    }


def _describe_run(trained: Any) -> dict[str, Any]:
    """What an export tells of the run: its data, flags and held-out figures, but no places."""
    flags = {name: value for name, value in trained.flags.items() if name not in _PLACES}
    records = trained.directory.read_metrics()
    held_out = [r for r in records if r["split"] == "validation" and r["step"] == trained.step]
    return {
        "name": trained.directory.path.resolve().name,
        "data": trained.description["data"],
        "training": {"step": trained.step, "flags": flags},
        "metrics": held_out[-1] if held_out else {},
    }


def main(argv: list[str] | None = None) -> int:
    """The program; returns the exit status."""

    def program(config: ExportConfig) -> None:
        result = export(config)
        log.info(
            "%s: version %d, %s weights, %.1f MB",
            result["export"],
            result["version"],
            f"{result['num_weights']:,}",
            result["bytes"] / 1e6,
        )
        log.info("use it: %s", result["use"])
        if config.json:
            sys.stdout.write(json.dumps(result) + "\n")

    return run(ExportConfig, program, "hachi_tf.export", __doc__, positional="run_dir", argv=argv)


if __name__ == "__main__":
    sys.exit(main())
