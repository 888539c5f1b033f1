"""Exports in one file: packed for a download; unpacked with mistrust."""

import gzip
import os
import pathlib
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Sized
from typing import IO, Any

from hachi_tf.errors import UserError
from hachi_tf.serving import manifest, safety

MAX_UNPACKED_BYTES = 1 << 30
_MAX_MEMBERS = 1000
_MAX_DEPTH = 8
_MAX_NAME = 400
_CHUNK = 1 << 20
_EXPECTED = "a .tar.gz or .zip of an export, as the studio packs it"
# What an export consists of, below the folder of its version; everything else is left behind.
_KEPT = re.compile(
    r"saved_model\.pb|fingerprint\.pb|variables/variables\.(index|data-\d{5}-of-\d{5})|"
    r"assets/hachi\.json|assets\.extra/(openapi\.json|tf_serving_warmup_requests)|"
    r"saved_model\.(pbtxt|cpb)"  # refused later, and not silently left behind
)


def pack(version: pathlib.Path, name: str, target: pathlib.Path) -> None:
    """Packs a version directory as .tar.gz, with no names of users or machines.

    Args:
        version: the directory.
        name: of the model, the only folder in the archive.
        target: the file.
    """

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        member.mode = 0o755 if member.isdir() else 0o644
        return member

    with tarfile.open(target, "w:gz", compresslevel=1) as archive:
        for path in sorted(version.rglob("*")):
            if path.is_file():
                where = f"{name}/{version.name}/{path.relative_to(version).as_posix()}"
                archive.add(path, where, recursive=False, filter=plain)


def unpack(path: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """Unpacks an archive and looks through what is in it; nothing of it is loaded.

    Args:
        path: the archive.
        folder: an empty one, for what is in it.

    Returns:
        The version directory in the folder.

    Raises:
        UserError: if it is no archive of an export, holds links or paths that lead out, is too
            large, or its graph could do more than compute.
    """
    try:
        with open(path, "rb") as file:
            magic = file.read(4)
        if magic[:2] == b"\x1f\x8b":
            plain = folder / "archive.tar"
            with gzip.open(path) as packed, open(plain, "wb") as file:
                _copy(packed, file, MAX_UNPACKED_BYTES)
            version = _untar(plain, folder / "export")
            plain.unlink()
        elif magic == b"PK\x03\x04":
            version = _unzip(path, folder / "export")
        else:
            version = _untar(path, folder / "export")
    except (
        OSError, EOFError, ValueError, zlib.error, tarfile.TarError, zipfile.BadZipFile,
        NotImplementedError, RuntimeError,
    ) as error:  # fmt: skip
        raise UserError(_EXPECTED, str(error)[:200] or "another file") from error
    safety.check(version)
    manifest.read(version)
    return version


def _untar(path: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    with tarfile.open(path, "r:") as archive:
        members = []
        for member in archive:
            if not (member.isreg() or member.isdir()):
                raise UserError("an archive of files and folders", f"a link {_shown(member.name)}")
            members.append((member.name, member.isdir(), member.size, member))
            _check_count(members)
        return _extract(members, folder, archive.extractfile)


def _unzip(path: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    with zipfile.ZipFile(path) as archive:
        members = []
        for member in archive.infolist():
            kind = member.external_attr >> 28
            if kind not in (0, 0o4, 0o10):  # nothing said, a folder, a file
                got = f"a link {_shown(member.filename)}"
                raise UserError("an archive of files and folders", got)
            if member.flag_bits & 1:
                raise UserError(_EXPECTED, "one with a password")
            members.append((member.orig_filename, member.is_dir(), member.file_size, member))
            _check_count(members)
        return _extract(members, folder, archive.open)


def _extract(
    members: list[tuple[str, bool, int, Any]], folder: pathlib.Path, read: Callable[[Any], Any]
) -> pathlib.Path:
    """Writes the files of the only export among the members."""
    files = {_checked(name): (size, each) for name, is_dir, size, each in members if not is_dir}
    if len(files) != sum(not is_dir for _, is_dir, _, _ in members):
        raise UserError("an archive that has each file once", "one twice")
    roots = {name[: -len("saved_model.pb")] for name in files if _is_graph(name)}
    if len(roots) != 1:
        raise UserError(_EXPECTED, f"{len(roots)} files saved_model.pb in it")
    (root,) = roots
    left = MAX_UNPACKED_BYTES
    if sum(size for size, _ in files.values()) > left:
        raise UserError(f"at most {left:,} bytes when unpacked", "more", "do not trust the file")
    number = root.rstrip("/").rpartition("/")[2]
    version = folder / (number if number.isascii() and number.isdigit() else "1")
    for name, (_, member) in files.items():
        inner = name[len(root) :] if name.startswith(root) else ""
        if not _KEPT.fullmatch(inner):
            continue
        target = version.joinpath(*inner.split("/"))
        target.parent.mkdir(parents=True, exist_ok=True)
        source = read(member)
        with source, open(target, "xb") as file:
            left -= _copy(source, file, left)
    return version


def _is_graph(name: str) -> bool:
    return name == "saved_model.pb" or name.endswith("/saved_model.pb")


def _checked(name: str) -> str:
    """A member's name, without a `./` before it.

    Raises:
        UserError: if it leads out of the folder, or is one that a system reads otherwise.
    """
    plain = name.removeprefix("./")
    parts = plain.split("/")
    odd = not plain.isprintable() or any(mark in plain for mark in '\\:*?"<>|')
    climbs = plain.startswith("/") or any(part in ("", ".", "..") for part in parts)
    if odd or climbs or len(parts) > _MAX_DEPTH or len(plain) > _MAX_NAME:
        raise UserError("an archive whose files stay in its folder", _shown(name))
    return plain


def _check_count(members: Sized) -> None:
    if len(members) > _MAX_MEMBERS:
        raise UserError(f"an archive of at most {_MAX_MEMBERS} files", "more")


def _copy(source: IO[bytes], target: IO[bytes], most: int) -> int:
    """Copies at most so many bytes; returns how many."""
    size = 0
    while chunk := source.read(_CHUNK):
        size += len(chunk)
        if size > most:
            raise UserError(
                f"at most {MAX_UNPACKED_BYTES:,} bytes when unpacked", "more",
                "do not trust the file",
            )  # fmt: skip
        target.write(chunk)
    target.flush()
    os.fsync(target.fileno())
    return size


def _shown(name: str) -> str:
    return ascii(name[:80])
