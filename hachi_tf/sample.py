"""Draws new sequences from a run or an export and writes them as pictures or numbers."""

import dataclasses
import json
import logging
import pathlib
import secrets
import sys
from typing import Any

from hachi_tf.config import ProgramConfig, flag
from hachi_tf.errors import UserError
from hachi_tf.program import run
from hachi_tf.rendering.save import SUFFIXES
from hachi_tf.startup import import_tensorflow

log = logging.getLogger(__name__)

DEFAULT_STEPS = 700


@dataclasses.dataclass(frozen=True)
class SampleConfig(ProgramConfig):
    """The flags of `hachi_tf.sample`."""

    run_dir: str = flag("", "Run to sample from; the latest under runs/ by default.", group="Model")
    export_dir: str = flag("", "Export to sample from instead of a run.", group="Model")
    num_samples: int = flag(1, "How many sequences.", low=1, high=4096, group="Sampling")
    num_steps: int | None = flag(
        None,
        "Most events of a sequence, 700 or what the export allows if not given; a model that "
        "learned the end may stop before.",
        low=1,
        high=100_000,
        group="Sampling",
    )
    bias: float = flag(
        0.0,
        "Neatness (Graves's bias): 0 as learned, larger is neater.",
        low=0.0,
        high=100.0,
        group="Sampling",
    )
    temperature: float = flag(
        1.0,
        "1 as learned, 0 always the likeliest, above 1 wilder.",
        low=0.0,
        high=100.0,
        group="Sampling",
    )
    seed: int | None = flag(
        None,
        "The same seed draws the same samples; drawn and printed if not given.",
        low=0,
        high=2**32 - 1,
        group="Sampling",
    )
    prime: str = flag(
        "",
        "An npz, as --output writes it, whose first sequence every sample continues.",
        group="Sampling",
    )
    output: str = flag(
        "sample.svg", "File to write: .svg .png .gif .npz .csv .json.", group="Output"
    )
    columns: int | None = flag(
        None, "Samples in a row of the picture.", low=1, high=1000, group="Output"
    )
    json: bool = flag(False, "Write what was drawn to stdout as JSON.", group="Output")

    def __post_init__(self):
        super().__post_init__()
        if self.run_dir and self.export_dir:
            raise UserError("either --run_dir or --export_dir", "both")
        if pathlib.Path(self.output).suffix.lower() not in SUFFIXES:
            raise UserError(f"--output with a suffix of {' '.join(SUFFIXES)}", repr(self.output))


def sample(config: SampleConfig) -> dict[str, Any]:
    """Draws samples and writes them; returns what was drawn.

    Raises:
        UserError: if the model, the prime or the output file cannot be used.
    """
    import_tensorflow()
    import numpy as np

    from hachi_tf import rendering

    seed = secrets.randbelow(2**31) if config.seed is None else config.seed
    num_steps, prime = config.num_steps or DEFAULT_STEPS, None
    if config.prime:
        primes = rendering.read_npz(config.prime)
        if not primes or not np.isfinite(primes[0]).all():
            raise UserError("an npz with a finite sequence for --prime", config.prime)
        prime = primes[0]
    if config.export_dir:
        from hachi_tf.serving.saved_model import load

        model, name = load(config.export_dir), config.export_dir
        if num_steps > model.max_steps and config.num_steps:
            log.warning("this export draws at most %d events", model.max_steps)
    else:
        from hachi_tf.serving.saved_model import in_memory
        from hachi_tf.training.run import load_run

        trained = load_run(config.run_dir or None)
        name = str(trained.directory.path)
        model = in_memory(trained.network, trained.transforms, trained.schema, num_steps)
    drawn = model.sample(
        config.num_samples,
        min(num_steps, model.max_steps),
        config.bias,
        config.temperature,
        seed,
        prime,
    )
    rendering.save(drawn.events, config.output, schema=model.schema, columns=config.columns)
    return {
        "model": name,
        "seed": seed,
        "output": config.output,
        "lengths": [len(events) for events in drawn.events],
        "ended": drawn.ended.tolist(),
    }


def main(argv: list[str] | None = None) -> int:
    """The program; returns the exit status."""

    def program(config: SampleConfig) -> None:
        result = sample(config)
        log.info(
            "%d samples of %s, seed %d: %s",
            config.num_samples,
            result["model"],
            result["seed"],
            result["output"],
        )
        if config.json:
            sys.stdout.write(json.dumps(result) + "\n")

    return run(SampleConfig, program, "hachi_tf.sample", __doc__, positional="run_dir", argv=argv)


if __name__ == "__main__":
    sys.exit(main())
