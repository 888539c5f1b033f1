"""What the scale of lines is, and that a drawing of any scale comes out at the model's."""

import math

import numpy as np
import pytest

from hachi_tf.data.dataset import Dataset
from hachi_tf.data.drawings import Drawing
from hachi_tf.data.line_scale import measure_lines, prepare_drawing
from hachi_tf.data.sources.strokes import stroke_events
from hachi_tf.errors import UserError
from hachi_tf.rendering.strokes import to_polylines

SCALE = {"line_height": 200.0, "point_spacing": 15.0, "slowing": 0.9}
EVEN = {"line_height": 20.0, "point_spacing": 3.0, "slowing": 0.0}


def write(seed: int = 0, words: int = 6, period: float = 24.0) -> list[np.ndarray]:
    """Strokes of loops (Hollerbach, 1981), a word each, at equal times; some 90 units high."""
    random = np.random.default_rng(seed)
    strokes, left = [], 0.0
    for _ in range(words):
        letters = random.integers(3, 6)
        phase = np.arange(round(letters * period)) * 2 * np.pi / period
        tall = np.interp(phase, np.arange(letters + 1) * 6.4, random.uniform(0.6, 1.4, letters + 1))
        x = left + 9 * phase + 14 * np.sin(phase + 1)
        strokes.append(np.stack([x, -40 * tall * np.cos(phase)], axis=1))
        left = x[-1] + 60
    return strokes


def turned(strokes, degrees=0.0, scale=1.0, shift=(0.0, 0.0)) -> list[np.ndarray]:
    turn = math.radians(degrees)
    matrix = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    return [scale * stroke @ matrix + np.array(shift) for stroke in strokes]


def resampled(strokes, distance) -> Drawing:
    """Points at equal distances along the strokes, with the times at which the pen was there."""
    points, times = [], []
    for stroke in strokes:
        travelled = np.append(0.0, np.cumsum(np.hypot(*np.diff(stroke, axis=0).T)))
        wanted = np.linspace(0.0, travelled[-1], math.ceil(travelled[-1] / distance) + 1)
        times.append(np.interp(wanted, travelled, np.arange(len(stroke))))
        points.append(np.stack([np.interp(wanted, travelled, each) for each in stroke.T], axis=1))
    return Drawing(points, times)


def events(strokes) -> np.ndarray:
    return stroke_events(np.concatenate(strokes), np.cumsum([0, *map(len, strokes[:-1])]))


def spacings(drawn: np.ndarray) -> np.ndarray:
    return np.concatenate([np.hypot(*np.diff(s, axis=0).T) for s in to_polylines(drawn)])


def gap(strokes, others) -> float:
    """The largest distance of a point of `strokes` from the nearest point of `others`."""
    others = np.concatenate(others)
    return max(np.hypot(*(others - point).T).min() for point in np.concatenate(strokes))


def clocks(strokes):
    return [np.arange(len(stroke), dtype=float) for stroke in strokes]


def test_the_height_of_an_evenly_inked_band_is_its_height():
    x = np.repeat(np.arange(0.0, 200.0, 0.2), 2)
    y = np.tile([0.0, 30.0, 30.0, 0.0], len(x) // 4)
    scale = measure_lines([events([np.stack([x, y], axis=1)])])
    assert scale["line_height"] == pytest.approx(30, rel=0.01)


def test_figures_are_medians_over_lines_and_grow_with_them():
    lines = [events(turned(write(seed), scale=2.0 if seed < 3 else 1.0)) for seed in range(9)]
    one = measure_lines(lines)
    many = measure_lines([3 * line * [1, 1, 1 / 3] for line in lines])
    assert 60 < one["line_height"] < 110
    assert many["line_height"] == pytest.approx(3 * one["line_height"], rel=1e-6)
    assert many["point_spacing"] == pytest.approx(3 * one["point_spacing"], rel=1e-6)
    assert many["slowing"] == pytest.approx(one["slowing"], rel=1e-6)
    spacing = np.median([np.median(spacings(line)) for line in lines])
    assert one["point_spacing"] == pytest.approx(spacing)


@pytest.mark.parametrize("degrees", [-8, -3, 3, 8])
def test_height_does_not_depend_on_the_slope_nor_on_how_densely_a_line_was_sampled(degrees):
    strokes = write(3)
    height = measure_lines([events(strokes)])["line_height"]
    sloped = measure_lines([events(turned(strokes, degrees))])["line_height"]
    dense = measure_lines([events(resampled(turned(strokes, degrees), 1.0).strokes)])
    assert sloped == pytest.approx(height, rel=1e-3)
    assert dense["line_height"] == pytest.approx(height, rel=5e-3)


def test_slowing_tells_points_at_equal_times_from_points_at_equal_distances():
    timed = [events(write(seed)) for seed in range(8)]
    even = [events(resampled(write(seed), 8.0).strokes) for seed in range(8)]
    assert measure_lines(timed)["slowing"] > 0.5
    assert measure_lines(even)["slowing"] < 0.25


def test_a_data_set_with_texts_has_an_advance_and_one_of_whole_numbers_a_grid():
    strokes = [np.rint(stroke) for stroke in write(1)]
    line = events(strokes).astype(np.float32)
    width = np.ptp(np.concatenate(strokes)[:, 0])
    scale = measure_lines(Dataset(line, np.array([0, len(line)]), ["a"], ["twenty characters ab"]))
    assert scale["advance"] == pytest.approx(width / 20, rel=0.02)
    assert scale["grid"] == 1.0
    assert "advance" not in measure_lines([line]) | measure_lines([line], [None])
    assert measure_lines([line * 1.01])["grid"] == 0.0


def test_without_lines_there_is_no_scale():
    flat = np.array([[1.0, 0, 0], [1, 0, 1]])
    dot = np.array([[0.0, 0, 1]])
    assert measure_lines([]) == measure_lines([flat, dot, np.zeros((0, 3))]) == {}


@pytest.mark.parametrize("scale", [SCALE, EVEN])
@pytest.mark.parametrize("timed", [True, False])
def test_a_drawing_comes_out_at_the_scale_of_the_model(scale, timed):
    strokes = turned(write(5), 4.0, 0.3, (900, -80))
    drawn = prepare_drawing(Drawing(strokes, clocks(strokes) if timed else None), scale)
    assert drawn.dtype == np.float32
    assert drawn.shape[1] == 3
    measured = measure_lines([drawn])
    assert measured["line_height"] == pytest.approx(scale["line_height"], rel=0.02)
    assert measured["point_spacing"] == pytest.approx(scale["point_spacing"], rel=0.01)
    assert drawn[:, 2].sum() == len(strokes)


@pytest.mark.parametrize("degrees", [-3.0, 3.0, 10.0])
@pytest.mark.parametrize("scale", [SCALE, EVEN])
def test_scale_slope_and_shift_do_not_matter(degrees, scale):
    strokes = write(7)
    for times in (None, clocks(strokes)):
        expected = prepare_drawing(Drawing(strokes, times), scale)
        other = Drawing(turned(strokes, degrees, 3.0, (5e3, -7e3)), times)
        np.testing.assert_allclose(prepare_drawing(other, scale), expected, atol=1e-2)


def test_a_line_of_the_model_that_was_resampled_comes_back():
    strokes = write(2, period=40.0)
    scale = measure_lines([events(strokes)])
    times = Drawing(strokes, clocks(strokes))
    drawing = resampled(turned(strokes, 3.0, 3.0, (40, 50)), 4.0)
    drawn = prepare_drawing(drawing, scale)
    original = prepare_drawing(times, scale)
    assert len(original) == pytest.approx(sum(map(len, strokes)) - 1, rel=0.02)
    assert len(drawn) == pytest.approx(len(original), rel=0.02)
    share = np.linspace(0, 1, 30)
    for run, expected in zip(to_polylines(drawn), to_polylines(original), strict=True):
        for one, other in zip(run.T, expected.T, strict=True):
            there = np.interp(share, np.linspace(0, 1, len(other)), other - other[0])
            here = np.interp(share, np.linspace(0, 1, len(one)), one - one[0])
            assert np.abs(here - there).max() < 0.4 * scale["point_spacing"]
    untimed = prepare_drawing(Drawing(drawing.strokes), scale)
    assert len(untimed) == pytest.approx(len(original), rel=0.2)
    # The same drawing but for the cuts.
    shape = resampled(to_polylines(drawn), 0.2).strokes
    assert gap(to_polylines(untimed), shape) < 0.1 * scale["point_spacing"]


def test_strokes_keep_their_order_and_their_ends():
    strokes = write(4)
    strokes = [strokes[2], strokes[0][::-1], *strokes[3:], strokes[1]]
    for times in (None, clocks(strokes)):
        runs = to_polylines(prepare_drawing(Drawing(strokes, times), SCALE))
        # Both ends of every stroke, up to one similarity.
        before = np.concatenate([stroke[[0, -1]] for stroke in strokes]) @ [1, 1j]
        after = np.concatenate([run[[0, -1]] for run in runs]) @ [1, 1j]
        before, after = before - before[0], after - after[0]
        factor = after[-1] / before[-1]
        assert np.abs(after - factor * before).max() < 1e-3 * abs(after).max()


def test_dots_become_tiny_strokes():
    dots = [np.array([[30.0, -70.0]]), np.array([[90.0, -60.0]] * 3)]
    for strokes in ([dots[0], *write(1), dots[1]], [*write(1), *dots]):
        for times in (None, clocks(strokes)):
            runs = to_polylines(prepare_drawing(Drawing(strokes, times), SCALE))
            assert len(runs) == len(strokes)
            tiny = [run for run in runs if len(run) == 2 and np.ptp(run, axis=0).max() < 2]
            assert len(tiny) == 2
            assert all(np.ptp(run[:, 0]) == pytest.approx(1.5, abs=1e-3) for run in tiny)


def test_corners_stay_where_there_are_no_times():
    zigzag = np.array([[index * 25.0, 60.0 * (index % 2)] for index in range(14)])
    drawn = prepare_drawing(Drawing([zigzag]), EVEN)
    (run,) = to_polylines(drawn)
    factor = EVEN["line_height"] / 60
    wanted = (zigzag - zigzag[0]) * factor
    turn = math.atan2(*(run[-1] / [1, 1])[::-1]) - math.atan2(*wanted[-1][::-1])
    wanted = turned([wanted], math.degrees(turn))[0]
    assert gap([wanted], [run]) < 0.1 * EVEN["point_spacing"]


def test_even_models_get_even_points_and_natural_ones_more_of_them_in_bends():
    strokes = write(6)
    even = spacings(prepare_drawing(Drawing(strokes), EVEN)) / EVEN["point_spacing"]
    natural = spacings(prepare_drawing(Drawing(strokes), SCALE)) / SCALE["point_spacing"]
    assert np.std(np.log(even)) < 0.12
    assert np.std(np.log(natural)) > 0.25


def test_a_model_of_even_points_does_not_take_times():
    strokes = write(6)
    drawn = prepare_drawing(Drawing(strokes, clocks(strokes)), EVEN)
    np.testing.assert_array_equal(drawn, prepare_drawing(Drawing(strokes), EVEN))


def test_pauses_within_strokes_are_shortened():
    strokes = write(6)
    times = clocks(strokes)
    times[1][30:] += 5000.0
    drawn = prepare_drawing(Drawing(strokes, times), SCALE)
    usual = prepare_drawing(Drawing(strokes, clocks(strokes)), SCALE)
    assert len(usual) < len(drawn) < len(usual) + 10


def test_points_lie_on_the_grid_of_the_data():
    drawn = prepare_drawing(Drawing(write(8)), {**SCALE, "grid": 1.0})
    assert not np.any(drawn % 1)
    free = prepare_drawing(Drawing(write(8)), SCALE)
    assert np.abs(np.cumsum(drawn[:, :2] - free[:, :2], axis=0)).max() < 0.51


def test_small_loops_stay_loops():
    turn = np.linspace(0, 2 * np.pi, 30)
    loop = np.stack([50 + 6 * np.cos(turn), -60 + 6 * np.sin(turn)], axis=1)
    runs = to_polylines(prepare_drawing(Drawing([*write(1), loop]), EVEN))
    assert np.ptp(runs[-1], axis=0).min() > 1.2


def test_a_short_word_keeps_its_slope():
    slash = [np.array([[0.0, 0.0], [30.0, 5.0]]), np.array([[0.0, 10.0], [30.0, 15.0]])]
    first = to_polylines(prepare_drawing(Drawing(slash), EVEN))[0]
    assert math.degrees(math.atan2(*first[-1][::-1])) == pytest.approx(9.46, abs=0.1)


@pytest.mark.parametrize(
    "strokes, message",
    [
        ([], "nothing but dots"),
        ([np.array([[3.0, 4.0]]), np.array([[5.0, 4.0]])], "nothing but dots"),
        ([np.array([[3.0, 4.0], [3.0, 4.0]])], "nothing but dots"),
        ([np.array([[0.0, 4.0], [300.0, 4.0]])], "without height"),
        ([np.array([[0.0, 0.0], [300.0, 20.0]])], "as long as it is high"),
        ([np.array([[0.0, 0.0], [1e5, 1.0], [1e5, -1.0], [0.0, 0.0]])], "as long as it is high"),
    ],
)
def test_what_is_no_line_of_writing_is_refused(strokes, message):
    with pytest.raises(UserError, match=message):
        prepare_drawing(Drawing(strokes), SCALE)


def test_a_model_without_a_scale_is_refused():
    for scale in ({}, {"line_height": 0.0, "point_spacing": 1.0}, {**SCALE, "slowing": math.nan}):
        with pytest.raises(UserError, match="scale of written lines"):
            prepare_drawing(Drawing(write()), scale)
