"""Files of series: what they may hold, and what is said of those that do not."""

import gzip
import logging

import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.series import Columns, make_panel, read_sheet
from hachi_tf.series.reading import first_header

DAILY = "date,close\n2024-01-01,1\n2024-01-02,2.5\n2024-01-03,\n2024-01-05,4\n"


@pytest.fixture
def panel(tmp_path):
    def make(text, name="a.csv", columns=None, **options):
        path = tmp_path / name
        content = text.encode() if isinstance(text, str) else text
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return make_panel({"a": read_sheet(path, columns or Columns())}, **options)

    return make


def test_gaps_become_missing_values_and_are_said(panel, caplog):
    caplog.set_level(logging.INFO)
    found = panel(DAILY)
    (series,) = found.series
    assert (str(found.frequency), found.values, series.id) == ("day", ("close",), "a")
    np.testing.assert_array_equal(series.values[:, 0], [1, 2.5, np.nan, np.nan, 4])
    assert str(series.dates[3])[:10] == "2024-01-04"
    assert "1 dates left out in gaps are filled with missing values; 2 rows lack" in caplog.text
    assert len(panel(DAILY, gaps="skip").series[0]) == 4
    with pytest.raises(UserError, match="a row each day.*after 2024-01-03, line 4"):
        panel(DAILY, gaps="error")
    with pytest.raises(UserError, match="gaps as one of"):
        panel(DAILY, gaps="guess")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("date;close\n2024-01-01;1,5\n2024-01-02;2,5\n2024-01-03;1e1\n", "a.csv"),
        ("date\tclose\n2024-01-01\t1.5\n2024-01-02\t2.5\n2024-01-03\t10\n", "a.tsv"),
        ("\ufeffDate,close\r\n2024-01-01, 1.5\r\n2024-01-02,2.5\r\n\r\n2024-01-03,10\r\n", "a.csv"),
        ("close,ds\n10,2024-01-03\n2.5,2024-01-02\n1.5,2024-01-01\n", "a.csv.gz"),
    ],
)
def test_files_as_spreadsheets_write_them(panel, text, name):
    (series,) = panel(text, name).series
    np.testing.assert_array_equal(series.values[:, 0], [1.5, 2.5, 10])


LONG = "date,shop,sold\n" + "".join(
    f"2024-01-{day:02d},{shop},{day * scale}\n" for shop, scale in (("b", 2), ("a", 1))
    for day in range(1, 6)
)  # fmt: skip


def test_many_series_long_wide_or_a_file_each(panel, tmp_path):
    long = panel(LONG)
    assert [each.id for each in long.series] == ["a", "b"]
    np.testing.assert_array_equal(long.series[1].values[:, 0], [2, 4, 6, 8, 10])
    text = "date,x,y\n" + "".join(
        f"2024-01-{d:02d},{d},{'' if d < 3 else d}\n" for d in range(1, 9)
    )
    wide = panel(text, wide=True)
    assert [(each.id, len(each)) for each in wide.series] == [("x", 8), ("y", 6)]
    assert wide.values == ("value",) and str(wide.series[1].dates[0])[:10] == "2024-01-03"
    (together,) = panel(text).series
    assert together.values.shape == (8, 2)
    sheets = {}
    for name in ("north", "south"):
        (tmp_path / f"{name}.csv").write_text(DAILY)
        sheets[name] = read_sheet(tmp_path / f"{name}.csv", Columns())
    assert [each.id for each in make_panel(sheets).series] == ["north", "south"]
    (tmp_path / "odd.csv").write_text(DAILY.replace("close", "open"))
    sheets["odd"] = read_sheet(tmp_path / "odd.csv", Columns())
    with pytest.raises(UserError, match="same columns"):
        make_panel(sheets)


def test_covariates_may_tell_of_the_future(panel):
    text = "date,price,holiday,weather\n" + "".join(
        f"2024-01-{day:02d},{day if day < 6 else ''},{day % 2},{'sun' if day % 3 else 'rain'}\n"
        for day in range(1, 9)
    )
    columns = Columns(values=("price",), covariates=("holiday", "weather"))
    (series,) = panel(text, columns=columns).series
    assert len(series) == 5 and len(series.dates) == 8
    assert series.covariates[0].tolist() == [1, 0, 1, 0, 1, 0, 1, 0]
    assert series.covariates[1][-3:].tolist() == ["rain", "sun", "sun"]
    only = Columns(values=("price",))
    assert len(panel(text, columns=only).series[0].dates) == 5


def rows(*values, start=1):
    lines = [f"2024-01-{start + i:02d},{value}" for i, value in enumerate(values)]
    return "date,x\n" + "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (rows(1, 2, "inf", 4), "finite numbers in column x.*'inf' in .*a.csv, line 4"),
        (rows(1, 2, "1e999", 4), "finite numbers"),
        (rows(1, 2, "3 apples", 4), "numbers in column x.*'3 apples'.*line 4"),
        ("date,x\n2024-01-01,a\n2024-01-02,a\n", "a column with numbers to predict"),
        (rows(5), "at least 3 values"),
        (rows(5, 5, 5, 5), "not all the same"),
        (rows("", "", ""), "at least 3 values"),
        (rows(1, 2, 3) + "2024-01-02,9\n", "order.*2024-01-02 after 2024-01-03.*line 5.*sort"),
        (rows(1, 2, 3) + "2024-01-03,9\n", "each date once.*2024-01-03 again.*line 5.*symbol"),
        (rows(1, 2, 3) + "2024-01-05,9,7\n", "2 cells in a row.*3 in line 5"),
        (rows(1, 2, 3) + "tomorrow,9\n", "a date as before.*'tomorrow'.*line 5"),
        ("when,x\n2024-01-01,3\n", "a column of dates.*when, x.*time="),
        ("date,x\n", "a header only"),
        ("", "a header and rows"),
        ("date,x,x\n2024-01-01,1,2\n", "name of its own"),
        ("2023,5\n2024,6\n", "names the columns"),
        ("date,a,b,x\n2024-01-01,p,q,1\n", "words in a, b.*say which is which"),
        (b"date,x\n2024-01-01,\xff\n", "UTF-8.*line 2"),
        (rows(1, 2, "1_000", 4), "numbers in column x.*'1_000'.*line 4"),
        ("date,x\n2024-01-01,1\n2024-01-02,2\n2024-01-02T05:00,2\n2030-01-03,3\n", "distances"),
    ],
)
def test_bad_input_is_named(panel, text, message):
    with pytest.raises(UserError, match=message):
        panel(text)


def test_series_that_cannot_be_learned_are_left_out_and_named(panel, caplog):
    text = LONG + "".join(f"2024-01-{day:02d},shut,0\n" for day in range(1, 6))
    assert [each.id for each in panel(text).series] == ["a", "b"]
    assert "1 of 3 series are left out" in caplog.text and "shut" in caplog.text


def test_columns_are_taken_at_ones_word(panel):
    text = "t,when,x,id\n1,2024-01-01,5,7\n2,2024-01-02,6,7\n3,2024-01-03,8,7\n"
    columns = Columns(time="when", series="id", values=("x",))
    (series,) = panel(text, columns=columns).series
    assert series.id == "7" and series.values[:, 0].tolist() == [5, 6, 8]
    with pytest.raises(UserError, match="a column 'y'.*t, when, x, id"):
        panel(text, columns=Columns(values=("y",)))
    with pytest.raises(UserError, match="numbers in column when.*line 2"):
        panel(text, columns=Columns(time="t", values=("when",)))


def test_the_dates_are_no_values_and_no_covariates(panel):
    for columns in (Columns(values=("date",)), Columns(covariates=("date",))):
        with pytest.raises(UserError, match="than the dates of .*a.csv; got 'date'"):
            panel(DAILY, columns=columns)


def test_names_with_underscores_are_no_numbers(panel):
    text = "date,id,x\n" + "".join(
        f"2024-01-{day:02d},1_{shop},{day * shop}\n" for shop in (1, 2) for day in range(1, 5)
    )
    assert [each.id for each in panel(text).series] == ["1_1", "1_2"]


def test_a_damaged_gz_file_is_named(tmp_path):
    content = bytearray(gzip.compress(DAILY.encode() * 99))
    content[30:60] = b"\xff" * 30
    (tmp_path / "a.csv.gz").write_bytes(content)
    with pytest.raises(UserError, match="a file of series that can be read"):
        read_sheet(tmp_path / "a.csv.gz", Columns())
    assert first_header(str(tmp_path / "a.csv.gz")) == []


def test_a_file_full_of_holes_is_not_filled(panel):
    text = "date,x\n" + "".join(
        f"{year}-01-01T0{year % 7}:00,{year}\n" for year in range(2000, 2012)
    )
    with pytest.raises(UserError, match="gaps='skip'"):
        panel(text, frequency="h")
    assert len(panel(text, frequency="irregular").series[0]) == 12
    with pytest.raises(UserError, match="dates in steps of 1 day"):
        panel(text, frequency="D")
