"""Converts files of events or strokes into one another, and applies operations to them."""

import dataclasses
import json
import logging
import secrets
import sys
from typing import Any

from hachi_tf.config import ProgramConfig, flag
from hachi_tf.errors import UserError
from hachi_tf.program import run

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class PrepareConfig(ProgramConfig):
    """The flags of `hachi_tf.prepare`."""

    input: str = flag(
        "",
        "File to read: a table (.csv .json .txt .llll), MIDI (.mid), strokes (.svg), or what "
        "sample writes (.npz .csv .json).",
        group="Files",
    )
    output: str = flag(
        "output.csv",
        "File to write: a table, MIDI, an .npz, or a picture (.svg .png, of strokes also .gif).",
        group="Files",
    )
    operations: tuple = flag(
        (),
        "What to do with the rows, one after the other, e.g. addrand(range=(-6, 6), dims=0); "
        "several also with ; between them.",
        group="Operations",
    )
    seed: int | None = flag(
        None,
        "The same seed draws the same numbers; drawn and printed if not given.",
        low=0,
        high=2**32 - 1,
        group="Operations",
    )
    json: bool = flag(False, "Write what was done to stdout as JSON.", group="Output")

    def __post_init__(self):
        super().__post_init__()
        if not self.input:
            raise UserError("--input=FILE, or a path without a flag", "none")


def prepare(config: PrepareConfig) -> dict[str, Any]:
    """Reads, applies, writes; returns what was done.

    Raises:
        UserError: if a file cannot be read or written, or an operation does not fit it.
    """
    from hachi_tf.data.conversion import apply_operations, read_sequences, write_sequences

    seed = secrets.randbelow(2**31) if config.seed is None else config.seed
    tables = read_sequences(config.input)
    if not tables:
        raise UserError("a file with at least one sequence", f"none in {config.input}")
    paths = write_sequences(apply_operations(tables, config.operations, seed), config.output)
    return {
        "input": config.input,
        "files": [str(path) for path in paths],
        "columns": tables[0].headers,
        "lengths": [len(table) for table in tables],
        **({"seed": seed} if config.operations else {}),
    }


def main(argv: list[str] | None = None) -> int:
    """The program; returns the exit status."""

    def program(config: PrepareConfig) -> None:
        result = prepare(config)
        log.info(
            "%d events of %s%s: %s",
            sum(result["lengths"]),
            ", ".join(result["columns"]),
            f", seed {result['seed']}" if "seed" in result else "",
            ", ".join(result["files"]),
        )
        if config.json:
            sys.stdout.write(json.dumps(result) + "\n")

    return run(PrepareConfig, program, "hachi_tf.prepare", __doc__, positional="input", argv=argv)


if __name__ == "__main__":
    sys.exit(main())
