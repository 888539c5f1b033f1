"""Time series: a file with a column of dates and columns of numbers."""

import logging
import os
from collections.abc import Iterator
from collections.abc import Sequence as SequenceOf
from typing import Any, Literal

import numpy as np

from hachi_tf.data.sources.archives import digest_named
from hachi_tf.data.sources.file_lists import find_files, first_files
from hachi_tf.data.sources.source import Sequence, Source, check_size
from hachi_tf.errors import UserError
from hachi_tf.schema import Feature, Schema
from hachi_tf.series import (
    Columns,
    Panel,
    calendar_columns,
    check_positive,
    known_rows,
    make_panel,
    read_sheet,
    suggest_transform,
)
from hachi_tf.series.bundled import BUNDLED, find_bundled
from hachi_tf.series.reading import SUFFIXES, TIME_NAMES, first_header
from hachi_tf.series.splitting import SPLITS, divide_by_date, split_dates
from hachi_tf.transforms import (
    Chain,
    Changes,
    SeriesScale,
    Standardize,
    StandardizeKnown,
    Transform,
)

log = logging.getLogger(__name__)
_DEFAULT = "prices"
TRANSFORMS = ("auto", "log_returns", "differences", "scale", "none")


class TimeSeries(Source):
    """One or many series of numbers over dates, from CSV files.

    The first column called `date`, or the like, holds the dates, at one distance; all series lie
    on the same grid. `series` names the column that tells several series in one file apart, with
    `layout='wide'` each column of values is a series of its own, and of several files each holds
    its own. A value may be missing, where a cell is empty or `nan`; as an input it becomes 0 with
    a 1 beside it, and the loss leaves it out.

    Without data: daily prices of five stocks (`series='prices'`), weekly CO2 at Mauna Loa
    (`'co2'`) or yearly sunspots (`'sunspots'`), which the packages of the extra `series` bring.

    What is held out is the time after a date, of all series together, so that nothing of the
    future is learned from; each held-out part is read with what came before it.

    Args:
        data: a .csv, .tsv or .csv.gz, a folder of these, a pattern, or several with commas.
        series: the column that names the series; without data, the name of a bundled series.
        values: the columns to predict together; all with numbers by default.
        covariates: columns that are known before what is predicted, also for the rows after the
            last value, of which they may tell.
        time: the column of dates.
        date_format: how dates are written, as `datetime.strptime` has it.
        layout: "columns" for one series of all columns of values, "wide" for one of each.
        frequency: such as '15 min', 'h', 'D', 'B' (Monday to Friday), 'W', 'M', 'Q', 'Y' or
            'irregular'; "auto" to find out.
        gaps: what becomes of dates that are left out: "missing" for rows without values, "skip"
            for none, "error" to allow none.
        calendar: inputs out of 'hour_of_day', 'day_of_week' and 'day_of_year'; "auto" for what
            suits the frequency.
        transform: what the network predicts: "log_returns" of prices, "differences", values over
            the "scale" of their series so far, or values as they are ("none"); "auto" for
            differences of what walks, as logarithms if all are above 0 and differ much.
        identity: whether the network is told which series it reads.
        validation_from: the first date that is held out; the last tenth by default.
        test_from: the first date of a split "test" after that.

    Raises:
        UserError: if there is no such file, or an option is out of range.
    """

    name = "time_series"
    independent = False
    renderer = "series"
    lead = 1024

    def __init__(
        self,
        data: str | os.PathLike | None = None,
        series: str | None = None,
        values: str | tuple | list | None = None,
        covariates: str | tuple | list = (),
        time: str | None = None,
        date_format: str | None = None,
        layout: Literal["columns", "wide"] = "columns",
        frequency: str = "auto",
        gaps: str | None = None,
        calendar: str | tuple | list | None = None,
        transform: Literal["auto", "log_returns", "differences", "scale", "none"] = "auto",
        identity: bool = False,
        validation_from: str | None = None,
        test_from: str | None = None,
    ):
        self._bundled = None
        own: dict[str, Any] = {}
        if data is None:
            self._bundled = BUNDLED.get(series or _DEFAULT)
            data, own = find_bundled(series or _DEFAULT), self._bundled.options
            series = None
        given = {"series": series, "values": values, "gaps": gaps, "calendar": calendar}
        plain = {"gaps": "missing", "calendar": "auto"}
        given = {
            key: own.get(key, plain.get(key)) if value is None else value
            for key, value in given.items()
        }
        super().__init__(
            data, **given, covariates=covariates, time=time, date_format=date_format,
            layout=layout, frequency=frequency, transform=transform, identity=identity,
            validation_from=validation_from, test_from=test_from,
        )  # fmt: skip
        if layout not in ("columns", "wide") or transform not in TRANSFORMS:
            raise UserError(
                f"layout='columns' or 'wide', and transform as one of {', '.join(TRANSFORMS)}",
                f"{layout!r} and {transform!r}",
            )
        self._starts = split_dates(validation_from, test_from)
        self.licence = self._bundled.licence if self._bundled else "as the series' owner says"
        self.credit = self._bundled.credit if self._bundled else "as the series' owner says"
        self._panel: Panel | None = None
        self._schema: Schema | None = None

    @property
    def panel(self) -> Panel:
        """The series with their dates; the files are read for them."""
        if self._panel is None:
            options = self.options
            columns = Columns(
                options["time"],
                options["series"],
                _names(options["values"]),
                _names(options["covariates"]),
                options["date_format"],
            )
            sheets = {
                _stem(name): read_sheet(path, columns) for name, path in self._files().items()
            }
            wide = options["layout"] == "wide"
            self._panel = make_panel(sheets, wide, options["frequency"], options["gaps"])
        return self._panel

    @property
    def calendar(self) -> list[str]:
        """The columns of calendar features."""
        return calendar_columns(self.options["calendar"], self.panel.frequency)

    @property
    def schema(self) -> Schema:
        """The values, then what is known before: calendar features, covariates, the series."""
        if self._schema is None:
            panel = self.panel
            features = [Feature(name, missing=True) for name in panel.values]
            features += [Feature(name, role="known") for name in self.calendar]
            features += [
                _covariate(name, [each.covariates[index] for each in panel.series])
                for index, name in enumerate(panel.covariates)
            ]
            if self.options["identity"]:
                ids = tuple(each.id for each in panel.series)
                features.append(Feature("series", "categorical", role="known", classes=ids))
            self._schema = Schema(tuple(features))
        return self._schema

    def use_schema(self, schema: Schema, grow: bool = False) -> None:
        """Reads the series as a model knows them: with its classes of covariates.

        Args:
            schema: the model's columns.
            grow: has no effect.

        Raises:
            UserError: if a column that the model has is missing.
        """
        del grow
        lacking = [name for name in schema.names if name not in self.schema.names]
        if lacking:
            raise UserError(
                f"the columns that the model knows, {', '.join(schema.names)}",
                f"no {', '.join(lacking)}",
                "name a file that has them, or the source's options as in training",
            )
        self._schema = schema

    @property
    def splits(self) -> tuple[str, ...]:
        """Those that `validation_from` and `test_from` make."""
        return SPLITS[: len(self._starts) + 1] if self._starts else ()

    def divide(
        self, ids: SequenceOf[str], lengths: np.ndarray, fraction: float | None
    ) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """See `Source.divide`: splits at dates, the same ones for all series."""
        by_id = {f"{self.name}/{each.id}": each.dates[: len(each)] for each in self.panel.series}
        starts = self._starts if fraction is None else []
        return divide_by_date([by_id[name] for name in ids], starts, fraction)

    def default_transforms(self) -> Transform:
        """What `transform` says of the values, and covariates to mean 0, standard deviation 1."""
        schema = self.schema
        values = schema.columns("continuous", predicted=True)
        known = [
            index
            for index in schema.columns("continuous")
            if schema.features[index].role == "known" and schema.names[index] not in self.calendar
        ]
        chain: list[Transform] = [StandardizeKnown(known)] if known else []
        kind = self.options["transform"]
        if kind == "auto":
            kind = suggest_transform(self.panel)
            log.info("transform='%s', judged by the first half of the data", kind)
        if kind == "log_returns":
            check_positive(self.panel)
        if kind in ("log_returns", "differences"):
            return Chain([*chain, Changes(values, log=kind == "log_returns")])
        if kind == "scale":
            chain.append(SeriesScale(values))
        return Chain([*chain, Standardize(values)])

    def read(self) -> Iterator[Sequence]:
        """Reads the series; see `Source.read`."""
        panel, schema = self.panel, self.schema
        predicted = schema.columns(predicted=True)
        known = [index for index in range(len(schema)) if index not in predicted]
        own = [panel.values.index(schema.names[index]) for index in predicted]
        for each in panel.series:
            events = np.zeros([len(each), len(schema)])
            events[:, predicted] = each.values[:, own]
            events[:, known] = self.known_rows(each.id)[: len(each)]
            yield check_size(Sequence(events, None, f"{self.name}/{each.id}"))

    def known_rows(self, name: str, num_future: int = 0) -> np.ndarray:
        """What is known before, of each row of a series and of rows after its last value.

        Args:
            name: the series' id.
            num_future: how many rows after it are wanted.

        Returns:
            `[T + num_future, K]` in the order of the schema's known columns; without
            `num_future` of all rows that the file has.

        Raises:
            UserError: if the file does not tell enough of the future.
        """
        features = [feature for feature in self.schema.features if feature.role == "known"]
        return known_rows(self.panel, features, name, num_future)

    @classmethod
    def recognizes(cls, path: str) -> bool:
        """Whether it is a .csv or .tsv whose first line names a column of dates."""
        if os.path.isdir(path):
            return any(cls.recognizes(each) for each in first_files(path, SUFFIXES, 1))
        if not path.lower().endswith(SUFFIXES):
            return False
        names = [name.lower() for name in first_header(path)]
        return bool(set(names) & set(TIME_NAMES[:-1])) and names[0] != "time"

    def _files(self) -> dict[str, str]:
        return find_files(self.data, SUFFIXES, "files of series (.csv, .tsv, .csv.gz)")

    def _digest_inputs(self, digest: Any) -> None:
        if self._schema is not None:
            digest.update(repr(self._schema.to_dict()).encode())
        digest_named(self._files(), digest)


def _covariate(name: str, parts: list[np.ndarray]) -> Feature:
    values = np.concatenate(parts)
    if values.dtype == object:
        classes = tuple(sorted(set(values) - {""}))
        return Feature(name, "categorical", role="known", classes=classes or ("",))
    return Feature(name, role="known", missing=bool(np.isnan(values).any()))


def _names(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


def _stem(name: str) -> str:
    suffixes = [suffix for suffix in SUFFIXES if name.lower().endswith(suffix)]
    return name[: -len(max(suffixes, key=len))] if suffixes else name
