"""Series that come with packages of PyPI, read as files; their packages are not imported."""

import importlib.util
import os
import pathlib
from typing import Any, NamedTuple

from hachi_tf.errors import UserError


class Bundled(NamedTuple):
    """Where a series lies and how to read it.

    Attributes:
        package: the package on PyPI that brings it, which is imported by the same name.
        path: of the file in the package.
        licence: of the data.
        credit: whom to name.
        options: of the source `time_series`, unless a person names others.
    """

    package: str
    path: str
    licence: str
    credit: str
    options: dict[str, Any]


BUNDLED = {
    "prices": Bundled(
        "bokeh_sampledata",
        "_data/stocks.csv.gz",
        "public domain",
        "Quandl WIKI Prices, in the package bokeh_sampledata (Bokeh contributors)",
        {"series": "Ticker", "values": "Adj Close", "gaps": "skip", "calendar": ()},
    ),
    "co2": Bundled(
        "statsmodels",
        "datasets/co2/co2.csv",
        "public domain",
        "C. D. Keeling and T. P. Whorf, CDIAC, in the package statsmodels (its developers)",
        {"values": "co2"},
    ),
    "sunspots": Bundled(
        "statsmodels",
        "datasets/sunspots/sunspots.csv",
        "public domain",
        "National Geophysical Data Center, in the package statsmodels (its developers)",
        {"values": "SUNACTIVITY"},
    ),
}
"""Series by name: daily prices of five stocks, weekly CO2 at Mauna Loa, yearly sunspots."""


def find_bundled(name: str) -> pathlib.Path:
    """The file of a bundled series.

    Raises:
        UserError: if there is no such series, or its package is not installed.
    """
    if name not in BUNDLED:
        raise UserError(
            f"--data=FILE.csv, or one of the series {', '.join(BUNDLED)}",
            f"no --data, and the series {name!r}",
        )
    bundled = BUNDLED[name]
    spec = importlib.util.find_spec(bundled.package)
    for folder in (spec and spec.submodule_search_locations) or ():
        path = pathlib.Path(folder, *bundled.path.split("/"))
        if os.path.isfile(path):
            return path
    raise UserError(
        f"the package {bundled.package}, which brings the series {name!r}",
        "none, or one without it",
        "python -m pip install 'hachi_tf[series]', or name a file with --data",
    )
