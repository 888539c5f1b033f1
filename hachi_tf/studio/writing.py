"""What a model writes for the page: lines, letters, walls of drawings, texts, forecasts, sound."""

import json
import pathlib
import tempfile
from typing import Any

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.rendering.page_files import svg
from hachi_tf.studio.lines import Lines
from hachi_tf.studio.playing import Playing
from hachi_tf.studio.settings import Settings
from hachi_tf.writing.letter import write_letter
from hachi_tf.writing.prime import Prime, read_prime
from hachi_tf.writing.stream import check_stop
from hachi_tf.writing.suits import DEFAULT_STEPS
from hachi_tf.writing.text_prime import prepare_prime
from hachi_tf.writing.text_samples import TextSamples
from hachi_tf.writing.texts import write_texts

_SHOWN_STEPS = 10_000  # the most characters of a text


def write(playing: Playing, settings: Settings, lines: Lines, data: str = "") -> dict[str, Any]:
    """Draws what is asked for.

    Args:
        playing: the model.
        settings: what is asked for.
        lines: a person's own, for `settings.style`.
        data: path of the data that a model of series goes on from; "" for what it names.

    Returns:
        For JSON: `samples`, `seed`, and `remarks` for a person.

    Raises:
        UserError: if the model cannot do that.
        Failure: if there is no room or time, or no such style.
    """
    found = {"seed": settings.seed, "renderer": playing.renderer}
    if playing.renderer == "text":
        return found | _texts(playing, settings)
    if playing.renderer == "series":
        from hachi_tf.studio.forecasts import forecast

        return found | forecast(playing, settings, data)
    if playing.renderer == "frames":
        return found | _frames(playing, settings)
    if playing.model.alphabet is not None:
        return found | _hand(playing, settings, lines)
    if settings.text or settings.style:
        raise UserError("no text and no style: this model reads none", repr(settings.text[:40]))
    drawn = playing.model.sample(
        settings.num_samples,
        playing.num_steps(settings.num_steps),
        settings.bias,
        settings.temperature,
        settings.seed,
        fixed=settings.fixed or None,
    )
    pairs = zip(drawn.events, drawn.ended, strict=True)
    return found | {
        "samples": [{"events": for_json(events), "ended": bool(ended)} for events, ended in pairs]
    }


def own_prime(playing: Playing, style: str, lines: Lines) -> Prime | None:
    """The line of a collection that a style names, as the model can go on from it.

    Args:
        playing: a model of handwriting.
        style: COLLECTION/ID, or the name of a built-in style.
        lines: a person's own.

    Returns:
        The prime; None for a built-in style.

    Raises:
        UserError: if it is no line that the model can use.
        Failure: if there is no such line.
    """
    if not style or style in playing.model.styles:
        return None
    name, slash, id = style.partition("/")
    if not slash:
        known = ", ".join(playing.model.styles) or "none"
        raise UserError(f"a style of {known}, or COLLECTION/LINE", repr(style[:80]))
    line = lines.get(name, id)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "line.json")
        value = {"text": line["text"], "strokes": line["strokes"]}
        path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
        try:
            return read_prime(str(path), "", playing.model, dict, "replace")
        except UserError as error:
            parts = (each.replace(str(path), style) for each in (error.expected, error.got))
            raise UserError(*parts, "write the line again") from error


def for_json(events: np.ndarray) -> np.ndarray:
    """Events `[T, F]` as float32, which are written with as many digits as they have."""
    return np.ascontiguousarray(events, np.float32)


def _hand(playing: Playing, settings: Settings, lines: Lines) -> dict[str, Any]:
    model, prime = playing.model, own_prime(playing, settings.style, lines)
    hand = {
        "bias": settings.bias,
        "temperature": settings.temperature,
        "seed": settings.seed,
        "style": "" if prime else settings.style,
        "retries": settings.retries,
        "prime": prime and prime.events,
        "prime_text": prime and prime.text,
    }
    if settings.paragraph:
        letter = write_letter(model, settings.text, settings.page, on_unknown="replace", **hand)
        pages = [
            {
                "width_mm": settings.page.width,
                "height_mm": settings.page.height,
                "svg": svg(settings.page, placed),
                "lines": [
                    {
                        "number": line.number,
                        "text": line.text,
                        "runs": [for_json(run) for run in line.runs],
                    }
                    for line in placed
                ],
            }
            for placed in letter.pages.pages
        ]
        sample = {"events": [], "lines": [_line(line) for line in letter.lines], "pages": pages}
        return {"samples": [sample], "remarks": letter.remarks()}
    written = write_texts(
        model, settings.text, settings.num_samples, "replace", settings.num_steps, **hand
    )
    remarks = model.alphabet.prepare(settings.text, "replace", keep="\n").remarks()
    return {"samples": [_line(line) for line in written], "remarks": remarks}


def _line(line: Any) -> dict[str, Any]:
    return {
        "text": line.text,
        "events": for_json(line.events),
        "complete": line.complete,
        "ended": line.ended,
        "attempts": line.attempts,
    }


def _texts(playing: Playing, settings: Settings) -> dict[str, Any]:
    model = playing.model
    prime = prepare_prime(model, settings.text, "replace")
    steps = settings.num_steps or DEFAULT_STEPS["text"]
    told = TextSamples(
        model, settings.num_samples, min(steps, _SHOWN_STEPS), settings.seed, prime,
        check_stop(settings.stop), temperature=settings.temperature, top_k=settings.top_k,
        top_p=settings.top_p,
    )  # fmt: skip
    for _ in told:
        pass
    shown = prime if isinstance(prime, str) else prime.decode("utf-8", "replace")
    samples = [
        {"events": [], "text": each.text, "ended": each.ended, "stopped": each.stopped}
        for each in told.samples
    ]
    remarks = []
    if model.characters is not None:
        remarks = model.characters.prepare(settings.text, "replace").remarks()
    return {"samples": samples, "prime_text": shown, "remarks": remarks}


def _frames(playing: Playing, settings: Settings) -> dict[str, Any]:
    from hachi_tf.writing.sound_samples import draw_frames, framing_of

    if playing.trained_on.get("context"):
        raise UserError(
            "a model of sound that begins by itself", "one that goes on from a recording",
            "use python -m hachi_tf.sample --prime=RECORDING",
        )  # fmt: skip
    framing = framing_of(playing.trained_on.get("source", ""))
    steps = min(settings.num_steps or DEFAULT_STEPS["frames"], 10_000)
    frames = draw_frames(
        playing.model, min(settings.num_samples, 4), steps, settings.seed, None,
        bias=settings.bias, temperature=settings.temperature,
    )  # fmt: skip
    samples = [{"events": for_json(each), "ended": False} for each in frames]
    return {"samples": samples, "frames_per_s": framing.frames_per_s}
