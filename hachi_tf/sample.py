"""Draws new sequences from a run or an export, or writes a text by hand.

They become pictures, numbers, tables or MIDI files.
"""

import dataclasses
import json
import logging
import pathlib
import secrets
import sys
from typing import Any

from hachi_tf.alphabet import ON_UNKNOWN
from hachi_tf.config import ProgramConfig, flag
from hachi_tf.errors import UserError
from hachi_tf.program import run
from hachi_tf.rendering.events import SUFFIXES as EVENT_SUFFIXES
from hachi_tf.rendering.events import save_events
from hachi_tf.rendering.page import ALIGNMENTS, Page, parse_size
from hachi_tf.rendering.page_files import SUFFIXES as PAGE_SUFFIXES
from hachi_tf.rendering.page_files import save_pages
from hachi_tf.rendering.save import SUFFIXES as STROKE_SUFFIXES
from hachi_tf.startup import import_tensorflow
from hachi_tf.writing.events import parse_fixed
from hachi_tf.writing.letter import write_letter
from hachi_tf.writing.lines import read_text
from hachi_tf.writing.prime import read_prime
from hachi_tf.writing.texts import write_texts
from hachi_tf.writing.write import MAX_RETRIES, parse_again

log = logging.getLogger(__name__)

SUFFIXES = {"strokes": STROKE_SUFFIXES, "events": EVENT_SUFFIXES}
ALL_SUFFIXES = tuple(dict.fromkeys(STROKE_SUFFIXES + EVENT_SUFFIXES))
MAX_LINES = 1000  # of a text that goes into one picture


@dataclasses.dataclass(frozen=True)
class SampleConfig(ProgramConfig):
    """The flags of `hachi_tf.sample`."""

    run_dir: str = flag("", "Run to sample from; the latest under runs/ by default.", group="Model")
    export_dir: str = flag("", "Export to sample from instead of a run.", group="Model")
    num_samples: int = flag(1, "How many sequences.", low=1, high=4096, group="Sampling")
    num_steps: int | None = flag(
        None,
        "Most events of a sequence; if not given, what a text needs, or else 700, 256 of events "
        "such as notes, or what the export allows. A model that learned the end may stop before.",
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
        "What every sample continues: the first sequence of an .npz, as --output writes it; for "
        "handwriting also a drawing (.svg, .json), for events a table (.csv .json .txt .llll) or "
        "a MIDI file (.mid), or the id of a sequence of the training data.",
        group="Sampling",
    )
    fix: tuple = flag(
        (),
        "A column held fixed while the others are drawn to suit it, e.g. channel=1; numbers are "
        "in the data's units.",
        group="Sampling",
    )
    data: str = flag(
        "", "Path of the training data, if --prime is an id and they have one.", group="Sampling"
    )
    text: str = flag(
        "",
        "What to write, a sample a line; @FILE reads a file, - the standard input.",
        group="Handwriting",
    )
    style: str = flag("", "Name of a style that the export comes with.", group="Handwriting")
    prime_text: str = flag("", "What --prime says.", group="Handwriting")
    on_unknown: str = flag(
        "error",
        "What becomes of characters that the model lacks; replace takes the nearest.",
        choices=ON_UNKNOWN,
        group="Handwriting",
    )
    retries: int = flag(
        0,
        "How often to draw a line again that skipped characters or did not end.",
        low=0,
        high=MAX_RETRIES,
        group="Handwriting",
    )
    again: str = flag(
        "",
        "Numbers of lines to write otherwise, e.g. 3, or 3,3 for the version after that.",
        group="Handwriting",
    )
    page: str = flag(
        "", "Write a letter on pages: A4, A5, letter or WxHmm, e.g. 100x150mm.", group="Letter"
    )
    margin_mm: float = flag(20.0, "Blank on all sides, in mm.", low=0.0, group="Letter")
    line_height_mm: float = flag(
        10.0, "From one baseline to the next, in mm.", above=0.0, group="Letter"
    )
    align: str = flag("left", "Where lines stand.", choices=ALIGNMENTS, group="Letter")
    ink: str = flag("#1a1a1a", "Colour of the pen, #rgb, #rrggbb or a CSS name.", group="Letter")
    pen_mm: float = flag(0.4, "Width of the pen's line, in mm.", above=0.0, group="Letter")
    output: str = flag(
        "sample.svg",
        "File to write: .svg .png .npz .csv .json; of strokes also .gif, of events also .mid .txt "
        ".llll.",
        group="Output",
    )
    columns: int | None = flag(
        None, "Samples in a row of the picture.", low=1, high=1000, group="Output"
    )
    json: bool = flag(False, "Write what was drawn to stdout as JSON.", group="Output")

    def __post_init__(self):
        super().__post_init__()
        if self.run_dir and self.export_dir:
            raise UserError("either --run_dir or --export_dir", "both")
        if pathlib.Path(self.output).suffix.lower() not in ALL_SUFFIXES:
            suffixes = " ".join(ALL_SUFFIXES)
            raise UserError(f"--output with a suffix of {suffixes}", repr(self.output))
        if self.page and not self.text:
            raise UserError("--text=... to write on the page", "none")
        if self.page and self.num_samples > 1:
            raise UserError("--num_samples=1 for a letter", str(self.num_samples))
        if self.page and pathlib.Path(self.output).suffix.lower() not in PAGE_SUFFIXES:
            raise UserError(f"--output with a suffix of {' '.join(PAGE_SUFFIXES)}", self.output)
        if self.page and (self.num_steps or self.columns):
            raise UserError("--page without --num_steps and --columns", "one of them")
        if self.prime_text and not self.prime:
            raise UserError("--prime=..., which says --prime_text", "none")
        parse_again(self.again)
        if self.page:
            self.paper()

    def paper(self) -> Page:
        """The page that the flags describe."""
        return Page(
            *parse_size(self.page),
            margin=self.margin_mm,
            line_height=self.line_height_mm,
            align=self.align,
            ink=self.ink,
            pen_width=self.pen_mm,
        )


def sample(config: SampleConfig) -> dict[str, Any]:
    """Draws samples and writes them; returns what was drawn.

    Raises:
        UserError: if the model, the text, the prime or the output file cannot be used.
    """
    text = read_text(config.text)
    import_tensorflow()

    from hachi_tf import rendering
    from hachi_tf.training.sampled import open_sampled

    seed = secrets.randbelow(2**31) if config.seed is None else config.seed
    opened = open_sampled(config.run_dir, config.export_dir, config.num_steps, config.data)
    model, name, renderer = opened.model, opened.name, opened.renderer
    if bool(text) != (model.alphabet is not None):
        raise UserError(*(
            ("--text=..., since this model writes texts", "none")
            if model.alphabet
            else ("no --text: this model reads none", repr(config.text))
        ))  # fmt: skip
    for option in ("style", "prime_text", "again", "retries"):
        if model.alphabet is None and getattr(config, option):
            raise UserError(f"--{option} with a model that writes texts", name)
    if config.fix and model.alphabet is not None:
        raise UserError("--fix with a model that reads no text", name)
    if len(text.splitlines()) > MAX_LINES and not config.page:
        raise UserError(f"at most {MAX_LINES} lines, or --page=...", f"{len(text.splitlines())}")
    if pathlib.Path(config.output).suffix.lower() not in SUFFIXES[renderer]:
        suffixes = " ".join(SUFFIXES[renderer])
        raise UserError(f"--output with a suffix of {suffixes} for {renderer}", config.output)
    prime = None
    if config.prime:
        prime = read_prime(
            config.prime, config.prime_text, model, opened.splits, config.on_unknown, renderer
        )
    hand = dict(bias=config.bias, temperature=config.temperature, seed=seed)
    result = {"model": name, "seed": seed, "output": config.output}
    if model.alphabet is None:
        if config.fix:
            hand |= dict(fixed=parse_fixed(config.fix, model.schema))
        before = prime and prime.events
        drawn = model.sample(config.num_samples, opened.num_steps, prime=before, **hand)
        events, ended, facts = drawn.events, drawn.ended.tolist(), {}
    else:
        hand |= dict(style=config.style, retries=config.retries, again=parse_again(config.again))
        hand |= dict(prime=prime and prime.events, prime_text=prime and prime.text)
        if config.page:
            letter = write_letter(model, text, config.paper(), on_unknown=config.on_unknown, **hand)
            for remark in letter.remarks():
                log.warning("%s", remark)
            paths = save_pages(letter.pages, config.output)
            return result | {
                "files": [str(path) for path in paths],
                "pages": [str(path) for path in paths],
                "lengths": [len(line.events) for line in letter.lines],
                "complete": [line.complete for line in letter.lines],
            }
        lines = write_texts(
            model, text, config.num_samples, config.on_unknown, config.num_steps, **hand
        )
        events, ended = [line.events for line in lines], [line.ended for line in lines]
        facts = {
            "text": [line.text for line in lines],
            "complete": [line.complete for line in lines],
            "attempts": [line.attempts for line in lines],
        }
    if renderer == "events":
        paths = save_events(events, config.output, model.schema)
    else:
        columns = config.columns or (1 if text else None)
        paths = [rendering.save(events, config.output, schema=model.schema, columns=columns)]
    facts |= {"files": [str(path) for path in paths]}
    return result | {"lengths": [len(each) for each in events], "ended": ended} | facts


def main(argv: list[str] | None = None) -> int:
    """The program; returns the exit status."""

    def program(config: SampleConfig) -> None:
        result = sample(config)
        incomplete = result.get("complete", []).count(False)
        if incomplete:
            log.warning(
                "%d of %d lines skipped characters or did not end; try --retries=5 or more --bias",
                incomplete,
                len(result["complete"]),
            )
        log.info(
            "%d samples of %s, seed %d: %s",
            len(result["lengths"]),
            result["model"],
            result["seed"],
            ", ".join(result["files"]),
        )
        if config.json:
            sys.stdout.write(json.dumps(result) + "\n")

    return run(SampleConfig, program, "hachi_tf.sample", __doc__, positional="run_dir", argv=argv)


if __name__ == "__main__":
    sys.exit(main())
