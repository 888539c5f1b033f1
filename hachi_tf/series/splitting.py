"""Splits of series at dates: nobody learns from a time that others are tested on."""

import logging
from collections.abc import Sequence

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.series.dates import parse_dates, show_date

log = logging.getLogger(__name__)

SPLITS = ("train", "validation", "test")
_FRACTION = 0.1  # that is held out if nobody says how much


def split_dates(validation_from: str | None, test_from: str | None) -> list[np.datetime64]:
    """The dates at which splits begin, in order; none, one or two.

    Raises:
        UserError: for what is no date, or dates in the wrong order.
    """
    given = (("validation_from", validation_from), ("test_from", test_from))
    dates = [
        parse_dates([text], lambda _, name=name: f"in {name}")[0] for name, text in given if text
    ]
    if test_from and not (validation_from and dates[0] < dates[1]):
        raise UserError("validation_from=... before test_from", f"{validation_from!r}")
    return dates


def divide_by_date(
    dates: Sequence[np.ndarray], starts: Sequence[np.datetime64], fraction: float | None
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Where the splits of series begin and end.

    Args:
        dates: of the rows of each of n series, ascending.
        starts: the dates at which the splits after the first one begin; if there are none, one
            is chosen so that the share `fraction` of all rows is held out.
        fraction: from 0 to below 1; 0.1 if None.

    Returns:
        By the split's name, first rows and those after the last one, `[n]` each.

    Raises:
        UserError: if nothing is left to learn from.
    """
    if not starts:
        everything = np.sort(np.concatenate(dates))
        place = round(len(everything) * (1.0 - (_FRACTION if fraction is None else fraction)))
        starts = everything[place : place + 1]
    lengths = np.array([len(own) for own in dates], np.int64)
    cuts = [np.array([np.searchsorted(own, start) for own in dates], np.int64) for start in starts]
    cuts = [0 * lengths, *cuts, lengths]
    if not cuts[1].any():
        raise UserError(
            "something to learn from before validation_from",
            f"series that begin on {show_date(min(own[0] for own in dates))}",
            "choose a later date",
        )
    if len(starts):
        log.info("held out: %s and later, of all series", " and ".join(map(show_date, starts)))
    pairs = zip(SPLITS, cuts[:-1], cuts[1:], strict=False)
    return {name: (begin, end) for name, begin, end in pairs}
