"""The studio's parts, put together."""

import json
import pathlib
from typing import Any

from hachi_tf.errors import UserError
from hachi_tf.files import atomic_path
from hachi_tf.serving import manifest
from hachi_tf.serving.core import Core
from hachi_tf.serving.failures import Failure
from hachi_tf.serving.guard import Guard
from hachi_tf.studio.app import StudioApp
from hachi_tf.studio.data_files import BUILT_IN, DataFiles
from hachi_tf.studio.data_routes import DataRoutes, LineRoutes
from hachi_tf.studio.lines import Lines
from hachi_tf.studio.model_routes import ModelRoutes
from hachi_tf.studio.run_routes import RunRoutes
from hachi_tf.studio.run_state import ASKED
from hachi_tf.studio.runs import Runs
from hachi_tf.studio.shelf import Shelf

_ORIGIN = "studio.json"  # in an export's folder: the run that it is of


class Studio:
    """What `--studio` adds to a server.

    Args:
        path: of the studio's folder; `take_folders` made what is in it.
        core: answers requests to models.
        guard: says who may ask.
        given: exports besides the studio's own and those that are served already, by name.
        max_upload_bytes: of a file.
    """

    def __init__(
        self,
        path: pathlib.Path,
        core: Core,
        guard: Guard,
        given: dict[str, pathlib.Path],
        max_upload_bytes: int,
    ):
        self.path = path.resolve()
        self.shelf = Shelf(core.registry, self.path / "exports", given)
        self.files = DataFiles(self.path / "data")
        self.lines = Lines(self.path / "lines")
        self.runs = Runs(self.path / "runs", self.path / "queue.json", self._find)
        most = max_upload_bytes
        routes = [
            *ModelRoutes(
                self.shelf, core, self.lines, self._data_of, self.path / "exports", most
            ).routes(),
            *DataRoutes(self.files, most).routes(),
            *LineRoutes(self.lines).routes(),
            *RunRoutes(self.runs, self.export).routes(),
        ]
        self.app = StudioApp(routes, core.limits, guard)

    def start(self) -> None:
        """Loads models, and goes on with what waits."""
        self.shelf.load()
        self.runs.begin()

    def close(self) -> None:
        """Ends what runs in the background; trainings go on."""
        self.shelf.close()
        self.runs.close()

    def export(self, run: str, name: str) -> dict[str, Any]:
        """Exports a run under a name and serves it; again for its next version.

        Args:
            run: of the run.
            name: for the model.

        Returns:
            What the list of models says of it.

        Raises:
            Failure: if there is no such run.
            UserError: if another model has the name, or the run has nothing to export.
        """
        self.runs.get(run)
        target = self.shelf.folder / name
        if self._origin(target).get("run") != run:
            self.shelf.check_free(name)
        self.runs.export(run, target)
        asked = self.runs.get(run).read(ASKED)
        origin = {"run": run, "data": asked.get("data"), "lines": asked.get("lines")}
        with atomic_path(target / _ORIGIN) as aside:
            aside.write_text(json.dumps(origin) + "\n", encoding="utf-8")
        self.shelf.serve(name, target)
        return self.shelf.describe(name)

    def _find(self, kind: str, name: str) -> Any:
        """What `Runs` asks for: a path, or the name of a source that brings its own data."""
        if kind == "data":
            return self.files.path(name)
        if kind == "lines":
            return self.lines.path(name)
        if kind == "model":
            return manifest.find_version(self.shelf.path(name))
        if name not in BUILT_IN:
            raise UserError(f"a source of {', '.join(BUILT_IN)}", repr(name))
        return name

    def _data_of(self, name: str) -> str:
        """The path of the data that one of the studio's own models was trained on."""
        try:
            data = self._origin(self.shelf.path(name)).get("data")
            return str(self.files.path(data)) if data else ""
        except (Failure, UserError):
            return ""

    def _origin(self, folder: pathlib.Path) -> dict[str, Any]:
        if folder.parent != self.shelf.folder:
            return {}
        try:
            value = json.loads((folder / _ORIGIN).read_text(encoding="utf-8"))
            return value if isinstance(value, dict) else {}
        except (OSError, ValueError):
            return {}
