"""NumPy's .npz archives, object arrays included, read without running anything."""

import io
import zipfile

import numpy as np

from hachi_tf.data.sources.archives import unreadable
from hachi_tf.data.sources.object_arrays import MAX_BYTES, plain_array, read_object_array
from hachi_tf.errors import UserError

_MAX_RATIO = 200  # of the size of an array to its compressed size


def read_npz(path: str, names: tuple[str, ...]) -> dict[str, list[np.ndarray]]:
    """Reads arrays of arrays of numbers.

    Args:
        path: an .npz file.
        names: of the arrays to read; the archive may lack some and hold others.

    Returns:
        For each name that the archive has, its sequences: the elements of an object array, or
        those along the first axis of an array of numbers `[n, T, F]`.

    Raises:
        UserError: if the file is damaged, too large, or holds anything but numbers.
    """
    arrays = {}
    try:
        with zipfile.ZipFile(path) as archive:
            members = {info.filename: info for info in archive.infolist()}
            for name in names:
                if info := members.get(f"{name}.npy"):
                    arrays[name] = _read_array(_read_member(archive, info, path), name, path)
    except UserError:
        raise
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise unreadable(path, error) from error
    except Exception as error:  # whatever a parser trips over, the file is at fault
        raise UserError(
            "a whole .npz file of plain numbers", f"{path} ({error})", "fetch the file again"
        ) from error
    return arrays


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: str) -> bytes:
    if info.file_size > MAX_BYTES or info.file_size > _MAX_RATIO * info.compress_size + (1 << 20):
        raise UserError(
            f"arrays of at most {MAX_BYTES:,} bytes, compressed at most {_MAX_RATIO} times",
            f"{info.file_size:,} bytes from {info.compress_size:,} in {path}",
            "do not trust the file",
        )
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{info.filename} is compressed in an unusual way")
    with archive.open(info) as file:
        return file.read(info.file_size + 1)  # no more than declared, whatever is in there


def _read_array(content: bytes, name: str, path: str) -> list[np.ndarray]:
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in readers:
        raise ValueError(f"{name} is of version {version}")
    shape, is_fortran, dtype = readers[version](stream)
    body = memoryview(content)[stream.tell() :]
    if dtype.hasobject:
        if dtype != np.dtype(object):
            raise ValueError(f"{name} is of type {dtype}")
        return read_object_array(body)
    if len(shape) != 3:
        raise ValueError(f"{name} has shape {shape}, not sequences of steps of numbers")
    array = plain_array(body, shape, dtype.str[1:], dtype.str[0], is_fortran)
    return list(array) if array.size else []
