"""The files of a text: which they are, which split they say, and what stands in them."""

import functools
import itertools
import os
import re
from collections.abc import Iterator
from typing import Any

from hachi_tf.data.sources import default_text
from hachi_tf.data.sources.archives import digest_named
from hachi_tf.data.sources.file_lists import find_files
from hachi_tf.data.sources.text_reading import characters, read_bytes, warn_of_nulls
from hachi_tf.data.sources.text_records import split_records

SUFFIXES = (".txt", ".text", ".md", ".markdown", ".rst", ".org", ".adoc", ".tex")
"""The suffixes of text files that are found in folders."""

_SPLITS = {
    "train": "train",
    "valid": "validation",
    "val": "validation",
    "validation": "validation",
    "test": "test",
}


class TextFiles:
    """Files of text, or the default text.

    Args:
        data: as `find_files` takes it; None for the default text.
        unit: "char" or "byte".
        records: None, or as `split_records` takes it.
        errors: as `characters` takes it.
    """

    def __init__(self, data: str | None, unit: str, records: str | None, errors: str):
        self._data, self._unit, self._records, self._errors = data, unit, records, errors

    @functools.cached_property
    def paths(self) -> dict[str, str]:
        """Paths by name, sorted by name.

        Raises:
            UserError: if there is no such file.
        """
        if self._data is None:
            return {default_text.NAME: ""}
        what = f"text files ({', '.join(SUFFIXES)})"
        return find_files(self._data, SUFFIXES, what, any_pattern=True)

    @property
    def splits(self) -> dict[str, str]:
        """The split that each file's name says; empty strings if any says none."""
        found = {name: _split(name) for name in self.paths}
        if "train" in found.values() and all(found.values()):
            return found
        return dict.fromkeys(found, "")

    def texts(self, name: str, warn: bool = False) -> Iterator[tuple[int, str | bytes]]:
        """The text of a file in parts.

        Args:
            name: the file's.
            warn: whether to say so if it looks like no text.

        Yields:
            The number of a record's first line, from 1, and the record; or 0 and a part of what
            is one long sequence.

        Raises:
            UserError: if the file cannot be read, or holds bytes that are no UTF-8.
        """
        chunks = self._chunks(name, warn)
        if self._records:
            yield from split_records(chunks, self._records)
        else:
            yield from ((0, chunk) for chunk in chunks)

    def digest(self, digest: Any) -> None:
        """Feeds a `hashlib` digest with what tells the texts apart."""
        if self._data is None:
            digest.update(default_text.version().encode())
            digest.update(default_text.default_text().encode())
            return
        digest_named(self.paths, digest)

    def _chunks(self, name: str, warn: bool) -> Iterator[str | bytes]:
        is_char, path = self._unit == "char", self.paths[name]
        if self._data is None:
            text = default_text.default_text()
            yield text if is_char else text.encode()
            return
        chunks = read_bytes(path)
        if not is_char:
            yield from chunks
            return
        head = next(chunks, b"")
        yield from characters(itertools.chain([head] if head else [], chunks), path, self._errors)
        if warn:
            warn_of_nulls(head, path)


def _split(name: str) -> str:
    words = re.split(r"[._-]", os.path.basename(name).lower())
    return next((_SPLITS[word] for word in words if word in _SPLITS), "")
