"""Draws new sequences from a run or an export, or writes a text by hand, as pictures or numbers."""

import dataclasses
import json
import logging
import pathlib
import secrets
import sys
from collections.abc import Callable
from typing import Any

from hachi_tf.alphabet import ON_UNKNOWN
from hachi_tf.config import ProgramConfig, flag
from hachi_tf.errors import UserError
from hachi_tf.program import run
from hachi_tf.rendering.page import ALIGNMENTS, Page, parse_size
from hachi_tf.rendering.page_files import SUFFIXES as PAGE_SUFFIXES
from hachi_tf.rendering.page_files import save_pages
from hachi_tf.rendering.save import SUFFIXES
from hachi_tf.startup import import_tensorflow
from hachi_tf.writing.letter import write_letter
from hachi_tf.writing.lines import clean, read_text
from hachi_tf.writing.prime import read_prime
from hachi_tf.writing.write import MAX_RETRIES, parse_again, too_long, write_lines

log = logging.getLogger(__name__)

DEFAULT_STEPS = 700
# The most events of a line by a run's model; its text sets the real limit.
TEXT_STEPS = 20_000
MAX_LINES = 1000  # of a text that goes into one picture


@dataclasses.dataclass(frozen=True)
class SampleConfig(ProgramConfig):
    """The flags of `hachi_tf.sample`."""

    run_dir: str = flag("", "Run to sample from; the latest under runs/ by default.", group="Model")
    export_dir: str = flag("", "Export to sample from instead of a run.", group="Model")
    num_samples: int = flag(1, "How many sequences.", low=1, high=4096, group="Sampling")
    num_steps: int | None = flag(
        None,
        "Most events of a sequence; if not given, what a text needs, or else 700 or what the "
        "export allows. A model that learned the end may stop before.",
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
        "handwriting also a drawing (.svg, .json), or the id of a line of the training data.",
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

    seed = secrets.randbelow(2**31) if config.seed is None else config.seed
    model, name, splits = open_sampled(config)
    if bool(text) != (model.alphabet is not None):
        raise UserError(*(
            ("--text=..., since this model writes texts", "none")
            if model.alphabet
            else ("no --text: this model reads none", repr(config.text))
        ))  # fmt: skip
    for option in ("style", "prime_text", "again", "retries"):
        if model.alphabet is None and getattr(config, option):
            raise UserError(f"--{option} with a model that writes texts", name)
    if len(text.splitlines()) > MAX_LINES and not config.page:
        raise UserError(f"at most {MAX_LINES} lines, or --page=...", f"{len(text.splitlines())}")
    prime = None
    if config.prime:
        prime = read_prime(config.prime, config.prime_text, model, splits, config.on_unknown)
    hand = dict(bias=config.bias, temperature=config.temperature, seed=seed)
    result = {"model": name, "seed": seed, "output": config.output}
    if model.alphabet is None:
        steps = min(config.num_steps or DEFAULT_STEPS, model.max_steps)
        drawn = model.sample(config.num_samples, steps, prime=prime and prime.events, **hand)
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
                "pages": [str(path) for path in paths],
                "lengths": [len(line.events) for line in letter.lines],
                "complete": [line.complete for line in letter.lines],
            }
        prepared = model.alphabet.prepare(clean(text), config.on_unknown, keep="\n")
        for remark in prepared.remarks():
            log.warning("%s", remark)
        texts = [line.strip() for line in prepared.text.split("\n") if line.strip()]
        if not texts:
            raise UserError("a text with characters that the model knows", repr(config.text))
        num_steps = config.num_steps and min(config.num_steps, model.max_steps)
        lines = write_lines(model, texts * config.num_samples, num_steps=num_steps, **hand)
        for number in too_long(lines, model.max_steps) if num_steps is None else ():
            log.warning(
                "line %d takes more than the %d events that this export draws; break it, use "
                "--page, or export with a larger --max_steps",
                number,
                model.max_steps,
            )
        events, ended = [line.events for line in lines], [line.ended for line in lines]
        facts = {
            "text": [line.text for line in lines],
            "complete": [line.complete for line in lines],
            "attempts": [line.attempts for line in lines],
        }
    columns = config.columns or (1 if text else None)
    rendering.save(events, config.output, schema=model.schema, columns=columns)
    return result | {"lengths": [len(each) for each in events], "ended": ended} | facts


def open_sampled(config: SampleConfig) -> tuple[Any, str, Callable[[], dict[str, Any]]]:
    """The model, its name, and a function that reads the data that it was trained on."""
    from hachi_tf.training.run import data_splits, load_run

    if config.export_dir:
        from hachi_tf.serving.saved_model import load

        model, name = load(config.export_dir), config.export_dir
        trained_on, cache = model.metadata.get("data", {}), None
        if config.num_steps and config.num_steps > model.max_steps:
            log.warning("this export draws at most %d events", model.max_steps)
    else:
        from hachi_tf.serving.saved_model import in_memory

        trained = load_run(config.run_dir or None)
        name, trained_on, cache = str(trained.directory.path), trained.trained_on, trained.cache
        steps = config.num_steps or (TEXT_STEPS if trained.network.conditioned else DEFAULT_STEPS)
        scale = trained_on.get("scale")
        model = in_memory(trained.network, trained.transforms, trained.schema, steps, scale)

    def splits() -> dict[str, Any]:
        return data_splits(trained_on, model.schema, config.data, cache)

    return model, name, splits


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
            ", ".join(result.get("pages", [result["output"]])),
        )
        if config.json:
            sys.stdout.write(json.dumps(result) + "\n")

    return run(SampleConfig, program, "hachi_tf.sample", __doc__, positional="run_dir", argv=argv)


if __name__ == "__main__":
    sys.exit(main())
