"""Histograms: shares, bins, and what is drawn of them."""

import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.rendering import colours
from hachi_tf.rendering.histograms import histogram, page


def test_bins_of_a_grid_hold_equally_many_of_its_points():
    data = np.repeat(np.arange(40, 50), 10)
    shown = histogram(data, data + 1, "pitch", quantum=1)
    assert shown.edges.tolist() == [each - 0.5 for each in range(40, 52)]
    np.testing.assert_allclose(shown.data, [0.1] * 10 + [0])
    np.testing.assert_allclose(shown.samples, [0] + [0.1] * 10)
    assert shown.distance == pytest.approx(0.1)
    wide = histogram(np.arange(128), np.arange(128), "velocity", quantum=1, num_bins=60)
    assert set(np.diff(wide.edges)[:-1]) == {3.0} and len(wide.data) <= 60


def test_classes_are_counted_by_their_index():
    shown = histogram([0, 0, 1, np.nan], [2, 2], "channel", ("1", "2", "10"))
    np.testing.assert_allclose(shown.data, [2 / 3, 1 / 3, 0])
    np.testing.assert_allclose(shown.samples, [0, 0, 1])
    assert shown.distance == pytest.approx(1.0)


def test_delays_of_0_stand_beside_a_logarithmic_axis():
    data = np.concatenate([np.zeros(25), np.full(75, 0.1)])
    shown = histogram(data, np.full(10, 0.1), "time", unit="s", quantum=0.001, is_log=True)
    assert shown.zeros == (0.25, 0.0) and shown.data.sum() == pytest.approx(0.75)
    assert shown.distance == pytest.approx(0.25)
    assert (shown.edges > 0).all() and (np.diff(shown.edges) > 0).all()


def test_every_bin_of_a_logarithmic_axis_holds_a_grid_point():
    delays = np.arange(1, 2000) / 1000
    shown = histogram(delays, delays, "time", quantum=0.001, is_log=True)
    assert (shown.data > 0).all() and shown.distance == 0


def test_what_is_far_out_is_counted_in_the_last_bin():
    data = np.append(np.linspace(0, 1, 10_000), 1e9)
    shown = histogram(data, data, "x")
    assert shown.edges[-1] < 1.1 and shown.data.sum() == pytest.approx(1)


@pytest.mark.parametrize("data", [[], [np.nan], [0.0]])
def test_odd_columns(data):
    if not np.isfinite(data).any():
        with pytest.raises(UserError, match="values in the column 'x'"):
            histogram(data, [1.0], "x")
    else:
        for options in ({}, {"quantum": 1}, {"is_log": True}, {"is_log": True, "quantum": 1}):
            page([histogram(data, [0.0, 0.0], "x", **options)], "data", "samples")


def test_the_page_shows_bars_and_a_line_where_the_shares_are():
    shown = histogram([0] * 3 + [1], [0] + [1] * 3, "channel", ("1", "2"))
    pixels = page([shown], "data", "samples")
    assert pixels.shape[1:] == (1600, 3) and pixels.dtype == np.uint8
    bar, line = (
        (pixels == np.array(colours.rgb(each), np.uint8)).all(-1)
        for each in ("#9fc3dd", colours.HUES[1])
    )
    left, right = bar[80:, :400].sum(), bar[80:, 400:760].sum()
    assert left / right == pytest.approx(3, rel=0.05)
    rows = [np.flatnonzero(line[80:, column]).mean() for column in (200, 600)]
    bottom = np.flatnonzero(bar[80:, 200])[-1]
    assert (bottom - rows[1]) / (bottom - rows[0]) == pytest.approx(3, rel=0.1)


def test_a_page_without_a_column():
    with pytest.raises(UserError, match="at least one column"):
        page([], "data", "samples")
