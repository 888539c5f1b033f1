"""One server with the studio for the tests of this folder."""

import math
import shutil
import time

import pytest

from tests.studio.server import ROOT, StudioServer


@pytest.fixture(scope="session")
def studio(tmp_path_factory):
    """A server with two ready exports, and a copy of one that is the studio's own."""
    folder = tmp_path_factory.mktemp("studio")
    shutil.copytree(ROOT / "exports" / "kanji", folder / "exports" / "mine")
    flags = [f"--export_dir={ROOT / 'exports' / name}" for name in ("hershey", "kanji")]
    server = StudioServer(folder, *flags, "--max_upload_mb=8")
    server.folder = folder
    try:
        until = time.monotonic() + 120
        while time.monotonic() < until:
            if all(model["state"] == "AVAILABLE" for model in server.get("models")["models"]):
                break
            time.sleep(0.2)
        yield server
    finally:
        server.kill()


def circles(count=12):
    """Strokes `[x, y, seconds]` of a row of circles."""
    strokes, time_s = [], 0.0
    for index in range(count):
        stroke = []
        for point in range(20):
            angle = point / 19 * 2 * math.pi
            x, y = 30 * index + 10 + 10 * math.cos(angle), 50 + 12 * math.sin(angle)
            stroke.append([x, y, time_s])
            time_s += 0.015
        strokes.append(stroke)
        time_s += 0.1
    return strokes
