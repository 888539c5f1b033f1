"""What was written, as the files that `sample --output` makes."""

import io
import json
import pathlib
import tempfile
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.rendering import layout
from hachi_tf.rendering.events import save_events
from hachi_tf.rendering.page import lay_out
from hachi_tf.rendering.page_files import save_pages
from hachi_tf.rendering.save import save
from hachi_tf.studio.playing import Playing
from hachi_tf.studio.settings import read_page, read_settings
from hachi_tf.studio.web import take
from hachi_tf.writing.suits import SUFFIXES

TYPES = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".gif": "image/gif",
    ".npz": "application/octet-stream",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
    ".llll": "text/plain; charset=utf-8",
    ".mid": "audio/midi",
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".zip": "application/zip",
}
_MOST_NUMBERS = 2_000_000
_MOST_SAMPLES = 256


def render(
    playing: Playing, kind: str, body: Mapping[str, Any], data: str = ""
) -> tuple[bytes, str]:
    """Makes a file of what was written.

    Args:
        playing: the model that wrote it.
        kind: the file's suffix, without a dot.
        body: `events` `[T][F]` of one sample, or `lines`, a list of such; `text` of a model of
            text; a letter's lines with `texts` and `page`; of series what `write` was asked for.
        data: as for `write`.

    Returns:
        The file's content and its suffix; several files become a .zip.

    Raises:
        UserError: if that cannot be drawn so.
    """
    suffix = f".{kind.lower()}"
    if playing.renderer == "text":
        return _text(suffix, body), suffix
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, f"{playing.name}{suffix}")
        if playing.renderer == "series":
            paths = [_series(playing, path, body, data)]
        else:
            paths = _samples(playing, path, body)
        if len(paths) == 1:
            return paths[0].read_bytes(), suffix
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for each in paths:
                archive.write(each, each.name)
        return buffer.getvalue(), ".zip"


def _samples(playing: Playing, path: pathlib.Path, body: Mapping[str, Any]) -> list[pathlib.Path]:
    samples, schema = _read_samples(body, len(playing.model.schema)), playing.model.schema
    if playing.renderer == "frames":
        from hachi_tf.rendering.frames import save_frames
        from hachi_tf.writing.sound_samples import framing_of

        return save_frames(samples, path, framing_of(playing.trained_on.get("source", "")))
    if path.suffix not in SUFFIXES[playing.renderer]:
        allowed = " ".join(SUFFIXES[playing.renderer])
        raise UserError(f"a format of {allowed} for {playing.renderer}", path.suffix)
    if playing.renderer == "events":
        return save_events(samples, path, schema)
    if isinstance(body.get("page"), dict) and path.suffix in (".svg", ".png"):
        texts = take(body, "texts", list, [])
        if len(texts) != len(samples) or not all(isinstance(each, str) for each in texts):
            raise UserError("a text for each line", f"{len(texts)} for {len(samples)}")
        height = float((playing.model.scale or {}).get("line_height", 0.0))
        return save_pages(lay_out(texts, samples, read_page(body["page"]), height), path)
    options = {"ink": take(body, "ink", str, layout.INK, high=40)}
    columns = take(body, "columns", int, 1 if playing.model.alphabet else None, low=1, high=100)
    return [save(samples, path, schema=schema, columns=columns, **options)]


def _text(suffix: str, body: Mapping[str, Any]) -> bytes:
    text = take(body, "text", str, "", high=1_000_000)
    if suffix == ".txt":
        return text.encode("utf-8", "replace")
    if suffix == ".json":
        return (json.dumps({"texts": [text]}, ensure_ascii=False) + "\n").encode("utf-8", "replace")
    raise UserError(f"a format of {' '.join(SUFFIXES['text'])} for text", suffix)


def _series(
    playing: Playing, path: pathlib.Path, body: Mapping[str, Any], data: str
) -> pathlib.Path:
    from hachi_tf.forecasting.forecast import charts, save_csv
    from hachi_tf.forecasting.programs import describe
    from hachi_tf.rendering.fan_chart import save_fans
    from hachi_tf.studio.forecasts import make_forecasts

    if path.suffix not in (".svg", ".png", ".csv", ".json"):
        raise UserError("a format of .svg .png .csv .json for series", path.suffix)
    forecasts, _ = make_forecasts(playing, read_settings(body), data)
    if path.suffix == ".csv":
        return save_csv(forecasts, path)
    if path.suffix == ".json":
        path.write_text(json.dumps([describe(each) for each in forecasts], indent=1) + "\n")
        return path
    return save_fans(charts(forecasts), path)


def _read_samples(body: Mapping[str, Any], columns: int) -> list[np.ndarray]:
    given = body.get("lines") if body.get("events") is None else [body["events"]]
    if not isinstance(given, list) or not 1 <= len(given) <= _MOST_SAMPLES:
        raise UserError(f"events of 1 to {_MOST_SAMPLES} samples", "none or more")
    samples = []
    for each in given:
        rows = each.get("events") if isinstance(each, dict) else each
        try:
            sample = np.array(rows, np.float64).reshape(-1, columns)
        except (TypeError, ValueError) as error:
            raise UserError(f"events of {columns} numbers each", "something else") from error
        if not np.isfinite(sample).all():
            raise UserError("events of finite numbers", "others")
        samples.append(sample.astype(np.float32))
    if sum(sample.size for sample in samples) > _MOST_NUMBERS:
        raise UserError(f"at most {_MOST_NUMBERS:,} numbers", "more")
    return samples
