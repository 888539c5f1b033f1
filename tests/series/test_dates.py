import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.series import parse_dates, show_date


def parse(*cells, date_format=None):
    return parse_dates(cells, lambda row: f"line {row + 2}", date_format)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2024-05-31", "2024-05-31"),
        ("20240531", "2024-05-31"),
        ("2024-05-31 14:30", "2024-05-31T14:30"),
        ("2024-05-31T14:30:05", "2024-05-31T14:30:05"),
        ("2024-05-31T14:30:00+02:00", "2024-05-31T12:30"),
        ("2024-05-31T14:30:00Z", "2024-05-31T14:30"),
        ("2024-05", "2024-05-01"),
        ("2024M05", "2024-05-01"),
        ("2024Q2", "2024-04-01"),
        ("2024-q4", "2024-10-01"),
        ("2024", "2024-01-01"),
        ("1700.0", "1700-01-01"),
        ("2024/05/31", "2024-05-31"),
        ("31.05.2024", "2024-05-31"),
        ("31/05/2024", "2024-05-31"),
        ("05/31/2024 09:00", "2024-05-31T09:00"),
        ("1717113600", "2024-05-31"),
        ("1717113600000", "2024-05-31"),
    ],
)
def test_ways_of_writing_a_date(cell, expected):
    assert parse(cell) == np.datetime64(expected, "s")


def test_a_column_tells_the_day_from_the_month():
    assert parse("01/02/2024", "13/02/2024")[0] == np.datetime64("2024-02-01")
    assert parse("01/02/2024", "01/13/2024")[0] == np.datetime64("2024-01-02")
    with pytest.raises(UserError, match="told apart.*line 2.*date_format"):
        parse("01/02/2024", "03/04/2024")
    assert parse("01/02/2024", date_format="%d/%m/%Y")[0] == np.datetime64("2024-02-01")
    assert len(parse()) == 0


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["soon"], "'soon', line 2"),
        (["2024-05-31", "2024-02-30"], "'2024-02-30', line 3"),
        (["2024-05-31", ""], "'', line 3"),
        (["2024-05-31T00:00Z", "2024-06-01T00:00"], "both"),
        (["12345"], "'12345'"),
        (["0001-01-01T00:00+05:00"], "the years 1 to 9999 of UTC.*line 2"),
    ],
)
def test_what_is_no_date_is_named(cells, message):
    with pytest.raises(UserError, match=message):
        parse(*cells)


@pytest.mark.parametrize("date_format", ["%d %b", "%Y %Y", "%"])
def test_a_format_that_does_not_fit_is_named(date_format):
    with pytest.raises(UserError, match=f"date_format='{date_format}' says; got '2024', line 2"):
        parse("2024", date_format=date_format)


def test_dates_are_shown_as_people_write_them():
    assert show_date(np.datetime64("2024-05-31")) == "2024-05-31"
    assert show_date(np.datetime64("2024-05-31T14:30")) == "2024-05-31 14:30"
