"""How far apart the rows of a time series are."""

import dataclasses
import re
from collections import Counter

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.series.dates import show_date

_DAY = 86_400
_SECONDS = {"s": 1, "min": 60, "h": 3600, "D": _DAY, "W": 7 * _DAY}
_MONTHS = {"M": 1, "Q": 3, "Y": 12}
_WRITTEN = re.compile(r"(\d{1,9})?\s*(s|min|h|D|W|M|Q|Y)")
_WORDS = {
    "s": "second", "min": "minute", "h": "hour", "D": "day", "W": "week", "M": "month",
    "Q": "quarter", "Y": "year", "B": "working day",
}  # fmt: skip
_SHORTEST_MONTH = 25 * _DAY  # from one month's first working day to the next one's, and less


@dataclasses.dataclass(frozen=True)
class Frequency:
    """The step between the rows of a regular series.

    Attributes:
        unit: `"s"` (seconds), `"B"` (days from Monday to Friday), `"M"` (months), or `""` if
            the rows are not regular.
        step: how many of them.
    """

    unit: str
    step: int = 1

    @classmethod
    def parse(cls, text: str) -> "Frequency":
        """What `15 min`, `h`, `D`, `B`, `2 W`, `M`, `Q`, `Y` or `irregular` says.

        Raises:
            UserError: for anything else.
        """
        match = _WRITTEN.fullmatch(text.strip())
        if text in ("irregular", "B"):
            return cls("" if text == "irregular" else "B")
        if not match or not int(match[1] or 1):
            raise UserError("a frequency such as '15 min', 'h', 'D', 'B' (Monday to Friday), "
                            "'W', 'M', 'Q', 'Y' or 'irregular'", repr(text))  # fmt: skip
        count = int(match[1] or 1)
        if match[2] in _MONTHS:
            return cls("M", count * _MONTHS[match[2]])
        return cls("s", count * _SECONDS[match[2]])

    def __str__(self) -> str:
        return self.counted().removeprefix("1 ")

    def counted(self) -> str:
        """The step with its number: `1 day`, `15 minutes`; `irregular` if there is none."""
        if not self.unit:
            return "irregular"
        word, count = self._word()
        return f"{count} {word}{'s' * (count != 1)}"

    @property
    def season(self) -> int:
        """Rows in the season that people think of first; 1 if there is none.

        A day of hours or minutes, a week of days, a year of weeks, months or quarters.
        """
        if self.unit == "B":
            return 5
        if self.unit == "M":
            return max(12 // self.step, 1)
        if self.unit == "s":
            for length in (_DAY, 7 * _DAY, round(365.25 * _DAY)):
                if self.step < length:
                    return max(round(length / self.step), 1)
        return 1

    def places(self, dates: np.ndarray) -> np.ndarray | None:
        """How many steps each date is after the first one, int64 `[n]`.

        None if one of them falls between two steps; of irregular ones 0, 1, 2, ...
        """
        if not self.unit:
            return np.arange(len(dates))
        if self.unit == "B":
            days = dates.astype("datetime64[D]")
            if not np.is_busday(days).all() or (dates != days).any():
                return None
            return np.busday_count(days[0], days)
        if self.unit == "M":
            months = _months(dates)
            if (np.diff(months) < 1).any():
                return None
            counts = months - months[0]
        else:
            counts = (dates - dates[0]).astype("timedelta64[s]").astype(np.int64)
        return counts // self.step if (counts % self.step == 0).all() else None

    def dates(self, first: np.datetime64, count: int, like: np.ndarray | None = None) -> np.ndarray:
        """Dates one step apart, datetime64[s] `[count]`.

        Args:
            first: where they begin.
            count: how many.
            like: dates of the same series: if they are all last days of months, so are these.

        Raises:
            UserError: if the rows are not regular.
        """
        first = first.astype("datetime64[s]")
        steps = np.arange(count)
        if self.unit == "s":
            return first + steps * np.timedelta64(self.step, "s")
        if self.unit == "B":
            day = first.astype("datetime64[D]")
            return np.busday_offset(day, steps, roll="forward").astype("datetime64[s]")
        if self.unit != "M":
            raise UserError("rows at a regular distance, to go on with dates", "irregular ones")
        months = first.astype("datetime64[M]") + steps * self.step
        starts = months.astype("datetime64[D]")
        last = (months + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
        if _at_month_ends(np.array([first]) if like is None else like):
            return last.astype("datetime64[s]")
        day = first.astype("datetime64[D]") - first.astype("datetime64[M]").astype("datetime64[D]")
        return np.minimum(starts + day, last).astype("datetime64[s]")

    def _word(self) -> tuple[str, int]:
        if self.unit == "B":
            return _WORDS["B"], self.step
        units = _MONTHS if self.unit == "M" else _SECONDS
        name = max((name for name in units if self.step % units[name] == 0), key=units.get)
        return _WORDS[name], self.step // units[name]


def infer_frequency(series: list[np.ndarray]) -> Frequency:
    """The frequency of series, all with the same.

    Args:
        series: dates of each, datetime64[s], ascending and different.

    Raises:
        UserError: if there is no step that all distances are multiples of, or no two dates.
    """
    series = [dates for dates in series if len(dates) > 1]
    if not series:
        raise UserError("a series with at least two dates", "none")
    distances = np.concatenate([_distances(dates) for dates in series])
    step = Counter(distances.tolist()).most_common(1)[0][0]
    monthly = distances.min() >= _SHORTEST_MONTH
    if monthly and all(map(_same_day, series)):
        return Frequency("M", _commonest_months(series))
    if (distances % step == 0).all():
        weekdays = all(np.is_busday(dates.astype("datetime64[D]")).all() for dates in series)
        is_working_days = step == _DAY and weekdays and (distances >= 3 * _DAY).any()
        return Frequency("B") if is_working_days else Frequency("s", step)
    if monthly and all((np.diff(_months(dates)) > 0).all() for dates in series):
        return Frequency("M", _commonest_months(series))
    dates, row = next(
        (dates, int(np.flatnonzero(_distances(dates) % step)[0]))
        for dates in series
        if (_distances(dates) % step).any()
    )
    other = Frequency("s", int(_distances(dates)[row]))
    raise UserError(
        "rows at one distance, or gaps of whole steps",
        f"distances of {Frequency('s', step).counted()} and of {other.counted()}, "
        f"the latter after {show_date(dates[row])}",
        "bring the file to one frequency, or say frequency='irregular'",
    )


def _commonest_months(series: list[np.ndarray]) -> int:
    steps = np.concatenate([np.diff(_months(dates)) for dates in series])
    step = Counter(steps.tolist()).most_common(1)[0][0]
    return step if (steps % step == 0).all() else int(np.gcd.reduce(steps))


def _distances(dates: np.ndarray) -> np.ndarray:
    return np.diff(dates).astype("timedelta64[s]").astype(np.int64)


def _months(dates: np.ndarray) -> np.ndarray:
    return dates.astype("datetime64[M]").astype(np.int64)


def _same_day(dates: np.ndarray) -> bool:
    """Whether all dates are of one day of the month and one time of day, or all its last."""
    within = dates - dates.astype("datetime64[M]").astype("datetime64[s]")
    return bool((within == within[0]).all()) or _at_month_ends(dates)


def _at_month_ends(dates: np.ndarray) -> bool:
    days = dates.astype("datetime64[D]")
    next_days = days + np.timedelta64(1, "D")
    ends = next_days.astype("datetime64[M]") != days.astype("datetime64[M]")
    return bool(ends.all() and (dates == days).all())
