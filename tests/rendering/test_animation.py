"""Tests of hachi_tf.rendering.animation."""

import io

import numpy as np
import pytest
from PIL import Image

from hachi_tf.errors import UserError
from hachi_tf.rendering import animation, raster

# A square open to the left, and a dot in its middle.
TOY = np.array([[10, 0, 0], [0, 10, 0], [-10, 0, 1], [5, -5, 1]], np.float32)


def _read(content):
    """Frames as RGB arrays, and their durations in ms."""
    image = Image.open(io.BytesIO(content))
    assert image.format == "GIF"
    frames, durations = [], []
    for index in range(image.n_frames):
        image.seek(index)
        frames.append(np.asarray(image.convert("RGB")).astype(int))
        durations.append(image.info["duration"])
    return frames, durations, image.info


def test_frames_and_durations():
    frames, durations, info = _read(animation.gif([TOY], seconds=1.0, hold_seconds=1.5))
    assert durations == [40] * 24 + [1540]
    assert info["loop"] == 0
    frames, durations, _ = _read(animation.gif([TOY], seconds=1.0, hold_seconds=0, frame_cs=10))
    assert durations == [100] * 10


def test_the_last_frame_is_the_finished_drawing():
    samples = [TOY, TOY[:0], TOY[:2], TOY[:, [1, 0, 2]]]
    frames, _, _ = _read(animation.gif(samples, seconds=0.5))
    expected = raster.image(samples).astype(int)
    # 24 shades of ink: half a step of rounding, and the seams between frames.
    assert np.abs(frames[-1] - expected).max() <= 24
    assert np.abs(frames[-1] - expected).mean() < 0.2


def test_the_pen_moves_at_an_even_speed_and_leaves_ink_behind():
    line = np.array([[100.0, 0.0, 1.0], [0.0, 50.0, 1.0]])
    frames, _, _ = _read(animation.gif([line[:1]], seconds=0.4, cell_size=120))
    ends = []
    for frame in frames[:-1]:
        red = frame[..., 0] - frame[..., 2] > 100
        ends.append(np.argwhere(red).mean(axis=0)[1] + 0.5)
        dark = np.argwhere(frame.max(axis=2) < 128)
        assert dark[:, 1].max() <= ends[-1]
    np.testing.assert_allclose(np.diff(ends), np.diff(ends)[0], atol=0.3)
    assert not np.any(frames[-1][..., 0] - frames[-1][..., 2] > 50)


def test_all_cells_move_together():
    frames, _, _ = _read(animation.gif([TOY, TOY], seconds=0.4, columns=2, cell_size=120))
    for frame in frames:
        np.testing.assert_array_equal(frame[10:130, 10:130], frame[10:130, 130:250])


def test_air_moves_leave_no_ink():
    events = np.array([[10.0, 0.0, 1.0], [0.0, 10.0, 0.0], [-10.0, 0.0, 1.0]])
    frames, _, _ = _read(animation.gif([events], seconds=1.0, cell_size=120))
    dark = frames[-1].max(axis=2) < 128
    assert dark[10, 60] and dark[109, 60]
    assert not dark[20:100].any()


@pytest.mark.parametrize("events", [np.zeros([0, 3]), np.zeros([3, 3])])
def test_a_drawing_without_length_is_one_frame(events):
    frames, durations, _ = _read(animation.gif([events], hold_seconds=1))
    assert len(frames) == 1
    np.testing.assert_allclose(frames[0], raster.image([events]), atol=6)


def test_a_page_is_bounded():
    samples = [np.array([[1.0, 1.0, 1.0]])] * 200
    frames, _, _ = _read(animation.gif(samples, seconds=0.1))
    assert frames[0].shape[0] * frames[0].shape[1] <= animation.MAX_PIXELS


@pytest.mark.parametrize(
    "options",
    [
        {"frame_cs": 1},
        {"seconds": 0},
        {"seconds": float("inf")},
        {"seconds": 1000},
        {"hold_seconds": -1},
        {"cell_size": 4000},
    ],
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(UserError):
        animation.gif([TOY], **options)
