"""The models of a server: which versions there are, which are loaded, and which are to be."""

import dataclasses
import gc
import logging
import pathlib
import threading
from collections.abc import Callable, Mapping
from typing import Any

from hachi_tf.errors import UserError
from hachi_tf.serving import manifest
from hachi_tf.serving.failures import Failure
from hachi_tf.serving.servable import Servable

log = logging.getLogger(__name__)

_MOST_ENDED = 8  # versions that are remembered after they are gone
_MAX_VERSION = 2**63 - 1


@dataclasses.dataclass(frozen=True)
class Status:
    """What has become of a version: one of `messages.STATES`, and why if something went wrong."""

    state: str
    code: str = "OK"
    message: str = ""


class ServedModel:
    """One model's versions.

    The newest is served, and those that have a label. A new version has answered a warm-up
    before it takes over, and the old one is dropped only then.

    Args:
        name: for clients.
        path: a directory of versions, or one version, which then stays.
        labels: versions by label.
        load: makes a `Servable` of a path, a name and a version.
    """

    def __init__(
        self,
        name: str,
        path: pathlib.Path,
        labels: Mapping[str, int] | None = None,
        load: Callable[[pathlib.Path, str, int], Servable] = Servable,
    ):
        self.name, self.path, self.labels = name, path, dict(labels or {})
        self.statuses: dict[int, Status] = {}
        self._load, self._loaded = load, {}
        self._failed: dict[int, Any] = {}
        self._lock, self._updating = threading.Lock(), threading.Lock()
        self._closed = False

    def get(self, version: int | None = None, label: str | None = None) -> Servable:
        """A loaded version, the newest by default.

        Raises:
            Failure: if it is not loaded.
        """
        if label is not None:
            if label not in self.labels:
                raise Failure("INVALID_ARGUMENT", f"Unrecognized servable version label: {label}")
            version = self.labels[label]
        with self._lock:
            wanted = max(self._loaded, default=None) if version is None else version
            if wanted in self._loaded:
                return self._loaded[wanted]
        raise not_found(self.name, version)

    @property
    def is_available(self) -> bool:
        """Whether a version is loaded."""
        return bool(self._loaded)

    def update(self) -> None:
        """Loads what is wanted and is not loaded, then drops what is no longer wanted.

        Raises:
            UserError: if a version cannot be loaded; it is tried again once its files change.
        """
        with self._updating:
            if not self._closed:
                self._update()

    def move(self, name: str, path: pathlib.Path) -> None:
        """Takes another name, and a place that its files were moved to."""
        with self._updating, self._lock:
            self.name, self.path = name, path
            for servable in self._loaded.values():
                servable.name = name

    def close(self) -> None:
        """Drops all versions, for good."""
        with self._updating:
            self._closed = True
            for version in sorted(self._loaded):
                self._drop(version)

    def _update(self) -> None:
        found = self._versions()
        wanted = set(sorted(found)[-1:]) | (set(self.labels.values()) & set(found))
        problem = None
        for version in sorted(wanted - set(self._loaded)):
            mark = _fingerprint(found[version])
            if self._failed.get(version) == mark:
                continue
            try:
                self._add(version, found[version])
            except UserError as error:
                self._failed[version], problem = mark, error
        if wanted and wanted <= set(self._loaded):
            for version in sorted(set(self._loaded) - wanted):
                self._drop(version)
        if problem:
            raise problem

    def _versions(self) -> dict[int, pathlib.Path]:
        if (self.path / "saved_model.pb").is_file():
            name = self.path.name
            return {int(name) if name.isascii() and name.isdigit() else 1: self.path}
        paths = {number: self.path / str(number) for number in manifest.version_numbers(self.path)}
        return {
            number: path
            for number, path in paths.items()
            if number <= _MAX_VERSION and (path / "saved_model.pb").is_file()
        }

    def _add(self, version: int, path: pathlib.Path) -> None:
        self._set(version, Status("LOADING"))
        try:
            servable = self._load(path, self.name, version)
            servable.warm_up()
        except Exception as error:  # TensorFlow may raise anything of a graph that is odd
            self._set(version, Status("END", "INTERNAL", "the export cannot be loaded"))
            if isinstance(error, UserError):
                raise
            raise UserError("an export whose signatures run", f"{path}: {error}") from error
        with self._lock:
            self._loaded[version] = servable
        self._failed.pop(version, None)
        self._set(version, Status("AVAILABLE"))
        log.info("%s: version %d is served", self.name, version)

    def _drop(self, version: int) -> None:
        self._set(version, Status("UNLOADING"))
        with self._lock:
            del self._loaded[version]
        self._set(version, Status("END"))
        log.info("%s: version %d is no longer served", self.name, version)

    def _set(self, version: int, status: Status) -> None:
        statuses = self.statuses | {version: status}
        ended = [number for number in sorted(statuses) if statuses[number].state == "END"]
        for number in ended[:-_MOST_ENDED]:
            del statuses[number]
        self.statuses = statuses


class Registry:
    """All models of a server.

    Args:
        models: the models.
    """

    def __init__(self, models: list[ServedModel]):
        self.models = {model.name: model for model in models}
        self._stop, self._changing = threading.Event(), threading.Lock()
        self._thread: threading.Thread | None = None

    def get(self, name: str, version: int | None = None, label: str | None = None) -> Servable:
        """A loaded version of a model.

        Raises:
            Failure: if there is no such model, or the version is not loaded.
        """
        model = self.models.get(name)
        if model is None:
            raise not_found(name, version)
        return model.get(version, label)

    def statuses(self, name: str, version: int | None = None) -> dict[int, Status]:
        """What has become of a model's versions, or of one, the newest first.

        Raises:
            Failure: if there is no such model or version.
        """
        model = self.models.get(name)
        known = model.statuses if model is not None else {}
        if version is not None:
            if version not in known:
                raise Failure("NOT_FOUND", f"Could not find version {version} of model {name}")
            return {version: known[version]}
        if not known:
            raise Failure("NOT_FOUND", f"Could not find any versions of model {name}")
        return {number: known[number] for number in sorted(known, reverse=True)}

    @property
    def is_ready(self) -> bool:
        """Whether each model has a version that is served."""
        return all(model.is_available for model in self.models.values())

    def add(self, model: ServedModel) -> None:
        """Loads a further model, then serves it.

        Raises:
            UserError: if it has no version, its newest cannot be loaded, or there is one of its
                name already.
        """
        if model.name in self.models:
            raise UserError("a name that no model has yet", model.name, "take another name")
        manifest.find_version(model.path)
        model.update()
        with self._changing:
            # A new dictionary: others may be going through the old one.
            self.models = self.models | {model.name: model}

    def remove(self, name: str) -> None:
        """Serves a model no longer, if there is one."""
        with self._changing:
            model = self.models.get(name)
            self.models = {key: each for key, each in self.models.items() if key != name}
        if model is not None:
            model.close()
            gc.collect()

    def rename(self, name: str, new_name: str, path: pathlib.Path) -> None:
        """Serves a model under another name, from the place that its files were moved to."""
        with self._changing:
            model = self.models[name]
            model.move(new_name, path)
            others = {key: each for key, each in self.models.items() if key != name}
            self.models = others | {new_name: model}

    def load(self) -> None:
        """Loads all models for the first time.

        Raises:
            UserError: if one has no version, or its newest cannot be loaded.
        """
        for model in self.models.values():
            manifest.find_version(model.path)
            model.update()
        _collect_garbage()

    def watch(self, every_s: float) -> None:
        """Looks for new versions now and again, on a thread of its own, until `close`."""
        self._thread = threading.Thread(target=self._watch, args=[every_s], daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends watching."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self, every_s: float) -> None:
        while not self._stop.wait(every_s):
            for model in self.models.values():
                before = model.statuses
                try:
                    model.update()
                except UserError as error:
                    log.error("%s: %s", model.name, error)
                except OSError as error:
                    log.error("%s: cannot look for versions: %s", model.name, error)
                if model.statuses is not before:
                    _collect_garbage()


def _collect_garbage() -> None:
    """Takes what loading left, which refers to itself, and spares requests looking it over."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def not_found(name: str, version: int | None) -> Failure:
    """What TensorFlow Serving says of a model or version that is not there."""
    asked = f"Latest({name})" if version is None else f"Specific({name}, {version})"
    return Failure("NOT_FOUND", f"Servable not found for request: {asked}")


def _fingerprint(path: pathlib.Path) -> Any:
    """Changes when a file of a version does."""
    try:
        files = [each for each in sorted(path.rglob("*")) if each.is_file()]
        return [(str(each), each.stat().st_size, each.stat().st_mtime_ns) for each in files]
    except OSError:
        return None
