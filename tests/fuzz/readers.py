"""Everything that reads a file or a flag from outside, as functions of bytes and a folder."""

import contextlib
import pathlib
import zlib

from hachi_tf.errors import UserError


def _file(folder: pathlib.Path, name: str, content: bytes) -> pathlib.Path:
    path = folder / name
    path.write_bytes(content)
    return path


def read_svg(content: bytes, folder: pathlib.Path) -> None:
    from hachi_tf.data.conversion import read_sequences
    from hachi_tf.data.sources.kanji import read_subpaths

    path = _file(folder, "drawing.svg", content)
    with contextlib.suppress(UserError):
        read_subpaths(str(path))
    read_sequences(path)


def read_xml(content: bytes, folder: pathlib.Path) -> None:
    from hachi_tf.data.sources import make_source

    (folder / "iam").mkdir(exist_ok=True)
    make_source("iam_ondb", folder / "iam")._events(content, "a01-000u-01.xml")


def read_npz(content: bytes, folder: pathlib.Path) -> None:
    from hachi_tf.data.conversion import read_sequences
    from hachi_tf.data.drawings import read_drawing
    from hachi_tf.data.sources import make_source
    from hachi_tf.training.checkpoints import load_arrays

    path = _file(folder, "arrays.npz", content)
    for read in (
        read_sequences,
        read_drawing,
        load_arrays,
        lambda path: list(make_source("sketch_rnn", path).read()),
    ):
        with contextlib.suppress(UserError):
            read(path)


def read_csv(content: bytes, folder: pathlib.Path) -> None:
    from hachi_tf.data.conversion import read_sequences
    from hachi_tf.data.sources import infer_source, make_source
    from hachi_tf.series.reading import Columns, read_sheet

    path = _file(folder, "table.csv", content)
    with contextlib.suppress(UserError):
        read_sequences(path)
    with contextlib.suppress(UserError):
        read_sheet(path, Columns())
    source = make_source(infer_source(path), path)
    for _ in source.read():
        pass


def read_json(content: bytes, folder: pathlib.Path) -> None:
    from hachi_tf.data.conversion import read_sequences
    from hachi_tf.data.drawings import read_drawing
    from hachi_tf.data.sources import make_source
    from hachi_tf.training.run_directory import RunDirectory

    path = _file(folder, "table.json", content)
    for read in (read_drawing, RunDirectory(folder).read_json, read_sequences):
        with contextlib.suppress(UserError):
            read(path)
    for _ in make_source("event_table", path).read():
        pass


def read_tables(content: bytes, folder: pathlib.Path) -> None:
    from hachi_tf.data.conversion import read_sequences

    for name in ("table.txt", "table.llll"):
        with contextlib.suppress(UserError):
            read_sequences(_file(folder, name, content))


def read_midi(content: bytes, folder: pathlib.Path) -> None:
    from hachi_tf.data.conversion import read_sequences
    from hachi_tf.data.sources import make_source

    path = _file(folder, "piece.mid", content)
    with contextlib.suppress(UserError):
        read_sequences(path)
    for _ in make_source("midi(controllers=(64,), tempo=True)", path).read():
        pass


def read_wav(content: bytes, folder: pathlib.Path) -> None:
    from hachi_tf.audio.reading import read_sound

    read_sound(_file(folder, "sound.wav", content), 8000)


def read_text(content: bytes, folder: pathlib.Path) -> None:
    from hachi_tf.data.sources import make_source

    path = _file(folder, "book.txt", content)
    ways = ("text", "text(unit='byte')", "text(records='line', errors='replace')")
    source = make_source(_one_of(ways, content), path)
    coded = source.coded()
    for _ in coded.parts() if coded is not None else source.read():
        pass


def read_operations(content: bytes, folder: pathlib.Path) -> None:
    import numpy as np

    from hachi_tf.data.operations import parse_operations
    from hachi_tf.schema import Feature, Schema

    schema = Schema((Feature("time"), Feature("pitch"), Feature("kind", "binary")))
    apply = parse_operations(content.decode("utf-8", "replace"), schema)
    events = np.arange(12, dtype=np.float32).reshape(1, 4, 3)
    apply(events, np.array([4]), np.array([[1, 2]]))


def read_options(content: bytes, folder: pathlib.Path) -> None:
    from hachi_tf import options
    from hachi_tf.data.sources import make_source
    from hachi_tf.tables import parse_fixed
    from hachi_tf.training.workers import read_cluster

    text = content.decode("utf-8", "replace")
    for read in (
        options.parse,
        options.parse_list,
        lambda text: make_source(text, None),
        lambda text: parse_fixed([text], _schema(), {}),
        read_cluster,
    ):
        with contextlib.suppress(UserError):
            read(text)


def _schema():
    from hachi_tf.schema import Feature, Schema

    return Schema((Feature("pitch", quantum=1.0), Feature("kind", "binary")))


def read_flags(content: bytes, folder: pathlib.Path) -> None:
    from hachi_tf.config import parse
    from hachi_tf.train import TrainConfig

    lines = content.decode("utf-8", "replace").splitlines()
    suffix = _one_of(("", "flags", "yaml", "toml"), content)
    if suffix:
        lines = [f"--flagfile={_file(folder, f'train.{suffix}', content)}"]
    parse(TrainConfig, lines, "data")


def _one_of(ways: tuple[str, ...], content: bytes) -> str:
    """One of several ways to read, which follows from what is read."""
    return ways[zlib.crc32(content) % len(ways)]
