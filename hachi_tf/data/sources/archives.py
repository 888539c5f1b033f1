"""Files of a folder or of a .tar.gz archive, read one after the other, never extracted."""

import gzip
import os
import re
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from hachi_tf.errors import UserError

_CHUNK = 1 << 20


class RawFile(NamedTuple):
    """A file's content and what it is called.

    Attributes:
        stem: its name without folders and suffix.
        label: where it lies, for errors.
        content: its bytes.
    """

    stem: str
    label: str
    content: bytes


def read_files(path: str, suffix: str, max_bytes: int) -> Iterator[RawFile]:
    """Reads the files with a suffix.

    Args:
        path: a folder, searched through all its folders, or a .tar.gz archive.
        suffix: of the files to read, e.g. `".xml"`; hidden files are skipped.
        max_bytes: the largest size that such a file may have.

    Yields:
        The files. A folder's come in the order of their names, an archive's in its own order.

    Raises:
        UserError: if a file is too large or cannot be read; if an archive is damaged, cut short,
            or holds a link, a device or a path that climbs out.
    """
    read = _read_folder if os.path.isdir(path) else _read_archive
    yield from read(path, suffix, max_bytes)


def digest_files(path: str, suffix: str, digest: Any) -> None:
    """Feeds a `hashlib` digest with what tells the contents of a folder or a file apart.

    Of a file that is its content; of a folder's files their names, sizes and times.

    Raises:
        UserError: if the file cannot be read.
    """
    if os.path.isdir(path):
        for name, file in _walk(path, suffix):
            status = os.stat(file)
            digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
        return
    try:
        with open(path, "rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise unreadable(path, error) from error


def digest_named(paths: Mapping[str, str], digest: Any) -> None:
    """Feeds a `hashlib` digest with files: their names, sizes and contents.

    Args:
        paths: by name, as `find_files` gives them.
        digest: what is fed.

    Raises:
        UserError: if a file cannot be read.
    """
    for name, path in paths.items():
        try:
            digest.update(f"{name}\0{os.path.getsize(path)}\n".encode())
        except OSError as error:
            raise unreadable(path, error) from error
        digest_files(path, "", digest)


def unreadable(path: str, error: OSError) -> UserError:
    """The error for a file that is not there or may not be read."""
    return UserError("a file that can be read", f"{path} ({error.strerror or error})")


def _walk(folder: str, suffix: str) -> Iterator[tuple[str, str]]:
    """Names with `/` relative to the folder, and paths, sorted."""
    found = []
    for root, _, names in os.walk(folder):
        for name in names:
            if _is_wanted(name, suffix):
                file = os.path.join(root, name)
                found.append((os.path.relpath(file, folder).replace(os.sep, "/"), file))
    return iter(sorted(found))


def _read_folder(folder: str, suffix: str, max_bytes: int) -> Iterator[RawFile]:
    for name, file in _walk(folder, suffix):
        try:
            with open(file, "rb") as stream:
                _check_size(os.fstat(stream.fileno()).st_size, max_bytes, file)
                content = stream.read()
        except OSError as error:
            raise unreadable(file, error) from error
        yield RawFile(_stem(name, suffix), file, content)


def _read_archive(path: str, suffix: str, max_bytes: int) -> Iterator[RawFile]:
    try:
        with gzip.open(path) as stream:
            capped = _Capped(stream)
            tar = tarfile.open(fileobj=capped, mode="r:")
            for member in tar:
                label = f"{member.name} in {path}"
                if not (member.isfile() or member.isdir()) or _climbs_out(member.name):
                    what = "the path" if member.isfile() or member.isdir() else "a link or device,"
                    raise UserError(
                        "an archive of plain files below its own folder",
                        f"{what} {label}",
                        "do not trust the archive",
                    )
                if member.isfile() and _is_wanted(member.name.rsplit("/", 1)[-1], suffix):
                    _check_size(member.size, max_bytes, label)
                    yield RawFile(_stem(member.name, suffix), label, tar.extractfile(member).read())
                tar.members.clear()  # or all headers would stay in memory
            if capped.last_read != bytes(tarfile.BLOCKSIZE):  # tarfile takes any end for the end
                raise tarfile.ReadError("it is cut short")
            while stream.read(_CHUNK):  # to the checksum at the end
                pass
    except OSError as error:
        if isinstance(error, gzip.BadGzipFile):
            raise _damaged(path, error) from error
        raise unreadable(path, error) from error
    except (tarfile.TarError, EOFError, zlib.error, ValueError, RecursionError) as error:
        raise _damaged(path, error) from error


def _is_wanted(name: str, suffix: str) -> bool:
    return name.endswith(suffix) and not name.startswith(".")


def _stem(name: str, suffix: str) -> str:
    return name.rsplit("/", 1)[-1][: -len(suffix)]


def _check_size(size: int, max_bytes: int, label: str) -> None:
    if size > max_bytes:
        raise UserError(f"files of at most {max_bytes:,} bytes", f"{size:,} in {label}")


def _damaged(path: str, error: Exception) -> UserError:
    return UserError("a whole .tar.gz archive", f"{path} ({error})", "fetch the file again")


def _climbs_out(name: str) -> bool:
    return bool(re.match(r"[/\\]|[A-Za-z]:", name)) or ".." in re.split(r"[/\\]", name)


class _Capped:
    """A stream of which no single read may be large: a tar header can declare any size."""

    def __init__(self, stream, max_bytes: int = 1 << 26):
        self._stream, self._max_bytes = stream, max_bytes
        self.last_read = b""

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= self._max_bytes:
            raise tarfile.ReadError(f"a header that declares {size:,} bytes")
        self.last_read = self._stream.read(size)
        return self.last_read

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()
