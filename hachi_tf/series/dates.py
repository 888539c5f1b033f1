"""Dates and times in columns of text, all in one way of writing."""

import datetime
import re
from collections.abc import Callable, Sequence

import numpy as np

from hachi_tf.errors import UserError

_YEAR, _MONTH = re.compile(r"\d{4}(\.0*)?"), re.compile(r"(\d{4})-?M?(\d{2})")
_QUARTER = re.compile(r"(\d{4})[- ]?Q([1-4])", re.IGNORECASE)
_EPOCH = {10: 1, 13: 1000}  # digits of seconds and of milliseconds since 1970
_ORDERS = ("%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d-%m-%Y", "%m-%d-%Y")
_CLOCKS = ("", " %H:%M", " %H:%M:%S")
_FORMATS = tuple(order + clock for order in _ORDERS for clock in _CLOCKS)
_EXAMPLES = "2024-05-31, 2024-05-31 14:00, 2024-05, 2024Q2 or 2024"

Place = Callable[[int], str]


def parse_dates(cells: Sequence[str], place: Place, date_format: str | None = None) -> np.ndarray:
    """Reads a column of dates.

    ISO 8601, with a time of day or without, months, quarters and years alone, seconds or
    milliseconds since 1970, and days, months and years between slashes, dots or hyphens. What has
    an offset from UTC is brought to UTC.

    Args:
        cells: the texts.
        place: where the text of an index stands, for errors.
        date_format: how dates are written, as `datetime.strptime` has it; None to find out.

    Returns:
        datetime64[s] `[n]`.

    Raises:
        UserError: naming the place, if one is no date, or the day and the month cannot be told
            apart.
    """
    cells = [cell.strip() for cell in cells]
    if not cells:
        return np.zeros(0, "datetime64[s]")
    if date_format:
        readers: list[Callable[[str], datetime.datetime]] = [_strptime(date_format)]
    else:
        readers = [reader for reader in _READERS if _reads(reader, cells[0])]
    if date_format and not _reads(readers[0], cells[0]):
        raise UserError(f"dates as date_format={date_format!r} says", f"{cells[0]!r}, {place(0)}")
    if not readers:
        raise UserError(
            f"a date such as {_EXAMPLES}",
            f"{cells[0]!r}, {place(0)}",
            "or say how dates are written, e.g. date_format='%d %b %Y'",
        )
    failures = []
    found = []
    for reader in readers:
        try:
            found.append([reader(cell) for cell in cells])
        except ValueError:
            row = next(i for i, cell in enumerate(cells) if not _reads(reader, cell))
            failures.append((row, cells[row]))
    if not found:
        row, cell = max(failures)
        raise UserError(f"a date as before, e.g. {cells[0]!r}", f"{cell!r}, {place(row)}")
    if len(found) > 1 and any(other != found[0] for other in found[1:]):
        raise UserError(
            "dates in which the day and the month can be told apart",
            f"{cells[0]!r}, {place(0)}",
            "say how they are written, e.g. date_format='%d/%m/%Y'",
        )
    return _to_numpy(found[0], place)


def show_date(date: np.datetime64) -> str:
    """A date as people write it: without the time of day if it is midnight."""
    text = str(date.astype("datetime64[s]"))
    return text.removesuffix("T00:00:00").replace("T", " ").removesuffix(":00")


def _to_numpy(found: list[datetime.datetime], place: Place) -> np.ndarray:
    aware = [each.tzinfo is not None for each in found]
    if any(aware) and not all(aware):
        raise UserError(
            "an offset from UTC in all times, or in none", f"both; see {place(aware.index(False))}"
        )
    if any(aware):
        found = [_to_utc(each, place, row) for row, each in enumerate(found)]
    return np.array(found, "datetime64[s]")


def _to_utc(found: datetime.datetime, place: Place, row: int) -> datetime.datetime:
    try:
        return found.astimezone(datetime.UTC).replace(tzinfo=None)
    except OverflowError:
        raise UserError("dates in the years 1 to 9999 of UTC", f"{found}, {place(row)}") from None


def _iso(cell: str) -> datetime.datetime:
    if _MONTH.fullmatch(cell) or cell.isdigit() and len(cell) != 8:
        raise ValueError(cell)
    return datetime.datetime.fromisoformat(cell)


def _year(cell: str) -> datetime.datetime:
    if not _YEAR.fullmatch(cell):
        raise ValueError(cell)
    return datetime.datetime(int(cell[:4]), 1, 1)


def _month(cell: str) -> datetime.datetime:
    match = _MONTH.fullmatch(cell)
    if not match:
        raise ValueError(cell)
    return datetime.datetime(int(match[1]), int(match[2]), 1)


def _quarter(cell: str) -> datetime.datetime:
    match = _QUARTER.fullmatch(cell)
    if not match:
        raise ValueError(cell)
    return datetime.datetime(int(match[1]), 3 * int(match[2]) - 2, 1)


def _epoch(cell: str) -> datetime.datetime:
    if not cell.isdigit() or len(cell) not in _EPOCH:
        raise ValueError(cell)
    start = datetime.datetime(1970, 1, 1)
    return start + datetime.timedelta(seconds=int(cell) / _EPOCH[len(cell)])


def _strptime(date_format: str) -> Callable[[str], datetime.datetime]:
    def read(cell: str) -> datetime.datetime:
        try:
            return datetime.datetime.strptime(cell, date_format)
        except re.error as error:  # a part of the format comes twice
            raise ValueError(cell) from error

    return read


_READERS = (_iso, _year, _month, _quarter, _epoch, *map(_strptime, _FORMATS))


def _reads(reader: Callable[[str], datetime.datetime], cell: str) -> bool:
    try:
        reader(cell)
    except ValueError:
        return False
    return True
