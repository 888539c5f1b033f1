"""Files and folders that are either written whole or not at all."""

import contextlib
import errno
import os
import pathlib
import re
import secrets
import shutil
from collections.abc import Iterator
from typing import BinaryIO

from hachi_tf.errors import UserError

# Errors of a full or failing disk; they carry no file name.
_DISK_ERRNOS = {errno.ENOSPC, errno.EFBIG, errno.EIO, errno.EROFS, getattr(errno, "EDQUOT", -1)}
_PIECE = 1 << 20  # bytes
_LEFTOVER = re.compile(r"\.(partial|replaced)-[0-9a-f]{16}-(.+)", re.DOTALL)


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike) -> Iterator[pathlib.Path]:
    """A temporary path beside `path`, renamed to it when the block ends well.

    The block makes a file or a folder at the path it is given, which keeps the suffixes of
    `path`. What it made is flushed to the disk and then takes the name of `path`; when the
    block raises, it is removed and what was at `path` before is untouched. A missing parent
    folder is created. A link is followed: its target is replaced.

    A file, or a folder that is new, appears in one atomic rename. A folder that replaces another
    needs two, the old one stepping aside; `clean_folder` puts it back if the process died
    between them.

    Args:
        path: where the result belongs.

    Yields:
        The path to write to.

    Raises:
        UserError: if the place cannot be written to, or the disk is full.
    """
    target = pathlib.Path(os.path.realpath(path))
    temporary = _beside(target, "partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        _flush(temporary)
        _move_in(temporary, target)
    except BaseException as error:
        _remove(temporary)
        if isinstance(error, OSError) and _is_about_writing(error, temporary, target):
            raise _unwritable(target, error) from error
        raise


def read_at_most(file: BinaryIO, limit: int) -> bytes | None:
    """What is left of a file, or None if it is more than so many bytes.

    `file.read(limit)` would set aside as much memory at once.

    Args:
        file: open for reading.
        limit: the most bytes.
    """
    pieces, count = [], 0
    while piece := file.read(_PIECE):
        pieces.append(piece)
        count += len(piece)
        if count > limit:
            return None
    return b"".join(pieces)


def clean_folder(folder: str | os.PathLike) -> None:
    """Undoes what processes that were killed inside `atomic_path` left in a folder.

    Only for a folder in which no other process is writing.

    Args:
        folder: the folder; one that does not exist is clean.
    """
    folder = pathlib.Path(folder)
    if not folder.is_dir():
        return
    for entry in sorted(folder.iterdir()):
        if match := _LEFTOVER.fullmatch(entry.name):
            kind, name = match.groups()
            if kind == "replaced" and not os.path.lexists(folder / name):
                os.replace(entry, folder / name)
            else:
                _remove(entry)


def _beside(target: pathlib.Path, kind: str) -> pathlib.Path:
    return target.with_name(f".{kind}-{secrets.token_hex(8)}-{target.name}")


def _move_in(temporary: pathlib.Path, target: pathlib.Path) -> None:
    if temporary.is_dir() and target.is_dir():
        # No system renames a folder over one that holds something.
        aside = _beside(target, "replaced")
        os.replace(target, aside)
        try:
            os.replace(temporary, target)
        except BaseException:
            os.replace(aside, target)
            raise
        _remove(aside)
    else:
        os.replace(temporary, target)
    _flush_names(target.parent)


def _flush(path: pathlib.Path) -> None:
    """Flushes a file, or all files of a folder, to the disk."""
    if not path.is_dir():
        with open(path, "r+b") as file:
            os.fsync(file.fileno())
        return
    for folder, _, names in os.walk(path):
        for name in names:
            _flush(pathlib.Path(folder, name))
        _flush_names(pathlib.Path(folder))


def _flush_names(folder: pathlib.Path) -> None:
    """Flushes a folder's table of names, where the system lets a folder be opened."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _remove(path: pathlib.Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def _is_about_writing(error: OSError, temporary: pathlib.Path, target: pathlib.Path) -> bool:
    if error.filename is None:
        return error.errno in _DISK_ERRNOS
    name = os.fsdecode(error.filename)
    if name in (str(target), *map(str, target.parents)):
        return True
    return name == str(temporary) or name.startswith(str(temporary) + os.sep)


def _unwritable(target: pathlib.Path, error: OSError) -> UserError:
    do = "free some space" if error.errno in _DISK_ERRNOS else "choose another place"
    return UserError("a place that can be written to", f"{target} ({error.strerror})", do)
