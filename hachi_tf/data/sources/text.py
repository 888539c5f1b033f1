"""Text as a sequence of characters or bytes."""

import os
import unicodedata
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np

from hachi_tf.data.sources.archives import digest_files
from hachi_tf.data.sources.file_lists import find_files
from hachi_tf.data.sources.source import Sequence, Source
from hachi_tf.errors import UserError
from hachi_tf.schema import Feature, Schema

_SUFFIXES = (".txt", ".md", ".text")


class Text(Source):
    """Text files, one class a character or a byte.

    Args:
        data: a file, a folder, a pattern, or several of these with commas between them.
        unit: "char" for the characters of the text in normal form C, "byte" for its 256 bytes.
    """

    name = "text"
    licence = "as the texts' owner says"
    credit = "as the texts' owner says"
    independent = False
    renderer = "text"

    def __init__(
        self,
        data: str | os.PathLike | None = None,
        unit: Literal["char", "byte"] = "char",
    ):
        super().__init__(data, unit=unit)
        self._texts: dict[str, str] | None = None
        self._schema: Schema | None = None

    @property
    def schema(self) -> Schema:
        """One categorical column, `character` or `byte`."""
        if self._schema is None:
            characters = sorted(set().union(*self._read_texts().values()))
            self._schema = Schema((Feature("character", "categorical", classes=tuple(characters)),))
        return self._schema

    def use_schema(self, schema: Schema) -> None:
        """Reads the texts with a model's characters."""
        self._schema = schema

    @property
    def splits(self) -> tuple[str, ...]:
        """The official splits, if the files' names tell them."""
        found = {_split(name) for name in self._files()}
        return (
            ()
            if "" in found or "train" not in found
            else tuple(name for name in ("train", "validation", "test") if name in found)
        )

    def read(self) -> Iterator[Sequence]:
        """See `Source.read`."""
        known = {name: index for index, name in enumerate(self.schema.features[0].classes)}
        points = np.array([ord(each) for each in known], np.int64)
        for name, text in self._read_texts().items():
            codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
            events = np.searchsorted(points, codes).astype(np.float32)[:, None]
            yield Sequence(events, None, name, split=_split(name))

    def _files(self) -> dict[str, str]:
        return find_files(self.data, _SUFFIXES, "text files")

    def _read_texts(self) -> dict[str, str]:
        if self._texts is None:
            self._texts = {}
            for name, path in self._files().items():
                with open(path, encoding="utf-8", newline=None) as file:
                    self._texts[name] = unicodedata.normalize("NFC", file.read())
        return self._texts

    @classmethod
    def recognizes(cls, path: str) -> bool:
        """Text files."""
        return path.lower().endswith(_SUFFIXES)

    def _digest_inputs(self, digest: Any) -> None:
        for name, path in self._files().items():
            digest.update(f"{name}\0{os.path.getsize(path)}\n".encode())
            digest_files(path, "", digest)


def _split(name: str) -> str:
    words = {"train": "train", "valid": "validation", "validation": "validation", "test": "test"}
    parts = os.path.basename(name).lower().replace("-", ".").replace("_", ".").split(".")
    return next((words[part] for part in parts if part in words), "")
