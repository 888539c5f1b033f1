"""Lines that a person wrote on the page, by collection."""

import contextlib
import json
import pathlib
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from hachi_tf.data.sources.pen_lines import FORMAT, check_strokes, read_lines
from hachi_tf.data.sources.strokes import stroke_events
from hachi_tf.errors import UserError
from hachi_tf.files import atomic_path
from hachi_tf.rendering import svg
from hachi_tf.serving.failures import Failure
from hachi_tf.studio.names import check_name
from hachi_tf.studio.web import new_id, take

_MOST_LINES = 2000  # of a collection
_MOST_POINTS = 50_000  # of a line
_MOST_CHARACTERS = 400


class Lines:
    """Collections of lines, each a file that `train` reads.

    Args:
        folder: where they lie, `NAME.json` each.
    """

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self._lock = threading.Lock()

    def collections(self) -> list[dict[str, Any]]:
        """All collections and what is in them."""
        found = []
        for path in sorted(self.folder.glob("*.json")):
            with contextlib.suppress(UserError):
                if check_name(path.stem) == path.stem:
                    lines = [self._summary(line) for line in read_lines(path)]
                    found.append({"name": path.stem, "lines": lines})
        return found

    def path(self, name: str) -> pathlib.Path:
        """The file of a collection.

        Raises:
            Failure: if there is none of this name.
            UserError: if it is no name.
        """
        path = self._path(name)
        if not path.is_file():
            raise Failure("NOT_FOUND", f"expected a collection that there is; got {name!r}")
        return path

    def add(self, name: str, line: dict[str, Any]) -> str:
        """Adds a line to a collection, which is begun if need be.

        Args:
            name: of the collection.
            line: `text` and `strokes`, lists of points `[x, y, t]` in pixels and seconds.

        Returns:
            The line's id.

        Raises:
            UserError: if it is no such line, or the collection is full.
        """
        text = " ".join(take(line, "text", str, "", high=_MOST_CHARACTERS).split())
        if not text:
            raise UserError("the text that the line says", "none", "type what you wrote")
        strokes = take(line, "strokes", list, [])
        if sum(len(each) for each in strokes if isinstance(each, list)) > _MOST_POINTS:
            raise UserError(f"a line of at most {_MOST_POINTS:,} points", "more")
        checked = [np.round(stroke, 4).tolist() for stroke in check_strokes(strokes, "the line")]
        with self._changed(name) as lines:
            if len(lines) >= _MOST_LINES:
                raise UserError(f"at most {_MOST_LINES:,} lines in a collection", f"{len(lines):,}")
            id = new_id()
            lines.append({"id": id, "text": text, "strokes": checked})
        return id

    def get(self, name: str, id: str) -> dict[str, Any]:
        """A line.

        Raises:
            Failure: if there is none.
        """
        for line in read_lines(self.path(name)):
            if line["id"] == id:
                return line
        raise Failure("NOT_FOUND", f"expected a line of {name}; got {id[:40]!r}")

    def delete(self, name: str, id: str | None = None) -> None:
        """Deletes a line, and a collection with its last one; or a whole collection.

        Raises:
            Failure: if there is none.
        """
        if id is None:
            with self._lock:
                self.path(name).unlink()
            return
        self.get(name, id)
        with self._changed(name) as lines:
            lines[:] = [line for line in lines if line["id"] != id]

    def picture(self, name: str, id: str) -> bytes:
        """A line as SVG.

        Raises:
            Failure: if there is none.
        """
        strokes = check_strokes(self.get(name, id)["strokes"], f"{name}/{id}")
        points = [stroke[:, :2] for stroke in strokes]
        events = stroke_events(np.concatenate(points), np.cumsum([0, *map(len, points[:-1])]))
        return svg.render([events.astype(np.float32)]).encode()

    def _path(self, name: str) -> pathlib.Path:
        return self.folder / f"{check_name(name, 'name of a collection')}.json"

    @contextlib.contextmanager
    def _changed(self, name: str) -> Iterator[list[dict[str, Any]]]:
        path = self._path(name)
        with self._lock:
            lines = read_lines(path) if path.exists() else []
            yield lines
            if not lines:
                path.unlink(missing_ok=True)
                return
            value = {"format": FORMAT, "lines": lines}
            with atomic_path(path) as aside:
                aside.write_text(json.dumps(value, ensure_ascii=False) + "\n", encoding="utf-8")

    @staticmethod
    def _summary(line: dict[str, Any]) -> dict[str, Any]:
        strokes = line["strokes"]
        try:
            duration_s = float(strokes[-1][-1][2]) - float(strokes[0][0][2])
        except (IndexError, TypeError, ValueError):
            duration_s = 0.0
        return {
            "id": line["id"],
            "text": line["text"],
            "num_strokes": len(strokes),
            "duration_s": round(duration_s, 3),
        }
