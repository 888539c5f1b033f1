"""Draws new sequences from a run or an export, goes on with a text, or writes one by hand.

They become pictures, numbers, tables, MIDI files, sound or texts; of series forecasts are made.
"""

import dataclasses
import json
import logging
import pathlib
import re
import secrets
import sys
from collections.abc import Callable
from typing import Any

from hachi_tf.alphabet import ON_UNKNOWN
from hachi_tf.config import ProgramConfig, flag
from hachi_tf.errors import UserError
from hachi_tf.program import run
from hachi_tf.rendering.events import save_events
from hachi_tf.rendering.page import ALIGNMENTS, Page, parse_size
from hachi_tf.rendering.page_files import SUFFIXES as PAGE_SUFFIXES
from hachi_tf.rendering.save import save
from hachi_tf.startup import import_tensorflow
from hachi_tf.tables import parse_fixed
from hachi_tf.writing.hand import settings_of, write_pages, write_samples
from hachi_tf.writing.lines import read_text
from hachi_tf.writing.prime import read_prime
from hachi_tf.writing.suits import ALL_SUFFIXES, DEFAULT_OUTPUT, check_flags
from hachi_tf.writing.text_samples import sample_texts
from hachi_tf.writing.write import MAX_RETRIES, parse_again

log = logging.getLogger(__name__)

# What could make a terminal do other things than show a text.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclasses.dataclass(frozen=True)
class SampleConfig(ProgramConfig):
    """The flags of `hachi_tf.sample`."""

    run_dir: str = flag("", "Run to sample from; the latest under runs/ by default.", group="Model")
    export_dir: str = flag("", "Export to sample from instead of a run.", group="Model")
    num_samples: int = flag(
        1,
        "How many sequences; of series, paths to take quantiles of, 200 if it is 1.",
        low=1,
        high=4096,
        group="Sampling",
    )
    num_steps: int | None = flag(
        None,
        "Most events of a sequence; if not given, what a text by hand needs, or else 700, 256 of "
        "events such as notes, or what the export allows; 1000 characters of a text, or as many "
        "as it takes to its end; of series as in training. A learned end may come before.",
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
    top_k: int = flag(
        0, "Of a text, draw one of so many likeliest characters; 0 for any.", low=0, group="Text"
    )
    top_p: float = flag(
        1.0,
        "Of a text, draw one of the likeliest characters that together are so probable (the "
        "nucleus); 1 for any.",
        above=0.0,
        high=1.0,
        group="Text",
    )
    stop: tuple = flag(
        (),
        r"A string that a text ends before; \n is a line's end, \t a tab, \\ a backslash.",
        group="Text",
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
        "a MIDI file (.mid), or the id of a sequence of the training data; for a text a text "
        "file; for sound a recording; of several series the one to forecast, all by default.",
        group="Sampling",
    )
    keep_prime: bool = flag(
        False, "Put the recording of --prime before what goes on with it.", group="Sampling"
    )
    fix: tuple = flag(
        (),
        "A column held fixed while the others are drawn to suit it, e.g. channel=1; numbers are "
        "in the data's units.",
        group="Sampling",
    )
    data: str = flag(
        "",
        "Path of the training data, if --prime is an id and they have one, or to tell what of a "
        "text was copied.",
        group="Sampling",
    )
    text: str = flag(
        "",
        "What to write, a sample a line; @FILE reads a file, - the standard input.",
        group="Handwriting",
    )
    style: str = flag("", "Name of a style that the export comes with.", group="Handwriting")
    prime_text: str = flag(
        "", "What --prime says; for a model of text, the text to go on from.", group="Sampling"
    )
    on_unknown: str = flag(
        "error",
        "What becomes of characters that the model lacks; replace takes the nearest.",
        choices=ON_UNKNOWN,
        group="Sampling",
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
        "",
        "File to write: .svg .png .npz .csv .json; of strokes also .gif, of events also .mid .txt "
        f".llll. Default: {DEFAULT_OUTPUT}. A text goes to .txt or .json, or as it is drawn to "
        "stdout; a sound to .wav .flac .png (a spectrogram) .npz .csv .json; a forecast to .svg "
        ".png .csv .json.",
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
        if self.output and pathlib.Path(self.output).suffix.lower() not in ALL_SUFFIXES:
            suffixes = " ".join(ALL_SUFFIXES)
            raise UserError(f"--output with a suffix of {suffixes}", repr(self.output))
        if self.page and not self.text:
            raise UserError("--text=... to write on the page", "none")
        if self.page and self.num_samples > 1:
            raise UserError("--num_samples=1 for a letter", str(self.num_samples))
        suffix = pathlib.Path(self.output or DEFAULT_OUTPUT).suffix.lower()
        if self.page and suffix not in PAGE_SUFFIXES:
            raise UserError(f"--output with a suffix of {' '.join(PAGE_SUFFIXES)}", self.output)
        if self.page and (self.num_steps or self.columns):
            raise UserError("--page without --num_steps and --columns", "one of them")
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


def sample(config: SampleConfig, show: Callable[[str], None] | None = None) -> dict[str, Any]:
    """Draws samples and writes them; returns what was drawn.

    Args:
        config: the flags.
        show: takes texts that are not written to a file, piece by piece as they are drawn.

    Raises:
        UserError: if the model, the text, the prime or the output file cannot be used.
    """
    text = read_text(config.text)
    import_tensorflow()

    from hachi_tf.forecasting.programs import sample_series
    from hachi_tf.training.sampled import open_sampled
    from hachi_tf.writing.sound_samples import sample_sound

    seed = secrets.randbelow(2**31) if config.seed is None else config.seed
    opened = open_sampled(config.run_dir, config.export_dir, config.num_steps, config.data)
    result = {"model": opened.name, "seed": seed, "renderer": opened.renderer}
    if opened.renderer == "text":
        return result | sample_texts(config, opened, seed, show)
    if opened.renderer == "frames":
        return result | sample_sound(config, opened, seed)
    if opened.renderer == "series":
        return result | sample_series(config, opened.model, opened.trained_on, seed)
    check_flags(config, opened, text)
    model, renderer = opened.model, opened.renderer
    output = config.output or DEFAULT_OUTPUT
    result["output"] = output
    prime = None
    if config.prime:
        prime = read_prime(
            config.prime, config.prime_text, model, opened.splits, config.on_unknown, renderer
        )
    if model.alphabet is None:
        drawn = model.sample(
            config.num_samples,
            opened.num_steps,
            config.bias,
            config.temperature,
            seed,
            prime and prime.events,
            fixed=parse_fixed(config.fix, model.schema, model.ranges) if config.fix else None,
        )
        events, facts = drawn.events, {"ended": drawn.ended.tolist()}
    else:
        hand = settings_of(config, seed, prime)
        if config.page:
            return result | write_pages(model, config, text, config.paper(), output, hand)
        lines, facts = write_samples(model, config, text, hand)
        events = [line.events for line in lines]
    if renderer == "events":
        paths = save_events(events, output, model.schema)
    else:
        columns = config.columns or (1 if text else None)
        paths = [save(events, output, schema=model.schema, columns=columns)]
    files = [str(path) for path in paths]
    return result | {"lengths": [len(each) for each in events]} | facts | {"files": files}


def _show(piece: str) -> None:
    """Writes a piece of a text to stdout at once; to a terminal without control characters."""
    if sys.stdout.isatty():
        piece = _CONTROL.sub("\ufffd", piece)
    sys.stdout.write(piece)
    sys.stdout.flush()


def main(argv: list[str] | None = None) -> int:
    """The program; returns the exit status."""

    def program(config: SampleConfig) -> None:
        result = sample(config, None if config.json else _show)
        incomplete = result.get("complete", []).count(False)
        if incomplete:
            log.warning(
                "%d of %d lines skipped characters or did not end; try --retries=5 or more --bias",
                incomplete,
                len(result["complete"]),
            )
        count, files = len(result["lengths"]), ", ".join(result["files"]) or "stdout"
        noun = "path" if "forecasts" in result else "sample"
        if "pages" in result:
            count, noun = sum(map(bool, result["lengths"])), "line"
        noun += "s" * (count != 1)
        if result.get("renderer") == "events" and count == 1 and result["ended"][0]:
            files += f" ({result['lengths'][0]} events, its end; --num_steps is the most)"
        log.info("%d %s of %s, seed %d: %s", count, noun, result["model"], result["seed"], files)
        if config.json:
            sys.stdout.write(json.dumps(result) + "\n")

    return run(SampleConfig, program, "hachi_tf.sample", __doc__, positional="run_dir", argv=argv)


if __name__ == "__main__":
    sys.exit(main())
