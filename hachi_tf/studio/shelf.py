"""The models of the studio: those that it is given, and its own, which it may change."""

import logging
import os
import pathlib
import shutil
import threading
from typing import Any

from hachi_tf.errors import UserError
from hachi_tf.files import atomic_path
from hachi_tf.serving import manifest
from hachi_tf.serving.failures import Failure
from hachi_tf.serving.registry import Registry, ServedModel
from hachi_tf.studio.described import summary
from hachi_tf.studio.names import check_name

log = logging.getLogger(__name__)

_LOOK_S = 2.0
_ODD = (KeyError, TypeError, ValueError, AttributeError)  # what a description of others may raise


class Shelf:
    """Models by name.

    Args:
        registry: what serves them.
        folder: of the studio's own exports.
        given: paths of further exports by name, which are loaded in the background.
    """

    def __init__(self, registry: Registry, folder: pathlib.Path, given: dict[str, pathlib.Path]):
        self.registry, self.folder = registry, folder
        self._given = {name: path for name, path in given.items() if name not in registry.models}
        self._waiting: set[str] = set()
        self._errors: dict[str, str] = {}
        self._summaries: dict[pathlib.Path, tuple[Any, dict[str, Any]]] = {}
        self._failed: dict[str, Any] = {}  # what those looked like that could not be loaded
        self._lock, self._loading = threading.RLock(), threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="shelf", daemon=True)

    def load(self) -> None:
        """Loads what is not served yet, in the background, and what is put there later."""
        self._thread.start()

    def close(self) -> None:
        """Looks for nothing more; waits for what is being loaded."""
        self._stop.set()
        if self._thread.is_alive():  # TensorFlow aborts a process that ends under it
            self._thread.join()

    def serve(self, name: str, path: pathlib.Path) -> None:
        """Loads an export and serves it, or its next version.

        Raises:
            UserError: if it cannot be loaded.
        """
        self._waiting.add(name)
        try:
            with self._loading:  # of two that want the same, the second finds it done
                model = self.registry.models.get(name)
                if model is None:
                    self.registry.add(ServedModel(name, path))
                else:
                    model.update()
            self._errors.pop(name, None)
        except (UserError, OSError) as error:
            self._errors[name] = str(error)
            self._failed[name] = _mark(path)
            raise
        finally:
            self._waiting.discard(name)

    def _watch(self) -> None:
        while True:
            try:
                for name, path in self._unserved().items():
                    if self._stop.is_set():
                        return
                    try:
                        self.serve(name, path)
                    except (UserError, OSError) as error:
                        log.error("%s: %s", name, error)
                self._forget()
            except OSError as error:
                log.error("cannot look for exports: %s", error)
            if self._stop.wait(_LOOK_S):
                return

    def _unserved(self) -> dict[str, pathlib.Path]:
        """What is there to be loaded, and did not fail as it is."""
        paths = dict(self._given)
        for path in sorted(self.folder.iterdir()):
            if path.is_dir() and _is_name(path.name) and manifest.version_numbers(path):
                paths[path.name] = path  # one's own hides a ready one
        return {
            name: path
            for name, path in paths.items()
            if name not in self.registry.models
            and not (name in self._failed and self._failed[name] == _mark(path))
        }

    def _forget(self) -> None:
        """Serves no longer what somebody has taken away."""
        with self._lock:
            for name, model in list(self.registry.models.items()):
                if model.path.parent == self.folder and not model.path.exists():
                    self.registry.remove(name)

    def is_own(self, name: str) -> bool:
        """Whether a model is one of the studio's own."""
        return self.path(name).parent == self.folder

    def names(self) -> list[str]:
        """Of all models, in order."""
        own = [each for each in self.folder.iterdir() if _is_name(each.name) and each.is_dir()]
        own = {each.name for each in own if manifest.version_numbers(each)}
        names = {*self.registry.models, *self._given, *own}
        return sorted(names, key=str.lower)

    def path(self, name: str) -> pathlib.Path:
        """The directory of a model's versions, or its only version.

        Raises:
            Failure: if there is no such model.
        """
        model = self.registry.models.get(name)
        if model is not None:
            return model.path
        if _is_name(name) and (self.folder / name).is_dir():
            return self.folder / name
        if name in self._given:
            return self._given[name]
        raise Failure("NOT_FOUND", f"expected a model that there is; got {name[:80]!r}")

    def describe(self, name: str) -> dict[str, Any]:
        """What the list says of a model.

        Raises:
            Failure: if there is no such model.
        """
        path = self.path(name)
        said: dict[str, Any] = {"name": name, "own": self.is_own(name), "state": self._state(name)}
        if name in self._errors:
            said["error"] = self._errors[name]
        try:
            version = manifest.find_version(path)
            number = int(version.name) if version.name.isascii() and version.name.isdigit() else 1
            return said | {"version": number} | self._summary(version, path)
        except (UserError, OSError, *_ODD) as error:
            return said | {"state": "END", "error": str(error)}

    def _summary(self, version: pathlib.Path, path: pathlib.Path) -> dict[str, Any]:
        """`summary` of a version, read again only if it has changed."""
        mark = _mark(version), (version / "assets" / "hachi.json").stat().st_mtime_ns
        found = self._summaries.get(version)
        if found is None or found[0] != mark:
            self._summaries[version] = mark, summary(manifest.read(version), path)
        return self._summaries[version][1]

    def _state(self, name: str) -> str:
        model = self.registry.models.get(name)
        if model is not None and model.is_available:
            return "AVAILABLE"
        return "END" if name in self._errors else "LOADING"

    def rename(self, name: str, new_name: str) -> None:
        """Gives one of the studio's own models another name.

        Raises:
            UserError: if the name is taken, or the model is none of the studio's own.
        """
        new_name = check_name(new_name, "name of a model")
        with self._lock:
            path = self._own(name)
            self.check_free(new_name)
            os.rename(path, self.folder / new_name)
            if name in self.registry.models:
                self.registry.rename(name, new_name, self.folder / new_name)
            if name in self._errors:
                self._errors[new_name] = self._errors.pop(name)

    def delete(self, name: str) -> None:
        """Deletes one of the studio's own models.

        Raises:
            UserError: if it is none of them.
        """
        with self._lock:
            path = self._own(name)
            self.registry.remove(name)
            aside = path.with_name(f".deleted-{name}")
            shutil.rmtree(aside, ignore_errors=True)
            os.rename(path, aside)
            self._errors.pop(name, None)
            self._failed.pop(name, None)
        shutil.rmtree(aside, ignore_errors=True)

    def add(self, name: str, unpacked: pathlib.Path) -> None:
        """Keeps an export that was looked through as one of the studio's own, and serves it.

        Args:
            name: for it.
            unpacked: a version directory, which is moved.

        Raises:
            UserError: if the name is taken, or it cannot be loaded; then nothing is kept.
        """
        try:
            summary(manifest.read(unpacked), unpacked.parent)
        except _ODD as error:
            raise UserError("a description as hachi_tf writes it", repr(error)[:200]) from error
        with self._lock:
            self.check_free(name)
            with atomic_path(self.folder / name) as aside:
                aside.mkdir()
                os.rename(unpacked, aside / "1")
        try:
            self.serve(name, self.folder / name)
        except UserError:
            self.delete(name)
            raise

    def check_free(self, name: str) -> None:
        """Refuses a name that a model has.

        Raises:
            UserError: if one has it.
        """
        if name.lower() in map(str.lower, self.names()):
            raise UserError("a name that no model has yet", name, "take another name")

    def _own(self, name: str) -> pathlib.Path:
        path = self.path(name)
        if path.parent != self.folder:
            raise UserError(
                "one of the studio's own models",
                f"{name}, which it was given",
                "download it and load it under another name",
            )
        if name in self._waiting:
            raise UserError("a model that is not being loaded", name, "wait a moment")
        return path


def _mark(path: pathlib.Path) -> Any:
    """Changes when another version is there, or the newest one's graph is another."""
    try:
        version = manifest.find_version(path)
        return version.name, (version / "saved_model.pb").stat().st_mtime_ns
    except (UserError, OSError):
        return None


def _is_name(name: str) -> bool:
    try:
        return check_name(name) == name
    except UserError:
        return False
