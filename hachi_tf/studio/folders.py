"""The studio's folders."""

import pathlib
import shutil

import filelock

from hachi_tf.errors import UserError
from hachi_tf.files import clean_folder

FOLDERS = ("exports", "runs", "data", "lines")
_LEFT_OVER = (".deleted-*", ".upload-*")


def take_folders(path: pathlib.Path) -> filelock.BaseFileLock:
    """Makes the studio's folders and keeps other servers out of them.

    The system lets go of the lock when the process ends, however it ends. What a process that was
    killed left half-done is cleaned up.

    Returns:
        The lock, to be released in the end.

    Raises:
        UserError: if they cannot be made or written to, or another server has them.
    """
    try:
        for name in FOLDERS:
            (path / name).mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(path / ".lock")
        lock.acquire(blocking=False)
        for name in FOLDERS:
            probe = path / name / ".probe"
            probe.write_bytes(b"")
            probe.unlink()
            clean_folder(path / name)
            for pattern in _LEFT_OVER:
                for left in (path / name).glob(pattern):
                    shutil.rmtree(left, ignore_errors=True)
        return lock
    except filelock.Timeout as error:
        raise UserError(
            "a studio that no other server has open", str(path), "name another --studio_dir"
        ) from error
    except OSError as error:
        raise UserError(
            "a folder that can be written to for --studio_dir",
            f"{path} ({error.strerror or error})",
            "name another",
        ) from error
