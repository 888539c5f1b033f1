"""Running a program: its `--help`, its log on stderr, its errors as one line and a status."""

import contextlib
import dataclasses
import logging
import os
import signal
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hachi_tf.config import ProgramConfig, base_type, parse
from hachi_tf.errors import UserError

log = logging.getLogger("hachi_tf")


def usage(cls: type[ProgramConfig], module: str, doc: str, positional: str = "") -> str:
    """The text of `--help`: what the program does, then its flags by group."""
    lines = [doc.strip(), "", f"usage: python -m {module} [flags]"]
    lines[-1] += f" [{positional.upper()}]" if positional else ""
    lines.append("--flagfile=FILE reads flags from a file; hyphens may stand for underscores.")
    groups: dict[str, list[dataclasses.Field]] = {}
    for field in dataclasses.fields(cls):
        groups.setdefault(field.metadata["group"], []).append(field)
    for group in sorted(groups, key=lambda name: name == "General"):
        lines += ["", f"{group}:"]
        for field in groups[group]:
            kind, _ = base_type(field)
            choices = "|".join(field.metadata["choices"])
            shown = choices or {bool: "", tuple: "VALUE"}.get(kind, kind.__name__.upper())
            head = f"  --[no]{field.name}" if kind is bool else f"  --{field.name}={shown}"
            text = field.metadata["help"]
            if kind is tuple:
                text += " May be given several times."
            elif field.default not in (None, ""):
                text += f" Default: {str(field.default).lower() if kind is bool else field.default}"
            wrapped = textwrap.wrap(text, 88)
            lines += [head, *("      " + line for line in wrapped)]
    return "\n".join(lines) + "\n"


def _is_resource_error(error: Exception) -> bool:
    """Whether memory or a device ran out, or TensorFlow could not read or write a file."""
    errors = getattr(sys.modules.get("tensorflow"), "errors", None)
    return isinstance(error, MemoryError) or (
        errors is not None
        and isinstance(
            error,
            (
                errors.ResourceExhaustedError,
                errors.PermissionDeniedError,
                errors.FailedPreconditionError,
                errors.NotFoundError,
                errors.AlreadyExistsError,
            ),
        )
    )


def run(
    cls: type[ProgramConfig],
    program: Callable[[Any], None],
    module: str,
    doc: str,
    positional: str = "",
    argv: Sequence[str] | None = None,
) -> int:
    """Runs a program: flags -> config -> one call.

    Args:
        cls: the program's dataclass of flags.
        program: called with the configuration.
        module: the program's name for `--help`, e.g. `"hachi_tf.train"`.
        doc: what it does, for `--help`.
        positional: the field that one argument without a flag goes to.
        argv: the arguments; the process's by default.

    Returns:
        The exit status: 0, 2 for bad input, 75 if another worker has gone, or 130 when interrupted.
    """
    argv = sys.argv[1:] if argv is None else list(argv)
    # A stream is None where it was closed before the program began.
    sys.stdout = sys.stdout or open(os.devnull, "w")
    sys.stderr = sys.stderr or open(os.devnull, "w")
    with contextlib.suppress(AttributeError):  # a stream that is no terminal, file or pipe
        sys.stdout.reconfigure(errors="replace")  # what its encoding lacks
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    debug = "--debug" in argv
    try:
        if {"--help", "-h", "-help", "--helpfull", "-?"} & set(argv):
            sys.stdout.write(usage(cls, module, doc, positional))
            sys.stdout.flush()
            return 0
        config = parse(cls, argv, positional)
        debug = config.debug
        program(config)
        sys.stdout.flush()
    except UserError as error:
        if debug:
            raise
        log.error("error: %s", error)
        return error.status
    except BrokenPipeError:
        return 0
    except OSError as error:
        if debug:
            raise
        log.error("error: expected files and folders that can be used; got %s", error)
        return 2
    except Exception as error:
        if debug or not _is_resource_error(error):
            raise
        said = (str(error) or type(error).__name__).splitlines()[0][:300]
        log.error("error: expected enough memory and space, and places to write; got %s", said)
        return 2
    except KeyboardInterrupt as interrupt:
        log.error("interrupted")
        return next(iter(interrupt.args), 130)
    return 0


@contextlib.contextmanager
def ended_by_signals(stop: Callable[[], Any]) -> Iterator[None]:
    """Within it Ctrl-C and an end from outside call `stop`, and nothing else.

    In a thread that is not the main one, which alone gets signals, nothing changes.

    Args:
        stop: called at each signal; it must be quick.
    """
    before = {}
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
            if (number := getattr(signal, name, None)) is not None:
                before[number] = signal.signal(number, lambda *_: stop())
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
