"""Sequences of whole numbers, in memory or, where they are many, in a file that is mapped."""

import logging
import os
import tempfile
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from hachi_tf.data import cache
from hachi_tf.data.cache import Parsed
from hachi_tf.data.sources.source import Coded
from hachi_tf.errors import UserError
from hachi_tf.files import atomic_path

log = logging.getLogger(__name__)

IN_MEMORY = 1 << 24
"""The most bytes of codes that are kept in memory; more go to a file."""

_READ = 1 << 20


def load_codes(coded: Coded, path: str | os.PathLike | None) -> Parsed:
    """A source's sequences as codes.

    Args:
        coded: the source's.
        path: of the cache, without a suffix, or None for none. Only what is too large for memory
            goes there; without it, to a file that vanishes with the process.

    Raises:
        UserError: as the source raises it.
    """
    dtype = np.dtype(f"<u{np.min_scalar_type(max(len(coded.values) - 1, 0)).itemsize}")
    if coded.num_events * dtype.itemsize <= IN_MEMORY:
        codes = np.empty(coded.num_events, dtype)

        def assign(start: int, part: np.ndarray) -> None:
            codes[start : start + len(part)] = part

        return _collect(coded, assign)._replace(events=codes)
    if path is None:
        return _temporary(coded, dtype)
    if (found := _cached(path, coded, dtype)) is not None:
        return found
    try:
        with atomic_path(f"{path}.npy") as aside, open(aside, "wb") as file:
            shape = (coded.num_events,)
            header = {"descr": dtype.str, "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            parsed, checksum = _write(coded, file, dtype)
        cache.save(f"{path}.npz", parsed, checksum=checksum)
    except UserError as error:  # a cache is not worth a failed training
        if not isinstance(error.__cause__, OSError):
            raise
        log.warning("the parsed data was not cached: %s", error)
        return _temporary(coded, dtype)
    return parsed._replace(events=np.load(f"{path}.npy", mmap_mode="r", allow_pickle=False))


def _collect(coded: Coded, take: Callable[[int, np.ndarray], None]) -> Parsed:
    """All sequences without their codes, which `take` gets with the place of the first one."""
    count, offsets, ids, splits, groups = 0, [0], [], [], []
    for part in coded.parts():
        if count + len(part.codes) > coded.num_events:
            break
        take(count, part.codes)
        count += len(part.codes)
        if ids and ids[-1] == part.id:
            offsets[-1] = count
        else:
            offsets.append(count)
            for column, value in ((ids, part.id), (splits, part.split), (groups, part.group)):
                column.append(value or (part.id if column is groups else value))
    if count != coded.num_events:
        raise UserError("files that stay as they are while they are read", "others", "try again")
    nothing = np.zeros([0, coded.values.shape[1]], np.float32)
    texts: list[str | None] = [None] * len(ids)
    return Parsed(nothing, np.array(offsets, np.int64), ids, texts, splits, groups, coded.values)


def _write(coded: Coded, file: Any, dtype: np.dtype) -> tuple[Parsed, int]:
    """Writes the codes to a file; returns the sequences without them, and their checksum."""
    checksum = 0

    def write(start: int, part: np.ndarray) -> None:
        del start
        nonlocal checksum
        content = part.astype(dtype).tobytes()
        checksum = zlib.crc32(content, checksum)
        file.write(content)

    return _collect(coded, write), checksum


def _temporary(coded: Coded, dtype: np.dtype) -> Parsed:
    with tempfile.TemporaryFile(prefix="hachi_tf-") as file:
        parsed, _ = _write(coded, file, dtype)
        file.flush()
        return parsed._replace(events=np.memmap(file, dtype, "r"))


def _cached(path: str | os.PathLike, coded: Coded, dtype: np.dtype) -> Parsed | None:
    """What a process before wrote; None if there is nothing, or nothing whole."""
    found = cache.load(f"{path}.npz", coded.values.shape[1], ("checksum",))
    if found is None:
        return None
    parsed, more = found
    try:
        codes = np.load(f"{path}.npy", mmap_mode="r", allow_pickle=False)
        if codes.dtype != dtype or codes.shape != (coded.num_events,):
            return None
        checksum = 0
        with open(f"{path}.npy", "rb") as file:  # a mapped page would count as memory of ours
            file.seek(codes.offset)
            while content := file.read(_READ):
                checksum = zlib.crc32(content, checksum)
    except (OSError, ValueError, EOFError):
        return None
    if checksum != more["checksum"] or parsed.offsets[-1] != len(codes):
        return None
    return parsed._replace(events=codes, values=coded.values)
