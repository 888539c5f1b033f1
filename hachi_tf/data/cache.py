"""What a source was parsed to, kept in files so that it is not parsed again."""

import os
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from hachi_tf.files import atomic_path

_VERSION = 1
_STRINGS = ("ids", "texts", "splits", "groups")


class Parsed(NamedTuple):
    """All sequences of a source.

    Attributes:
        events: as `Dataset` takes them.
        offsets: int64 `[n + 1]`; sequence i is `events[offsets[i]:offsets[i + 1]]`.
        ids: one name a sequence.
        texts: one text or None a sequence.
        splits: the official split of each, or "".
        groups: sequences of one group are never split apart.
        values: as `Dataset` takes them.
    """

    events: np.ndarray
    offsets: np.ndarray
    ids: list[str]
    texts: list[str | None]
    splits: list[str]
    groups: list[str]
    values: np.ndarray | None = None


def save(path: str | os.PathLike, parsed: Parsed, **more: Any) -> None:
    """Writes sequences to an .npz, whole or not at all.

    Args:
        path: the file.
        parsed: the sequences.
        more: further arrays; `events` in place of those of `parsed`.

    Raises:
        UserError: if the place cannot be written to.
    """
    arrays = {"events": parsed.events, "offsets": parsed.offsets, **more}
    for name in _STRINGS:
        encoded = [
            (string or "").encode("utf-8", "surrogatepass") for string in getattr(parsed, name)
        ]
        arrays[name] = np.frombuffer(b"".join(encoded), np.uint8)
        arrays[f"{name}_offsets"] = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    arrays["has_text"] = np.array([text is not None for text in parsed.texts], bool)
    with atomic_path(path) as temporary:
        np.savez(temporary, version=_VERSION, **arrays)


def load(
    path: str | os.PathLike, num_features: int, more: Iterable[str] = ()
) -> tuple[Parsed, dict[str, np.ndarray]] | None:
    """What `save` wrote; None if there is nothing, or nothing whole.

    Args:
        path: the file.
        num_features: how many columns the events must have.
        more: the names of further arrays, without which a file is not whole.

    Returns:
        The sequences and the further arrays.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        if arrays["version"] != _VERSION:
            return None
        columns = [_strings(arrays[name], arrays[f"{name}_offsets"]) for name in _STRINGS]
        ids, texts, splits, groups = columns
        texts = [
            text if has_text else None
            for text, has_text in zip(texts, arrays["has_text"], strict=True)
        ]
        found, offsets = {name: arrays[name] for name in more}, arrays["offsets"]
        if len({len(offsets) - 1, *map(len, columns)}) != 1 or (np.diff(offsets) < 0).any():
            return None
        events = arrays["events"]
        is_whole = events.dtype == np.float32 and events.shape == (offsets[-1], num_features)
        if not (is_whole or found):
            return None
        return Parsed(events, offsets, ids, texts, splits, groups), found
    except Exception:  # whatever a damaged file leads to, parsing again mends it
        return None


def _strings(content: np.ndarray, offsets: np.ndarray) -> list[str]:
    content, bounds = content.tobytes(), offsets.tolist()
    return [
        content[begin:end].decode("utf-8", "surrogatepass")
        for begin, end in zip(bounds[:-1], bounds[1:], strict=True)
    ]
