import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.series import Frequency, calendar_columns, calendar_values, infer_frequency


def days(*texts):
    return np.array(texts, "datetime64[s]")


def every(first, step, count):
    return np.arange(count) * np.timedelta64(*step) + np.datetime64(first, "s")


MONTHS = np.arange("2019-01", "2024-01", dtype="datetime64[M]").astype("datetime64[s]")
MONTH_ENDS = (MONTHS.astype("datetime64[M]") + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
WORKING = np.busday_offset("2024-01-01", np.arange(30), roll="forward").astype("datetime64[s]")

CASES = {
    "hours": (every("2024-01-01", (1, "h"), 50), "hour", 24),
    "quarters of an hour": (every("2024-01-01", (15, "m"), 50), "15 minutes", 96),
    "days": (every("2024-01-01", (1, "D"), 50), "day", 7),
    "working days": (WORKING, "working day", 5),
    "weeks": (every("2024-01-03", (7, "D"), 20), "week", 52),
    "four weeks": (every("2024-01-03", (28, "D"), 30), "4 weeks", 13),
    "months": (MONTHS, "month", 12),
    "ends of months": (MONTH_ENDS.astype("datetime64[s]"), "month", 12),
    "quarters": (MONTHS[::3], "quarter", 4),
    "years": (MONTHS[::12], "year", 1),
    "years without a leap year": (days("2021-01-01", "2022-01-01", "2023-01-01"), "year", 1),
    "first working days": (
        np.busday_offset(MONTHS.astype("datetime64[D]"), 0, roll="forward").astype("datetime64[s]"),
        "month",
        12,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_frequency_is_found_also_with_gaps(name):
    dates, words, season = CASES[name]
    found = infer_frequency([dates])
    assert (str(found), found.season) == (words, season)
    if len(dates) > 10:
        with_gaps = np.delete(dates, [3, 7, 8])
        assert infer_frequency([with_gaps]) == found
        expected = np.delete(np.arange(len(dates)), [3, 7, 8])
        np.testing.assert_array_equal(found.places(with_gaps), expected)


@pytest.mark.parametrize("name", [name for name in CASES if name != "first working days"])
def test_dates_go_on(name):
    dates, *_ = CASES[name]
    found = infer_frequency([dates]).dates(dates[0], len(dates), dates)
    np.testing.assert_array_equal(found, dates)


def test_months_go_on_from_a_last_day_or_the_same_day():
    month = Frequency("M")
    ends = days("2024-01-31", "2024-02-29")
    assert [str(d)[:10] for d in month.dates(ends[0], 4, ends)] == [
        "2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30",
    ]  # fmt: skip
    same = days("2024-01-30", "2024-03-30")
    assert [str(d)[:10] for d in month.dates(same[0], 3, same)] == [
        "2024-01-30", "2024-02-29", "2024-03-30",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15 min", Frequency("s", 900)),
        ("h", Frequency("s", 3600)),
        ("2 W", Frequency("s", 14 * 86_400)),
        ("B", Frequency("B")),
        ("Q", Frequency("M", 3)),
        ("Y", Frequency("M", 12)),
        ("irregular", Frequency("")),
    ],
)
def test_frequencies_in_words(text, expected):
    assert Frequency.parse(text) == expected


def test_a_step_is_said_with_and_without_its_number():
    steps = [Frequency.parse(text) for text in ("D", "15 min", "irregular")]
    assert [str(step) for step in steps] == ["day", "15 minutes", "irregular"]
    assert [step.counted() for step in steps] == ["1 day", "15 minutes", "irregular"]


def test_mixed_frequencies_are_refused():
    mixed = np.concatenate([every("2024-01-01", (2, "D"), 9), every("2024-02-01", (5, "h"), 2)])
    with pytest.raises(UserError, match="2 days and of .*2024-01-17.*irregular"):
        infer_frequency([mixed])
    with pytest.raises(UserError, match="two dates"):
        infer_frequency([days("2024-01-01")])
    for text in ("often", "9" * 25 + " s", "9" * 5000 + " s"):
        with pytest.raises(UserError, match=f"'15 min'.*'{text[:9]}"):
            Frequency.parse(text)
    with pytest.raises(UserError, match="regular"):
        Frequency("").dates(mixed[0], 3)
    assert Frequency("").places(mixed).tolist() == list(range(11))
    assert Frequency("B").places(days("2024-01-05", "2024-01-06")) is None


def test_calendar_features_come_back_after_their_cycle():
    hours = every("2024-03-04", (1, "h"), 24 * 14)
    columns = calendar_columns("auto", Frequency("s", 3600))
    assert [name.rpartition("_")[0] for name in columns[::2]] == [
        "hour_of_day", "day_of_week", "day_of_year",
    ]  # fmt: skip
    values = calendar_values(hours, columns)
    np.testing.assert_allclose(values[:24, :2], values[24:48, :2], atol=1e-12)
    np.testing.assert_allclose(values[: 24 * 7, 2:4], values[24 * 7 :, 2:4], atol=1e-12)
    np.testing.assert_allclose(values[0, :4], [0, 1, 0, 1], atol=1e-12)  # a Monday, midnight
    np.testing.assert_allclose((values[:, ::2] ** 2 + values[:, 1::2] ** 2), 1.0)
    year = calendar_values(days("1969-01-01", "2024-01-01", "2024-07-01"), columns[4:])
    np.testing.assert_allclose(year[:2], [[0, 1], [0, 1]], atol=1e-12)
    assert year[2, 1] < -0.99
    assert calendar_columns("auto", Frequency("M")) == ["day_of_year_sin", "day_of_year_cos"]
    assert calendar_columns("auto", Frequency("M", 12)) == []
    assert calendar_columns((), Frequency("s", 60)) == []
    with pytest.raises(UserError, match="day_of_week.*'moon'"):
        calendar_columns("moon", Frequency("M"))
