"""The benchmarks' own parts: densities that are claimed to be known, and the origins compared."""

import numpy as np
import pytest
from scipy import integrate, stats

from hachi_tf.data import make_source
from tests.benchmarks import known_series
from tests.benchmarks.known_series import PROCESSES


@pytest.mark.parametrize("name", PROCESSES)
def test_the_density_integrates_to_one_and_is_that_of_the_paths(name):
    known = PROCESSES[name]
    (series,) = known.draw(1, 60, 3)
    paths = known.paths(series[:-1], 1, 100_000, 5)[:, 0]

    def density(value):
        return np.exp(known.log_prob(np.append(series[:-1], value)[None])[0, -1])

    low, high = paths.min(), paths.max()
    total, _ = integrate.quad(density, low - (high - low), high + (high - low), limit=500)
    assert abs(total - 1.0) < 1e-3
    middle = np.median(paths)
    below, _ = integrate.quad(density, low - (high - low), middle, limit=500)
    assert abs(below - 0.5) < 0.01


@pytest.mark.parametrize("name", PROCESSES)
def test_no_other_density_scores_better_on_average(name):
    known = PROCESSES[name]
    series = known.draw(20, 2000, 1)
    truth = np.nanmean(known.log_prob(series)[:, 100:])
    if name == "ar":
        entropy = stats.norm(scale=known_series.AR_DEVIATION).entropy()
        assert abs(truth + entropy) < 0.015
        return
    returns = 100.0 * np.diff(np.log(series), axis=1)
    for df in (3.0, 6.0, 30.0):  # what does not know the variance now
        fit = stats.t.logpdf(returns, df, 0.0, returns.std() * np.sqrt((df - 2) / df))
        constant = fit + np.log(100.0) - np.log(series[:, 1:])
        assert constant[:, 99:].mean() < truth - 0.01


def test_two_steps_ahead_are_as_drawn():
    for known in PROCESSES.values():
        series = known.draw(3000, 40, 2)
        ranks = [
            (known.paths(own[:-2], 2, 99, index)[:, 1] < own[-1]).mean()
            for index, own in enumerate(series[:600])
        ]
        assert stats.kstest(ranks, "uniform").pvalue > 1e-3


def test_written_series_are_read_again(tmp_path):
    known = PROCESSES["garch"]
    series = known.draw(3, 50, 0)
    known_series.write(series, tmp_path / "a.csv")
    source = make_source(known.options, tmp_path / "a.csv")
    read = [each.events[:, 0] for each in source.read()]
    np.testing.assert_allclose(read, series, rtol=1e-7)
