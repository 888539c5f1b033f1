"""Text as a sequence of characters or bytes."""

import dataclasses
import hashlib
import json
import logging
import os
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np

from hachi_tf.data.sources import default_text
from hachi_tf.data.sources.file_lists import has_file
from hachi_tf.data.sources.source import Coded, Part, Sequence, Source
from hachi_tf.data.sources.text_classes import Classes, named
from hachi_tf.data.sources.text_files import SUFFIXES, TextFiles
from hachi_tf.errors import UserError
from hachi_tf.schema import Feature, Schema

log = logging.getLogger(__name__)

_COLUMNS = {"char": "character", "byte": "byte"}
_LONG_RECORD = 10_000
_DEFAULTS = {"records": None, "errors": "strict", "reset_every": 0}


class Text(Source):
    """Text files, one class a character or a byte; any size, since they are read in chunks.

    Each file is a long sequence, whose last part is held out, or holds independent records of
    which training learns where they end. If all files' names say train, valid(ation) or test, as
    in `ptb.train.txt`, they are what is learned from and what is held out.

    Args:
        data: a file, a folder, a pattern such as `books/*.txt`, or several of these with commas
            between them; None for chapters of Python's language reference.
        unit: "char" for characters in normal form C, line ends as line feeds; "byte"
            for bytes as they are.
        records: None for a long sequence of each file; "line" for a record a line, "blank_line"
            for one from each block of lines between blank ones, "file" for one a file. Records
            that are the same are held out, or learned from, together.
        errors: what to do about bytes that are no UTF-8: "strict" for an error, "replace" for
            U+FFFD in their place.
        reset_every: in training, after how many windows of a long sequence the state that is
            carried over becomes zero; 0 for where a sequence begins only. Graves (2013, section
            3.3) had 100.

    Raises:
        UserError: if there is no such file, or an option is out of range.
    """

    name = "text"
    licence = "as the texts' owner says"
    credit = "texts of the maker's own"
    renderer = "text"

    def __init__(
        self,
        data: str | os.PathLike | None = None,
        unit: Literal["char", "byte"] = "char",
        records: Literal["line", "blank_line", "file"] | None = None,
        errors: Literal["strict", "replace"] = "strict",
        reset_every: int = 0,
    ):
        options = {"records": records, "errors": errors, "reset_every": reset_every}
        kept = {key: value for key, value in options.items() if value != _DEFAULTS[key]}
        super().__init__(data, unit=unit, **kept)
        if reset_every < 0 or (reset_every and records):
            raise UserError(
                "reset_every of 0 or more, and of 0 with records", f"reset_every={reset_every}"
            )
        self._unit, self._records = unit, records
        self._files = TextFiles(self.data, unit, records, errors)
        self.independent, self.reset_every = records is not None, reset_every
        if self.data is None:
            self.licence, self.credit = default_text.LICENCE, default_text.credit()
        self._own: Classes | None = None
        self._schema: Schema | None = None
        self._fingerprints: dict[str, str] = {}

    @property
    def schema(self) -> Schema:
        """One categorical column, `character` or `byte`; all files are read for its classes."""
        if self._schema is not None:
            return self._schema
        names = self.classes.names
        if len(names) < 2:
            raise UserError(
                f"a text of two different {_COLUMNS[self._unit]}s or more",
                f"{names[0]!r} only in {self.data}",
                "there is nothing to predict",
            )
        self.classes.warn_of_many()
        self._schema = Schema((Feature(_COLUMNS[self._unit], "categorical", classes=names),))
        return self._schema

    @property
    def classes(self) -> Classes:
        """The characters or bytes that occur, and how often."""
        if self._own is None:
            files = self._files
            texts = (text for name in files.paths for _, text in files.texts(name, warn=True))
            own = Classes(texts, self._unit)
            if not own.total:
                raise UserError("a text with something in it", f"none in {self.data}")
            own.warn_of_replaced()
            self._own = own
        return self._own

    def use_schema(self, schema: Schema, grow: bool = False) -> None:
        """Reads the text with a model's classes.

        Args:
            schema: the model's columns.
            grow: whether characters that the model lacks become classes too. If not, they are
                missing values: no input, and no part of the loss.

        Raises:
            UserError: if the model is none of text, or one of another unit.
        """
        if schema.text_unit != self._unit:
            other = {"char": "byte", "byte": "char"}[self._unit]
            raise UserError(
                f"a model of {_COLUMNS[self._unit]}s for text(unit={self._unit!r})",
                f"one of {', '.join(schema.names)}",
                f"name text(unit={other!r})" if schema.text_unit else "name other data",
            )
        feature = schema.features[0]
        missing, nouns = self.classes.missing(feature.classes), f"{feature.name}s"
        if missing and grow:
            log.info("%d %s are new to the model: %s", len(missing), nouns, named(missing))
            classes = tuple(sorted({*feature.classes, *self.classes.names}))
            feature = dataclasses.replace(feature, classes=classes)
        elif missing:
            count = sum(count for _, count in missing)
            log.warning(
                "%s of %s %s are unknown to the model and are left out: %s",
                f"{count:,}",
                f"{self.classes.total:,}",
                nouns,
                named(missing),
            )
        self._schema = Schema((feature,))

    @property
    def splits(self) -> tuple[str, ...]:
        """The official splits, if the files' names tell them."""
        found = self._files.splits.values()
        return tuple(name for name in ("train", "validation", "test") if name in found)

    def read(self) -> Iterator[Sequence]:
        """See `Source.read`; each long sequence as a whole."""
        coded, waiting = self.coded(), []
        for part in coded.parts():
            if waiting and waiting[0].id != part.id:
                yield _sequence(waiting, coded.values)
                waiting = []
            waiting.append(part)
        yield _sequence(waiting, coded.values)

    def coded(self) -> Coded:
        """See `Source.coded`."""
        values = self.classes.values(self.schema.features[0].classes)
        return Coded(self.classes.total, values, self._parts)

    def texts(self) -> Iterator[tuple[str, int, str | bytes]]:
        """The text as it is learned: files' names, the lines of records, and parts of the text.

        The line is 0 where the text of a file is one long sequence.
        """
        for name in self._files.paths:
            for line, text in self._files.texts(name):
                yield name, line, text

    def fingerprint(self) -> str:
        """See `Source.fingerprint`; files are read once only."""
        key = json.dumps(self.options)
        if key not in self._fingerprints:
            self._fingerprints[key] = super().fingerprint()
        return self._fingerprints[key]

    @classmethod
    def recognizes(cls, path: str) -> bool:
        """Text files by their suffix, or a folder with one in it."""
        return has_file(path, SUFFIXES) if os.path.isdir(path) else path.lower().endswith(SUFFIXES)

    def _parts(self) -> Iterator[Part]:
        encode, longest = self.classes.encode, (0, "")
        for name, split in self._files.splits.items():
            id = f"{self.name}/{name}"
            for line, text in self._files.texts(name):
                if not self._records:
                    yield Part(encode(text), id, split)
                    continue
                place = id if self._records == "file" else f"{id}:{line}"
                if len(text) > longest[0]:
                    longest = len(text), place
                content = text.encode() if isinstance(text, str) else text
                yield Part(encode(text), place, split, hashlib.sha256(content).hexdigest()[:32])
        if longest[0] > _LONG_RECORD:
            log.warning(
                "a record of %s (%s): training reads records as a whole, which takes much memory; "
                "--sequence_length=1000 cuts them",
                f"{longest[0]:,}",
                longest[1],
            )

    def _digest_inputs(self, digest: Any) -> None:
        self._files.digest(digest)


def _sequence(parts: list[Part], values: np.ndarray) -> Sequence:
    codes = np.concatenate([part.codes for part in parts])
    return Sequence(values[codes], None, *parts[0][1:])
