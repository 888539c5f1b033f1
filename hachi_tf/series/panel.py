"""Series of one kind together: on one grid of dates, with what is missing marked as such."""

import dataclasses
import logging
from collections.abc import Iterator, Sequence

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.series.dates import show_date
from hachi_tf.series.frequency import Frequency, infer_frequency
from hachi_tf.series.reading import Sheet

log = logging.getLogger(__name__)

GAPS = ("missing", "skip", "error")
"""What may become of dates that are left out between two rows."""

_FEWEST = 3  # rows of a series
_MOST_FILLED = 10  # times as many rows as there are


@dataclasses.dataclass(frozen=True)
class Series:
    """One series.

    Attributes:
        id: its name.
        dates: datetime64[s] `[T + N]`, ascending; the last N lie after its last value.
        values: float64 `[T, V]`; NaN is missing.
        covariates: `[T + N]` each, float64, or object of words.
    """

    id: str
    dates: np.ndarray
    values: np.ndarray
    covariates: tuple[np.ndarray, ...] = ()

    def __len__(self) -> int:
        return len(self.values)


@dataclasses.dataclass(frozen=True)
class Panel:
    """Series with the same columns and the same frequency.

    Attributes:
        frequency: of all series; `gaps='skip'` leaves dates out all the same.
        values: names of the columns to predict.
        covariates: names of the columns that are known before.
        series: sorted by their names.
    """

    frequency: Frequency
    values: tuple[str, ...]
    covariates: tuple[str, ...]
    series: tuple[Series, ...]


def make_panel(
    sheets: dict[str, Sheet],
    wide: bool = False,
    frequency: str = "auto",
    gaps: str = "missing",
) -> Panel:
    """Joins files of series.

    Rows from the newest to the oldest are turned around. What comes before a series' first value
    is left out, and so is what comes after its last one, unless covariates tell of it.

    Args:
        sheets: by what to call each file.
        wide: whether each column of values is a series of its own, which then is called `value`.
        frequency: as `Frequency.parse` reads it, or `"auto"`.
        gaps: of dates between two rows that are left out: `"missing"` puts rows without values
            there, `"skip"` takes the rows as they follow one another, `"error"` allows none.

    Raises:
        UserError: for rows in no order, repeated dates, distances of several lengths, a gap where
            none may be, or if no series is left of those that vary and have three rows or more.
    """
    if gaps not in GAPS:
        raise UserError(f"gaps as one of {', '.join(GAPS)}", repr(gaps))
    parts = [part for name, sheet in sheets.items() for part in _parts(name, sheet, wide, sheets)]
    first = parts[0]
    for part in parts:
        if part.names != first.names:
            raise UserError(
                f"the columns {', '.join(sum(first.names, ()))} in all files",
                f"{', '.join(sum(part.names, ()))} in {part.path}",
                "name files with the same columns",
            )
    kept = [part for part in map(_trimmed, parts) if part is not None]
    left_out = sorted(set(part.id for part in parts) - set(part.id for part in kept))
    if not kept:
        raise UserError(
            f"a series of at least {_FEWEST} values that are not all the same",
            f"none in {first.path}",
            "check the file, or name its columns with values='...'",
        )
    if left_out:
        log.warning(
            "%d of %d series are left out, of fewer than %d values or all the same: %s",
            len(left_out),
            len(parts),
            _FEWEST,
            ", ".join(left_out[:10]),
        )
    step = infer_frequency([part.dates for part in kept]) if frequency == "auto" else None
    step = step or Frequency.parse(frequency)
    series = [_on_grid(part, step, gaps) for part in kept]
    series.sort(key=lambda each: each.id)
    _say(series, kept, step, gaps)
    return Panel(step, *first.names, tuple(series))


@dataclasses.dataclass(frozen=True)
class _Part:
    """One series as it stands in a file; `names` of the values and of the covariates."""

    id: str
    path: str
    names: tuple[tuple[str, ...], tuple[str, ...]]
    dates: np.ndarray
    lines: np.ndarray
    values: np.ndarray
    covariates: tuple[np.ndarray, ...]

    def rows(self, chosen: np.ndarray | slice) -> "_Part":
        return dataclasses.replace(
            self,
            dates=self.dates[chosen],
            lines=self.lines[chosen],
            values=self.values[chosen],
            covariates=tuple(column[chosen] for column in self.covariates),
        )


def _parts(name: str, sheet: Sheet, wide: bool, sheets: dict[str, Sheet]) -> Iterator[_Part]:
    """The series of a file, in the order of their dates."""
    alone = len(sheets) == 1
    covariates = tuple(sheet.covariates)
    groups = [(name, np.arange(len(sheet.dates)))]
    if sheet.ids is not None:
        found, inverse = np.unique(sheet.ids.astype(str), return_inverse=True)
        groups = [
            (str(each) if alone else f"{name}/{each}", np.flatnonzero(inverse == index))
            for index, each in enumerate(found)
        ]
    for group, rows in groups:
        names = (("value",) if wide else tuple(sheet.values), covariates)
        columns = [[column] for column in sheet.values] if wide else [list(sheet.values)]
        for chosen in columns:
            title = chosen[0] if wide and alone else f"{group}/{chosen[0]}" if wide else group
            values = np.stack([sheet.values[column] for column in chosen], axis=1)
            known = tuple(sheet.covariates.values())
            part = _Part(title, sheet.path, names, sheet.dates, sheet.lines, values, known)
            yield _ordered(part.rows(rows))


def _ordered(part: _Part) -> _Part:
    """The rows from the oldest to the newest.

    Raises:
        UserError: if they are in no order, or a date comes twice.
    """
    steps = np.diff(part.dates).astype(np.int64)
    if len(steps) and (steps < 0).sum() > (steps > 0).sum():
        part, steps = part.rows(slice(None, None, -1)), -steps[::-1]
    where = np.flatnonzero(steps <= 0)
    if not len(where):
        return part
    row = int(where[0])
    date = show_date(part.dates[row + 1])
    place = f"{part.path}, line {part.lines[row + 1]}"
    several = ", or say which column tells several series apart, e.g. series='symbol'"
    if steps[row] == 0:
        raise UserError("each date once", f"{date} again in {place}", "join the rows" + several)
    raise UserError(
        "dates in their order",
        f"{date} after {show_date(part.dates[row])} in {place}",
        "sort the rows by date" + several,
    )


def _trimmed(part: _Part) -> _Part | None:
    """The rows from the first value on; None if too few are there, or a column never varies."""
    present = np.flatnonzero(~np.isnan(part.values).all(axis=1))
    counts = (~np.isnan(part.values)).sum(axis=0)
    if len(present) < _FEWEST or counts.min() < _FEWEST:
        return None
    spans = np.nanmax(part.values, axis=0) - np.nanmin(part.values, axis=0)
    if not (spans > 0).all():
        return None
    end = len(part.dates) if part.covariates else present[-1] + 1
    return part.rows(slice(int(present[0]), int(end)))


def _on_grid(part: _Part, step: Frequency, gaps: str) -> Series:
    """The series with rows at all dates of the grid, unless gaps are skipped."""
    places = step.places(part.dates)
    if places is None:
        raise UserError(
            f"dates in steps of {step.counted()}",
            f"others in {part.path}, e.g. {show_date(part.dates[0])} and "
            f"{show_date(part.dates[1])}",
            "name another frequency, or 'irregular'",
        )
    length = int(np.flatnonzero(~np.isnan(part.values).all(axis=1))[-1]) + 1
    whole = int(places[-1]) + 1
    if gaps == "error" and whole > len(places):
        row = int(np.flatnonzero(np.diff(places) > 1)[0])
        raise UserError(
            f"a row each {step} in {part.path}",
            f"none after {show_date(part.dates[row])}, line {part.lines[row]}",
            "fill the gap, or choose gaps='missing' or 'skip'",
        )
    if gaps == "skip" or whole == len(places):
        return Series(part.id, part.dates, part.values[:length], part.covariates)
    if whole > _MOST_FILLED * len(places):
        raise UserError(
            f"a row for most steps of {step.counted()} in {part.path}",
            f"{len(places)} rows for {whole} of them",
            "choose gaps='skip', or name another frequency",
        )
    dates = step.dates(part.dates[0], whole, part.dates)
    dates[places] = part.dates
    values = np.full([whole, part.values.shape[1]], np.nan)
    values[places] = part.values
    known = []
    for column in part.covariates:
        filled = np.full(whole, "" if column.dtype == object else np.nan, column.dtype)
        filled[places] = column
        known.append(filled)
    return Series(part.id, dates, values[: places[length - 1] + 1], tuple(known))


def _say(series: Sequence[Series], parts: Sequence[_Part], step: Frequency, gaps: str) -> None:
    """What was found, on one line."""
    rows = sum(map(len, series))
    missing = sum(int(np.isnan(each.values).any(axis=1).sum()) for each in series)
    jumps = [
        np.diff(places) - 1 for part in parts if (places := step.places(part.dates)) is not None
    ]
    left_out = int(sum(jump.sum() for jump in jumps)) if step.unit else 0
    filled = {"missing": "filled with missing values", "skip": "skipped", "error": ""}[gaps]
    first = min(each.dates[0] for each in series)
    last = max(each.dates[len(each) - 1] for each in series)
    text = f"{len(series)} series, {rows:,} rows, {show_date(first)} to {show_date(last)}, "
    text += f"one every {step}" if step.unit else "at no regular distance"
    if left_out:
        text += f"; {left_out:,} dates left out in gaps are {filled}"
    if missing:
        text += f"; {missing:,} rows lack a value"
    log.info("%s", text)
