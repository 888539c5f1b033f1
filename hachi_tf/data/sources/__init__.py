"""Raw files to sequences: one file for each kind of data, and one line for it here."""

import glob
import os

from hachi_tf import options
from hachi_tf.data.sources.source import Sequence, Source
from hachi_tf.errors import UserError

__all__ = ["SOURCES", "Sequence", "Source", "infer_source", "make_source"]

SOURCES: dict[str, str | type[Source]] = {
    "kanji": "hachi_tf.data.sources.kanji:Kanji",
    "hershey": "hachi_tf.data.sources.hershey:Hershey",
    "iam_ondb": "hachi_tf.data.sources.iam_ondb:IamOndb",
    "sketch_rnn": "hachi_tf.data.sources.sketch_rnn:SketchRnn",
    "rhythm": "hachi_tf.data.sources.rhythm:Rhythm",
    "midi": "hachi_tf.data.sources.midi:Midi",
    "audio_frames": "hachi_tf.data.sources.audio_frames:AudioFrames",
    "time_series": "hachi_tf.data.sources.time_series:TimeSeries",
    "pen_lines": "hachi_tf.data.sources.pen_lines:PenLines",
    "event_table": "hachi_tf.data.sources.event_table:EventTable",
    "text": "hachi_tf.data.sources.text:Text",
}


def make_source(text: str | options.Options, data: str | os.PathLike | None = None) -> Source:
    """Builds a source.

    Args:
        text: its name and settings, e.g. `"kanji(tolerance=1.0)"`.
        data: the file or folder to read, or None for a source that brings its own.

    Raises:
        UserError: for an unknown source, a wrong setting, or data that the source cannot read.
    """
    return options.construct(text, SOURCES, "source", data=data)


def infer_source(path: str | os.PathLike) -> str:
    """The source that reads a file or folder, judged by names.

    A .txt or .csv may be a table of events or a text: that is judged by its first lines.

    Args:
        path: the path; of a pattern such as `takes/*.csv`, or of several paths with commas
            between them, the first file counts.

    Returns:
        Options for `make_source`.

    Raises:
        UserError: if there is no such path, or no source knows it.
    """
    path = os.fspath(path)
    found = _first_path(path)
    if found is None:
        raise UserError("a file or folder with data", f"{path}, which does not exist")
    for name in SOURCES:
        if options.resolve(name, SOURCES, "source").recognizes(found):
            return name
    raise UserError(
        "a folder with lineStrokes-all.tar.gz or lineStrokes/ (IAM-OnDB), a folder of KanjiVG's "
        "SVG files, an .npz file of sketches, MIDI files (.mid), time series (.csv with a column "
        "date), tables of events (.csv, .json, .txt, .llll), sound (.wav, .flac, .ogg, .mp3, ...), "
        "or text files (.txt, .md, .rst, ...)",
        path,
        f"a source can be named too (--source): {', '.join(SOURCES)}",
    )


def _first_path(path: str) -> str | None:
    """The path, or the first one that a pattern or a list with commas names."""
    for part in (path, *(part.strip() for part in path.split(","))):
        if os.path.exists(part):
            return part
        if paths := sorted(glob.glob(part, recursive=True)):
            return paths[0]
    return None
