"""Writes a run as a SavedModel for TensorFlow Serving, or as a page that needs no server."""

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
from hachi_tf.schema import Schema
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
    output: str = flag(
        "",
        "HTML file to write instead: a page that draws by itself, without network or server.",
        group="Output",
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
        if self.output and self.export_dir:
            raise UserError(
                "--output for a page, or --export_dir for a SavedModel",
                "both",
                "--from_export names an export to read",
            )
        if self.from_export and not (self.export_dir or self.output):
            raise UserError("--output, or --export_dir with --from_export", "neither")


def export(config: ExportConfig) -> dict[str, Any]:
    """Exports a run's best weights, or an export again; returns what was written.

    Raises:
        UserError: if the run or export cannot be read, or the result cannot be written.
    """
    import_tensorflow()

    from hachi_tf.samplers.reading import Style
    from hachi_tf.serving import manifest, saved_model
    from hachi_tf.training.report import sample_hint

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

        _check_run(config.run_dir)
        trained = load_run(config.run_dir or None)
        network, transforms, schema = trained.network, trained.transforms, trained.schema
        metadata, styles = _describe_run(trained), []
        trained_on, cache = trained.trained_on, trained.cache
        target = config.export_dir or str(pathlib.Path("exports", metadata["name"]))
    metadata["name"] = pathlib.Path(target).resolve().name
    metadata["data"] = metadata.get("data", {}) | _said(config)
    if pathlib.Path(target, "schema.json").exists():
        raise UserError("a folder of its own for --export_dir", f"the run directory {target}")
    if config.styles:
        alphabet = network.alphabet if network.conditioned else None
        styles = _read_styles(config, alphabet, schema, trained_on, cache)
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


def export_page(config: ExportConfig) -> dict[str, Any]:
    """Writes a run's best weights, or an export, as one HTML file; returns what was written.

    Raises:
        UserError: if the run or export cannot be read, a page cannot draw what it draws, or the
            file cannot be written.
    """
    from hachi_tf.serving import manifest, page

    page.check_path(config.output)
    import_tensorflow()
    if config.from_export:
        path = manifest.find_version(config.from_export)
        metadata, cache = manifest.read(path), None

        def weights():
            return page.read_weights(path, metadata)
    else:
        from hachi_tf.models import network_to_dict
        from hachi_tf.training.run import load_run
        from hachi_tf.transforms import transform_to_dict

        _check_run(config.run_dir)
        trained = load_run(config.run_dir or None)
        weights, cache = trained.network.get_weights, trained.cache
        metadata = _describe_run(trained) | {
            "schema": trained.schema.to_dict(),
            "transforms": transform_to_dict(trained.transforms),
            "network": network_to_dict(trained.network),
        }
    metadata["max_steps"] = config.max_steps
    metadata["data"] = metadata.get("data", {}) | _said(config)
    if config.styles:
        schema, alphabet = metadata["schema"], metadata["network"]["config"].get("alphabet")
        styles = _read_styles(
            config, alphabet, Schema.from_dict(schema), metadata["data"], cache)  # fmt: skip
        metadata["styles"] = manifest.describe_styles(styles)
    return page.save_page(metadata, weights, config.output)


def _check_run(run_dir: str) -> None:
    """Refuses an export in the place of a run."""
    from hachi_tf.serving import manifest

    folder = pathlib.Path(run_dir or "runs")
    if manifest.version_numbers(folder) or (folder / "saved_model.pb").is_file():
        raise UserError("a run directory", f"the export {run_dir}", "name it with --from_export")


def _said(config: ExportConfig) -> dict[str, str]:
    """Licence and credit, where flags say them."""
    return {name: getattr(config, name) for name in ("licence", "credit") if getattr(config, name)}


def _read_styles(
    config: ExportConfig,
    characters: str | None,
    schema: Schema,
    trained_on: dict[str, Any],
    cache: Any,
) -> list[Any]:
    """The styles of `--styles`, for a model that writes these characters."""
    from hachi_tf.samplers.reading import Style
    from hachi_tf.training.run import data_splits

    alphabet = None if characters is None else Alphabet(characters)
    model = SimpleNamespace(alphabet=alphabet, scale=trained_on.get("scale"))
    primes = read_styles(
        config.styles, model, lambda: data_splits(trained_on, schema, config.data, cache)
    )
    return [Style(name, f"{prime.text} ", prime.events) for name, prime in primes.items()]


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
        result = export_page(config) if config.output else export(config)
        weights, size = f"{result['num_weights']:,}", f"{result['bytes'] / 1e6:.1f} MB"
        if config.output:
            log.info("%s: %s weights, %s", result["page"], weights, size)
            log.info("use it: open it in a browser, send it, or put it on any web site")
        else:
            version = result["version"]
            log.info("%s: version %d, %s weights, %s", result["export"], version, weights, size)
            log.info("use it: %s", result["use"])
        if config.json:
            sys.stdout.write(json.dumps(result) + "\n")

    return run(ExportConfig, program, "hachi_tf.export", __doc__, positional="run_dir", argv=argv)


if __name__ == "__main__":
    sys.exit(main())
