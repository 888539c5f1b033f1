"""What a reader of README brings along, made up: `tests/test_commands.py` works on it."""

import csv
import math
import pathlib
import re

import mido
import numpy as np
import pytest

from tests.conftest import zigzags

ROOT = pathlib.Path(__file__).resolve().parents[1]


def write_reader_files(folder: pathlib.Path) -> None:
    """Writes a table, pieces, texts, a drawing, series, recordings and a small IAM-OnDB."""
    rng = np.random.default_rng(0)
    rows = ["time,0_pitch,1_velocity,~2_duration,3_channel#"]
    rows += [f"{i / 4},{60 + i * 7 % 12},{90 + i % 5},{0.5 + i % 2},1" for i in range(300)]
    for name in ("takes", "performance"):
        (folder / f"{name}.csv").write_text("\n".join([*rows, ""]))
    (folder / "pieces").mkdir()
    for name in ("take", "song", *(f"pieces/{i}" for i in range(8))):
        write_piece(folder / f"{name}.mid", rng)
    (folder / "books").mkdir()
    for name in ("diary", "books/a", "books/b"):
        (folder / f"{name}.txt").write_text("Today it rained. The value of a day is a day. " * 200)
    (folder / "letter.txt").write_text("Dear reader,\n\nthis is all.\n")
    points = " ".join(f"{10 + 3 * i},{40 + 12 * math.sin(i)}" for i in range(60))
    stroke = f'<polyline fill="none" stroke="black" points="{points}"/>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg">{stroke}</svg>'
    (folder / "line.svg").write_text(svg)
    (folder / "styles.json").write_text('{"mine": {"prime": "line.svg", "text": "to move"}}')
    write_series(folder, rng)
    write_sounds(folder, rng)
    write_iam(folder / "iam_ondb")
    (yaml,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    (folder / "session.yaml").write_text(yaml)


def write_piece(path: pathlib.Path, rng: np.random.Generator) -> None:
    """A MIDI file of 60 notes."""
    track = mido.MidiTrack()
    for pitch in rng.integers(50, 80, 60):
        track.append(mido.Message("note_on", channel=0, note=int(pitch), velocity=80, time=120))
        track.append(mido.Message("note_off", channel=0, note=int(pitch), time=120))
    mido.MidiFile(tracks=[track]).save(path)


def write_series(folder: pathlib.Path, rng: np.random.Generator) -> None:
    """Daily prices; sales of two shops, whose promotions are known for 14 days more."""
    dates = np.datetime64("2024-01-01") + np.arange(314)
    with open(folder / "prices.csv", "w", newline="") as file:
        csv.writer(file).writerows([("date", "close"), *zip(dates, walk(rng, 314), strict=True)])
    for name, known in (("sales", 300), ("sales_until_today", 300)):
        with open(folder / f"{name}.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("date", "shop", "sold", "promo"))
            for shop in ("north", "south"):
                sold = [*walk(rng, known), *[""] * (314 - known)]
                promotions = rng.integers(0, 2, 314)
                writer.writerows(zip(dates, [shop] * 314, sold, promotions, strict=True))


def walk(rng: np.random.Generator, count: int) -> list[float]:
    """Positive values that wander."""
    return [round(float(each), 3) for each in 100 * np.exp(0.01 * rng.normal(size=count).cumsum())]


def write_sounds(folder: pathlib.Path, rng: np.random.Generator) -> None:
    """Recordings of two seconds."""
    soundfile = pytest.importorskip("soundfile", reason="the extra audio is not installed")
    (folder / "sounds").mkdir()
    seconds = np.arange(32000) / 16000
    for name in ("take.flac", *(f"sounds/{i}.wav" for i in range(4))):
        wave = 0.3 * np.sin(2 * np.pi * rng.integers(200, 600) * seconds)
        soundfile.write(folder / name, wave + 0.01 * rng.normal(size=len(wave)), 16000)


def write_iam(folder: pathlib.Path) -> None:
    """A small IAM-OnDB: forms of eight lines, in the official lists and folders."""
    lists = {
        "trainset": ["a01-000", "a02-050", "a02-053"],
        "testset_v": ["b01-000"],
        "testset_t": ["b02-000"],
        "testset_f": ["c01-000"],
    }
    (folder / "task1").mkdir(parents=True)
    for name, forms in lists.items():
        (folder / "task1" / f"{name}.txt").write_text("\n".join([*forms, ""]))
        for form in forms:
            text = folder / "ascii" / form[:3] / form / f"{form}.txt"
            text.parent.mkdir(parents=True)
            text.write_text("CSR:\n\n" + "to move\n" * 8)
            for i in range(8):
                path = folder / "lineStrokes" / form[:3] / form / f"{form}-{i + 1:02}.xml"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(line_xml(zigzags(6, i)))


def line_xml(drawings: list[np.ndarray]) -> str:
    """A line of handwriting, of one stroke a drawing."""
    strokes, x = [], 0
    for drawing in drawings:
        places = np.cumsum(drawing[:, :2], 0) * 10 + [x, 500]
        x = int(places[:, 0].max()) + 60
        points = "".join(f'<Point x="{a}" y="{b}" time="0"/>' for a, b in places)
        strokes.append(f"<Stroke>{points}</Stroke>")
    body = f"<StrokeSet>{''.join(strokes)}</StrokeSet>"
    return f"<WhiteboardCaptureSession>{body}</WhiteboardCaptureSession>"
