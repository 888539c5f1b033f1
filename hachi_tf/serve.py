"""Serves exports over TensorFlow Serving's REST and gRPC interfaces, until Ctrl-C.

Requests that come at the same time are computed together. A new version that is renamed into the
directory of an export takes over from the old one without a pause. Needs the extra "serve":
pip install "hachi_tf[serve]".
"""

import contextlib
import dataclasses
import importlib.util
import logging
import os
import pathlib
import re
import sys
import tempfile
import time
from typing import Any

from hachi_tf import ready, startup
from hachi_tf.config import ProgramConfig, flag
from hachi_tf.errors import UserError
from hachi_tf.program import run

log = logging.getLogger(__name__)

_TOKEN = "HACHI_TF_TOKEN"
_NEEDED = ("grpc", "h11", "orjson", "tensorflow_serving", "uvicorn")
_RUN_STEPS = 2000  # as `export` has it


@dataclasses.dataclass(frozen=True)
class ServeConfig(ProgramConfig):
    """The flags of `hachi_tf.serve`."""

    run_dir: str = flag("", "Run, or export, to serve.", group="Model")
    export_dir: tuple = flag(
        (), "Export to serve, as PATH or NAME=PATH; its newest version is served.", group="Model"
    )
    version_label: tuple = flag(
        (), "Version that stays served under a label, e.g. kanji:stable=3.", group="Model"
    )
    studio: bool = flag(
        False,
        "Open the studio at /: a page to train, watch, write and play; the ready exports are "
        "served if no other is named.",
        group="Studio",
    )
    studio_dir: str = flag(
        "studio", "Where the studio keeps data, lines, runs and exports.", group="Studio"
    )
    max_upload_mb: float = flag(
        200.0, "Largest file for the studio, in MB.", above=0.0, high=100_000.0, group="Studio"
    )
    poll_s: float = flag(
        1.0, "How often to look for new versions, in seconds.", low=0.05, group="Model"
    )
    host: str = flag("127.0.0.1", "Address of this machine to listen at.", group="Access")
    rest_port: int = flag(8501, "0 takes a free one.", low=0, high=65535, group="Access")
    grpc_port: int = flag(8500, "0 takes a free one.", low=0, high=65535, group="Access")
    allowed_host: tuple = flag(
        (), "Name that clients may call this server by besides its address.", group="Access"
    )
    cors_origin: tuple = flag(
        (), "Web page that may use this server, e.g. https://example.org.", group="Access"
    )
    token: str = flag(
        "",
        f"What clients must send as Authorization: Bearer TOKEN; others on this machine can see "
        f"it here, and not in {_TOKEN} in the environment.",
        group="Access",
    )
    token_file: str = flag("", "File that holds the token.", group="Access")
    insecure: bool = flag(False, "Serve others than this machine without a token.", group="Access")
    max_body_mb: float = flag(
        8.0, "Largest request, in MB.", above=0.0, high=1024.0, group="Limits"
    )
    max_rows: int = flag(64, "Most rows of a request.", low=1, high=4096, group="Limits")
    max_steps: int = flag(
        10_000,
        "Most events of a row that a request may ask for or send, and bytes of a text.",
        low=1,
        high=1_000_000,
        group="Limits",
    )
    max_queue: int = flag(
        256, "Most requests that wait; others are refused.", low=1, high=100_000, group="Limits"
    )
    timeout_s: float = flag(
        60.0, "Longest that a request may take, in seconds.", above=0.0, group="Limits"
    )
    grace_s: float = flag(
        30.0, "How long running requests may take at the end, in seconds.", low=0.0, group="Limits"
    )
    max_batch_rows: int = flag(
        64, "Rows that requests are merged to; 1 merges none.", low=1, high=4096, group="Computing"
    )
    reproducible: bool = flag(
        False,
        "Compute a request alone as if it were merged, which takes longer, so that its answer "
        "never depends on what others ask for.",
        group="Computing",
    )
    threads: int = flag(
        1, "To compute with; more only help large models.", low=1, high=1024, group="Computing"
    )
    device: str = flag(
        "cpu", "What to compute on.", choices=("auto", "cpu", "gpu"), group="Computing"
    )

    def __post_init__(self):
        super().__post_init__()
        if self.run_dir and self.export_dir:
            raise UserError("either --run_dir or --export_dir", "both")
        self.exports()
        self.labels()
        if self.token and self.token_file:
            raise UserError("either --token or --token_file", "both")
        for origin in self.cors_origin:
            if origin != "*" and not re.fullmatch(r"[a-z][a-z0-9+.-]*://[^/\s]+", origin):
                raise UserError("--cors_origin=SCHEME://HOST", repr(origin))

    def exports(self) -> dict[str, pathlib.Path]:
        """Paths by the model's name."""
        found: dict[str, pathlib.Path] = {}
        for text in self.export_dir or ((self.run_dir,) if self.run_dir else ()):
            name, equals, path = text.partition("=")
            if not equals or pathlib.Path(text).exists():
                path = text
                resolved = pathlib.Path(path).resolve()
                name = resolved.name
                if name.isdigit() and (resolved / "saved_model.pb").is_file():
                    name = resolved.parent.name
            if not re.fullmatch(r"[\w.-]+", name) or not path:
                raise UserError("--export_dir=NAME=PATH, the name of letters, digits and ._-", text)
            if name in found:
                raise UserError("one export for each name", name, "give names: NAME=PATH")
            found[name] = ready.find(path)
        return found

    def labels(self) -> dict[str, dict[str, int]]:
        """Versions by label by the model's name."""
        found: dict[str, dict[str, int]] = {}
        for text in self.version_label:
            match = re.fullmatch(r"([\w.-]+):([^=:/\s]+)=(\d{1,18})", text, re.ASCII)
            if match is None:
                raise UserError("--version_label=NAME:LABEL=VERSION", repr(text))
            found.setdefault(match[1], {})[match[2]] = int(match[3])
        unknown = set(found) - set(self.exports())
        if unknown:
            raise UserError("--version_label of a model that is served", ", ".join(unknown))
        return found


def serve(config: ServeConfig) -> None:
    """Serves until the process is told to end.

    Raises:
        UserError: if a port is taken, a model cannot be loaded, or something is not installed.
    """
    needed = (*_NEEDED, "psutil") if config.studio else _NEEDED
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError(
            "what serving needs", f"no {', '.join(missing)}", 'pip install "hachi_tf[serve]"'
        )
    begin_s = time.perf_counter()
    guard, taken = _guard(config), None
    if config.studio:
        from hachi_tf.studio.folders import take_folders

        taken = take_folders(pathlib.Path(config.studio_dir))
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    startup.import_tensorflow(config.device, config.threads, keras=False)
    logging.getLogger("absl").setLevel(logging.ERROR)  # TensorFlow's remarks about loading
    from hachi_tf.serving.core import Core
    from hachi_tf.serving.limits import Limits
    from hachi_tf.serving.registry import Registry, ServedModel
    from hachi_tf.serving.server import Server

    limits = Limits(
        max_body_bytes=int(config.max_body_mb * 1e6),
        max_rows=config.max_rows,
        max_steps=config.max_steps,
        max_batch_rows=config.max_batch_rows,
        max_queue=config.max_queue,
        timeout_s=config.timeout_s,
    )
    with contextlib.ExitStack() as stack:
        if taken is not None:
            stack.callback(taken.release)
        server = Server(guard, config.rest_port, config.grpc_port)
        stack.callback(server.close)
        labels = config.labels()
        paths = _exports(config, stack)
        given = _ready_exports() if config.studio and not paths else {}
        models = [ServedModel(name, path, labels.get(name)) for name, path in paths.items()]
        registry = Registry(models)
        registry.load()
        registry.watch(config.poll_s)
        core = Core(registry, limits, config.reproducible)
        studio = None
        if config.studio:
            from hachi_tf.studio.studio import Studio

            folder, most = pathlib.Path(config.studio_dir), int(config.max_upload_mb * 1e6)
            studio = Studio(folder, core, guard, given, most)
            stack.callback(studio.close)

        def is_ready(server: Server) -> None:
            log.info(
                "ready in %.1f s: REST at http://%s:%d/v1/models/%s, gRPC at %s:%d; Ctrl-C ends it",
                time.perf_counter() - begin_s, _shown(guard.host), server.rest_port,
                ",".join(paths or given), _shown(guard.host), server.grpc_port,
            )  # fmt: skip
            if studio is not None:
                log.info("the studio: http://%s:%d/", _shown(guard.host), server.rest_port)
                studio.start()

        server.run(core, config.grace_s, is_ready, studio and studio.app)
    log.info("ended")


def _exports(config: ServeConfig, stack: contextlib.ExitStack) -> dict[str, pathlib.Path]:
    """Paths of exports by the model's name; a run is exported for as long as it is served."""
    paths = config.exports()
    if config.studio and not paths:
        return {}
    if paths and not (config.run_dir and pathlib.Path(config.run_dir, "config.json").is_file()):
        return paths
    from hachi_tf.serving import saved_model
    from hachi_tf.training.run import load_run

    trained = load_run(config.run_dir or None)
    name = trained.directory.path.resolve().name
    folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()), name)
    fixable = trained.trained_on.get("renderer") == "events" and not trained.network.conditioned
    saved_model.export(
        trained.network, trained.transforms, trained.schema, folder, _RUN_STEPS, {"name": name},
        fixable=fixable,
    )  # fmt: skip
    return {name: folder}


def _ready_exports() -> dict[str, pathlib.Path]:
    """The exports that come with hachi_tf, by name."""
    found = ready.listing()
    paths = [pathlib.Path(found["folder"], name) for name in found["exports"]]
    return {path.name: path for path in paths}


def _guard(config: ServeConfig) -> Any:
    """Who may ask.

    Raises:
        UserError: if others than this machine could, and need no token.
    """
    from hachi_tf.serving.guard import Guard, is_local

    token = config.token or os.environ.get(_TOKEN, "")
    if config.token_file:
        try:
            token = pathlib.Path(config.token_file).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            raise UserError("a text file for --token_file", str(error)) from error
        if not token:
            raise UserError("a token in --token_file", "an empty file")
    if not (is_local(config.host) or token or config.insecure):
        raise UserError(
            "a token for an address that others can reach",
            f"--host={config.host} without one",
            f"give --token_file, or {_TOKEN} in the environment, or --insecure",
        )
    names = frozenset(name.lower() for name in config.allowed_host)
    return Guard(config.host, names, frozenset(config.cors_origin), token)


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def main(argv: list[str] | None = None) -> int:
    """The program; returns the exit status."""
    return run(ServeConfig, serve, "hachi_tf.serve", __doc__, positional="run_dir", argv=argv)


if __name__ == "__main__":
    sys.exit(main())
