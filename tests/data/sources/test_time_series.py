import importlib.util
import logging

import numpy as np
import pytest

from hachi_tf.data import infer_source, load_datasets, make_source
from hachi_tf.errors import UserError
from hachi_tf.schema import Feature
from hachi_tf.transforms import Changes, SeriesScale, Standardize, StandardizeKnown


def walk(length=120, seed=0, start="2024-01-01", scale=1.0):
    """Lines of a random walk in logarithms, a row a day."""
    generator = np.random.default_rng(seed)
    values = 50 * np.exp(np.cumsum(generator.normal(0.003, 0.02, length))) * scale
    days = np.datetime64(start) + np.arange(length)
    return [f"{day},{value:.6g}" for day, value in zip(days, values, strict=True)]


@pytest.fixture
def write(tmp_path):
    def write(lines, name="a.csv", header="date,close"):
        (tmp_path / name).write_text("\n".join([header, *lines]) + "\n")
        return tmp_path / name

    return write


def test_a_series_and_its_columns(write):
    source = make_source("time_series", write(walk()))
    assert source.schema.features == (
        Feature("close", missing=True),
        Feature("day_of_week_sin", role="known"),
        Feature("day_of_week_cos", role="known"),
        Feature("day_of_year_sin", role="known"),
        Feature("day_of_year_cos", role="known"),
    )
    (sequence,) = source.read()
    assert sequence.id == "time_series/a" and sequence.events.shape == (120, 5)
    (changes,) = source.default_transforms().transforms
    assert isinstance(changes, Changes) and changes.columns == (0,)
    assert infer_source(write(walk())) == "time_series"
    assert infer_source(write(walk(), "b.csv", "time,close")) == "event_table"


def test_transforms_are_those_that_were_asked_for_or_suit(write, caplog):
    caplog.set_level(logging.INFO)
    generator = np.random.default_rng(0)
    days = [str(np.datetime64("2024-01-01") + i) for i in range(300)]
    noise = [
        f"{day},{value:.4f}" for day, value in zip(days, generator.normal(size=300), strict=True)
    ]
    grows = [f"{day},{np.exp(0.01 * i + 0.01 * (i % 3)):.5f}" for i, day in enumerate(days)]
    for text, lines, kinds in [
        ("time_series(calendar=())", noise, [Standardize]),
        ("time_series(calendar=())", grows, [Changes]),
        ("time_series(transform='scale')", noise, [SeriesScale, Standardize]),
        ("time_series(transform='differences')", noise, [Changes]),
    ]:
        chain = make_source(text, write(lines)).default_transforms()
        assert [type(each) for each in chain.transforms] == kinds
    assert make_source("time_series", write(grows)).default_transforms().transforms[0].log
    assert "transform='log_returns', judged by the first half" in caplog.text
    holes = [line if i % 2 else f"{line.partition(',')[0]}," for i, line in enumerate(grows)]
    assert make_source("time_series", write(holes)).default_transforms().transforms[0].log
    with pytest.raises(UserError, match="above 0 in close.*in a on 2024-01-0"):
        make_source("time_series(transform='log_returns')", write(noise)).default_transforms()


def test_covariates_and_the_name_are_inputs(write):
    lines = [f"{line},{day % 7},{'ab'[day % 2]}" for day, line in enumerate(walk(60))]
    text = "time_series(values='close', covariates=('promo', 'kind'), calendar=(), identity=True)"
    source = make_source(text, write(lines, header="date,close,promo,kind"))
    assert source.schema.features[1:] == (
        Feature("promo", role="known"),
        Feature("kind", "categorical", role="known", classes=("a", "b")),
        Feature("series", "categorical", role="known", classes=("a",)),
    )
    events = next(source.read()).events
    assert events[:4, 1:].tolist() == [[0, 0, 0], [1, 1, 0], [2, 0, 0], [3, 1, 0]]
    known, _ = source.default_transforms().transforms
    assert isinstance(known, StandardizeKnown) and known.columns == (1,)
    with pytest.raises(UserError, match="promo for 3 rows after the last value of a.*got 0.*add"):
        source.known_rows("a", 3)


def test_what_is_known_of_the_future(write):
    lines = walk(60) + [f"2024-03-{day:02d},,{'' if day == 3 else 5}" for day in range(1, 4)]
    lines = [line if line.count(",") == 2 else line + ",0" for line in lines]
    text = "time_series(values='close', covariates='promo')"
    source = make_source(text, write(lines, header="date,close,promo"))
    assert len(next(source.read()).events) == 60
    rows = source.known_rows("a", 2)
    assert rows.shape == (62, 5) and rows[-2:, -1].tolist() == [5, 5]
    monday = (np.datetime64("2024-03-01") - np.datetime64("2024-01-01")).astype(int) % 7
    np.testing.assert_allclose(rows[60, 0], np.sin(2 * np.pi * monday / 7), atol=1e-9)
    free = make_source("time_series", write(walk(60), "b.csv"))
    assert free.known_rows("b", 500).shape == (560, 4)


def split_dates(source, splits):
    """The dates of what counts, by split and series."""
    dates = {f"time_series/{each.id}": each.dates for each in source.panel.series}
    found = {}
    for name, dataset in splits.items():
        for index, own in enumerate(dataset.ids):
            values = dataset[index][dataset.leads[index] :, 0]
            series = next(s for s in source.panel.series if f"time_series/{s.id}" == own)
            place = np.flatnonzero(np.float32(series.values[:, 0]) == values[0])[0]
            found[name, own] = dates[own][place : place + len(values)]
    return found


@pytest.mark.parametrize(
    "options", ["", "validation_from='2024-03-15', test_from='2024-04-10'"], ids=["share", "dates"]
)
def test_nothing_of_the_future_is_learned_from_not_even_of_other_series(write, tmp_path, options):
    write(walk(120), "one.csv")
    write(walk(90, seed=1, start="2024-02-01", scale=7), "two.csv")
    write(walk(40, seed=2, scale=3), "ends_early.csv")
    write(walk(12, seed=3, start="2024-04-29", scale=5), "begins_late.csv")
    source = make_source(f"time_series({options})", tmp_path)
    splits = load_datasets(source)
    found = split_dates(source, splits)
    last = {}
    for name, before in zip(list(splits)[1:], splits, strict=False):
        last[name] = max(dates[-1] for (split, _), dates in found.items() if split == before)
        first = min(dates[0] for (split, _), dates in found.items() if split == name)
        assert first > last[name]
    counted = sum(int(split.counted.sum()) for split in splits.values())
    assert counted == 120 + 90 + 40 + 12
    assert ("train", "time_series/begins_late") not in found
    held_out = splits["validation"]
    assert (held_out.leads > 0).sum() == 2  # read with what came before
    if options:
        assert list(splits) == ["train", "validation", "test"] == list(source.splits)


def test_changing_the_future_changes_nothing_before(write):
    """Neither what is learned from, nor the transforms, nor the inputs of earlier rows."""
    lines = walk(200)
    text = "time_series(validation_from='2024-06-01')"
    one = make_source(text, write(lines, "one.csv"))
    cut = next(i for i, line in enumerate(lines) if line >= "2024-06-01")
    changed = lines[:cut] + [line.split(",")[0] + f",{9000 - i}" for i, line in
                             enumerate(lines[cut:])]  # fmt: skip
    other = make_source(text, write(changed, "other.csv"))
    first, second = load_datasets(one), load_datasets(other)
    np.testing.assert_array_equal(first["train"].events, second["train"].events)
    assert len(first["train"].events) == cut
    fitted = [
        source.default_transforms().fit(splits["train"]).get_config()
        for source, splits in ((one, first), (other, second))
    ]
    assert fitted[0] == fitted[1]
    lead = first["validation"].leads[0]
    np.testing.assert_array_equal(
        first["validation"].events[:lead], second["validation"].events[:lead]
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time_series(test_from='2024-02-01')", "validation_from=.* before test_from"),
        ("time_series(validation_from='2023-02-01')", "learn from before validation_from"),
        ("time_series(validation_from='soon')", "a date such as.*'soon'"),
        ("time_series(layout='long')", "layout"),
        ("time_series(transform='log')", "transform"),
        ("time_series(frequency='often')", "a frequency"),
        ("time_series(calendar='moon')", "calendar"),
        ("time_series(values='open')", "a column 'open'"),
    ],
)
def test_options_out_of_range_are_refused(write, text, message):
    with pytest.raises(UserError, match=message):
        source = make_source(text, write(walk()))
        assert source.schema
        load_datasets(source)


def test_a_column_missing_in_prediction_is_named(write):
    source = make_source("time_series", write(walk()))
    other = make_source("time_series", write(walk(), "b.csv", "date,open"))
    with pytest.raises(UserError, match="close, day_of_week_sin.*no close"):
        other.use_schema(source.schema)


@pytest.mark.parametrize(
    ("name", "package", "count", "rows"),
    [
        ("prices", "bokeh_sampledata", 5, 12154),
        ("co2", "statsmodels", 1, 2284),
        ("sunspots", "statsmodels", 1, 309),
    ],
)
def test_bundled_series(name, package, count, rows):
    if importlib.util.find_spec(package) is None:
        with pytest.raises(UserError, match=f"{package}.*hachi_tf.series"):
            make_source(f"time_series(series={name!r})")
        pytest.skip(f"{package} is not installed")
    source = make_source(f"time_series(series={name!r})")
    assert source.licence == "public domain" and package in source.credit
    sequences = list(source.read())
    assert len(sequences) == count and sum(len(each.events) for each in sequences) == rows
    with pytest.raises(UserError, match="prices, co2, sunspots.*'gold'"):
        make_source("time_series(series='gold')")
