import csv

import numpy as np
import pytest

from hachi_tf.data.dataset import Dataset
from hachi_tf.data.sources.source import Sequence
from hachi_tf.errors import UserError
from hachi_tf.forecasting.comparison import compare, in_words
from hachi_tf.forecasting.forecast import Forecast, charts, save_csv
from hachi_tf.forecasting.rolling import (
    Figures,
    by_number,
    naive_figures,
    paired_interval,
    rolling_origins,
    scales,
    summarize,
)


def series(*lengths, seed=0):
    generator = np.random.default_rng(seed)
    parts = [
        Sequence(100 + np.cumsum(generator.normal(size=[n, 1]), axis=0), None, f"s{i}")
        for i, n in enumerate(lengths)
    ]
    return Dataset.from_sequences(parts, 1)


def held_out(*lengths, count=60, seed=0):
    stops = np.array(lengths)
    return series(*lengths, seed=seed).between(stops - count, stops, lead=1000)


def test_origins_lie_in_what_is_held_out_and_histories_end_before_it():
    dataset = held_out(300, 200)
    origins = rolling_origins(dataset, 10, 20)
    assert len(origins) == 40 and by_number(origins).tolist() == [*range(20), *range(20)]
    for origin in origins:
        whole = dataset[origin.series]
        count = len(origin.history)
        np.testing.assert_array_equal(origin.history, whole[:count])
        np.testing.assert_array_equal(origin.future, whole[count : count + 10])
        assert count >= dataset.leads[origin.series]
    lengths = [len(origin.history) for origin in origins[:20]]
    assert lengths[0] == 240 and lengths[-1] == 290 and np.ptp(np.diff(lengths)) <= 1
    assert len(rolling_origins(dataset, 59, 20)) == 4
    with pytest.raises(UserError, match="61 rows.*at most 60"):
        rolling_origins(dataset, 61, 20)


def test_a_forecast_does_not_change_when_the_future_does():
    dataset = held_out(300)
    changed = dataset.events.copy()
    changed[-60:] += 1000.0
    other = Dataset(changed, [0, 300], ["s0"], [None], leads=[240])
    one, two = (rolling_origins(each, 10, 1)[0] for each in (dataset, other))
    np.testing.assert_array_equal(one.history, two.history)
    assert not np.array_equal(one.future, two.future)


def model_figures(origins, spread, shift=0.0):
    """As if a model drew walks with steps of so large a deviation from the last value."""
    generator = np.random.default_rng(5)
    samples = []
    for origin in origins:
        steps = generator.normal(shift, spread, [200, len(origin.future), 1])
        samples.append(origin.history[-1] + np.cumsum(steps, axis=1))
    return Figures.of(samples, [origin.future for origin in origins])


def test_the_truth_is_as_good_as_simple_methods_and_a_bad_model_is_told():
    origins = rolling_origins(held_out(900, 700, count=300), 10, 20)
    scale = scales(origins, [0])
    naive = naive_figures(origins, [0], 1, [False])
    assert set(naive) == {"last_value", "drift"}
    good = compare({"model": model_figures(origins, 1.0), **naive}, scale, origins)
    text = "\n".join(in_words(good))
    assert "does not clearly beat" in text and "40 moments in 2 series" in text
    assert abs(good["methods"]["model"]["coverage"]["0.9"] - 0.9) < 0.06
    bad = compare({"model": model_figures(origins, 0.3, 1.0), **naive}, scale, origins)
    text = "\n".join(in_words(bad))
    assert "WORSE than the last value" in text and "too narrow" in text
    assert bad["difference_interval"][0] > 0


def test_a_simple_method_that_is_exact_cannot_be_beaten():
    line = Dataset.from_sequences([Sequence(np.arange(100.0)[:, None], None, "s")], 1)
    origins = rolling_origins(line.between([60], [100], lead=60), 10, 5)
    naive = naive_figures(origins, [0], 1, [False])
    result = compare({"model": model_figures(origins, 1.0), **naive}, scales(origins, [0]), origins)
    assert result["methods"]["drift"]["crps_scaled"] == 0.0
    assert "Nothing can beat the last value and its mean step" in "\n".join(in_words(result))


def test_a_model_that_knows_the_season_beats_a_walk():
    generator = np.random.default_rng(1)
    wave = 10 * np.sin(np.arange(400) * 2 * np.pi / 12) + generator.normal(0, 0.5, 400)
    dataset = Dataset(np.float32(wave[:, None]), [0, 400], ["wave"], [None], leads=[300])
    origins = rolling_origins(dataset, 12, 10)
    naive = naive_figures(origins, [0], 12, [False])
    assert set(naive) == {"last_value", "drift", "seasonal"}
    scale = scales(origins, [0])
    crps = {name: summarize(own, scale)["crps"] for name, own in naive.items()}
    assert crps["seasonal"] < 0.2 * crps["last_value"]
    truth = [
        10 * np.sin((300 + len(o.history) - 300 + np.arange(12)) * 2 * np.pi / 12)[None, :, None]
        + generator.normal(0, 0.5, [200, 12, 1])
        for o in origins
    ]
    own = Figures.of(truth, [origin.future for origin in origins])
    result = compare({"model": own, **naive}, scale, origins)
    assert result["best_naive"] == "seasonal"
    assert any("The model beats the value a season ago" in line for line in in_words(result))


def test_the_interval_of_paired_differences_covers():
    generator = np.random.default_rng(0)
    hits = 0
    for _ in range(200):
        groups = np.repeat(np.arange(20), 5)
        shared = generator.normal(size=20)[groups]
        low, high = paired_interval(0.3 + shared + generator.normal(0, 0.3, 100), groups)
        hits += low <= 0.3 <= high
    assert 0.8 <= hits / 200 <= 0.97


def test_missing_values_do_not_count():
    origins = rolling_origins(held_out(300), 10, 5)
    figures = model_figures(origins, 1.0)
    origins[0].future[3] = np.nan
    again = model_figures(origins, 1.0)
    assert np.isnan(again.crps[0, 3, 0]) and np.isfinite(again.crps[0, 4, 0])
    assert np.isfinite(summarize(again, scales(origins, [0]))["crps"])
    np.testing.assert_array_equal(figures.crps[1:], again.crps[1:])


@pytest.mark.filterwarnings("error")
def test_a_forecast_of_a_gap_counts_for_nothing_and_is_no_cause_for_a_warning():
    origins = rolling_origins(held_out(300), 10, 5)
    scale, naive = scales(origins, [0]), naive_figures(origins, [0], 1, [False])
    naive = {name: figures for name, figures in naive.items() if name == "last_value"}
    for figures in naive.values():
        figures.crps[0] = figures.quantile_loss[0] = np.nan
    model = model_figures(origins, 1.0)
    model.crps[0] = model.quantile_loss[0] = np.nan
    result = compare({"model": model, **naive}, scale, origins)
    assert np.isfinite(result["difference"]) and np.isfinite(result["difference_interval"]).all()
    expected = np.nanmean((model.crps - naive["last_value"].crps)[1:] / scale[1:])
    assert result["difference"] == pytest.approx(expected)


def test_a_forecast_as_a_table(tmp_path):
    generator = np.random.default_rng(0)
    history, paths = generator.normal(size=[80, 2]), generator.normal(size=[500, 3, 2])
    dates = (np.datetime64("2024-01-01") + np.arange(83)).astype("datetime64[s]")
    forecast = Forecast("shop", ("sold", "bought"), history, paths, dates)
    with open(save_csv([forecast], tmp_path / "a.csv"), newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6 and rows[0]["series"] == "shop"
    assert [row["date"] for row in rows[::2]] == ["2024-03-21", "2024-03-22", "2024-03-23"]
    assert rows[3]["column"] == "bought" and rows[3]["step"] == "2"
    np.testing.assert_allclose(float(rows[3]["q0.5"]), np.median(paths[:, 1, 1]), rtol=1e-6)
    numbers = [float(rows[0][f"q{level}"]) for level in ("0.05", "0.25", "0.5", "0.95")]
    assert numbers == sorted(numbers)
    fans = charts([forecast])
    assert [fan.title for fan in fans] == ["shop, sold", "shop, bought"]
    assert len(fans[0].history) == 60 and len(fans[0].dates) == 63
