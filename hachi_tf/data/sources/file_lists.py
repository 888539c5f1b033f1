"""Files that a person names as a file, a folder, a pattern, or several of those with commas."""

import glob
import itertools
import os
import re
from collections.abc import Iterator

from hachi_tf.errors import UserError

_MAGIC = re.compile(r"[*?\[]")


def find_files(
    data: str, suffixes: tuple[str, ...], what: str, any_pattern: bool = False
) -> dict[str, str]:
    """Finds files of some kinds.

    Args:
        data: a file, a folder, which is searched through all its folders, a pattern as a shell
            has it (`**` stands for any folders), or several of these with commas between them.
        suffixes: of the files, in small letters, e.g. `(".mid", ".midi")`; a file that is named
            itself may have any. Hidden files are skipped.
        what: the files wanted, for errors, e.g. `"MIDI files"`.
        any_pattern: whether a pattern that names no file of those kinds names others, as in
            `src/*.py`.

    Returns:
        Paths by name, sorted by name. A name has `/` and begins below the folder that was named
        or the pattern's first `*`, so it is the same wherever the folder lies.

    Raises:
        UserError: if a part names nothing.
    """
    parts = [data] if os.path.exists(data) else [each.strip() for each in data.split(",")]
    found = [
        (base, path)
        for part in parts
        if part
        for base, path in _find(part, suffixes, what, any_pattern)
    ]
    if not found:
        raise UserError(what, f"none in {data}", "check the path")
    paths = sorted({os.path.abspath(path) for _, path in found})
    names = {os.path.abspath(path): _name(path, base) for base, path in found}
    if len(set(names.values())) < len(paths):
        common = os.path.commonpath([os.path.dirname(path) for path in paths])
        names = {path: _name(path, common) for path in paths}
    return dict(sorted((names[path], path) for path in paths))


def has_file(folder: str, suffixes: tuple[str, ...]) -> bool:
    """Whether a folder, or one in it, holds a file with one of the suffixes."""
    return next(_walk(folder, suffixes), None) is not None


def first_files(folder: str, suffixes: tuple[str, ...], count: int) -> list[str]:
    """The first files of a folder, and of those in it, with one of the suffixes."""
    return list(itertools.islice(_walk(folder, suffixes), count))


def _find(
    part: str, suffixes: tuple[str, ...], what: str, any_pattern: bool
) -> Iterator[tuple[str, str]]:
    """Pairs of the folder that names begin below and a path."""
    if os.path.isfile(part):
        yield os.path.dirname(part), part
        return
    if os.path.isdir(part):
        base, paths = part, list(_walk(part, suffixes))
    else:
        base = os.path.dirname(_MAGIC.split(part)[0])
        matches = [path for path in glob.glob(part, recursive=True) if os.path.isfile(path)]
        paths = [path for path in matches if _is_wanted(path, suffixes)]
        if any_pattern and not paths:
            paths = [path for path in matches if _is_wanted(path, ("",))]
    if not paths:
        where = "which does not exist" if not os.path.exists(part) else "which has none"
        raise UserError(what, f"{part}, {where}", "check the path")
    yield from ((base, path) for path in paths)


def _walk(folder: str, suffixes: tuple[str, ...]) -> Iterator[str]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if _is_wanted(name, suffixes):
                yield os.path.join(root, name)


def _is_wanted(path: str, suffixes: tuple[str, ...]) -> bool:
    return path.lower().endswith(suffixes) and not os.path.basename(path).startswith(".")


def _name(path: str, base: str) -> str:
    return os.path.relpath(path, base or os.curdir).replace(os.sep, "/")
