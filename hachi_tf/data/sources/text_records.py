"""Texts parted into records: lines, blocks between blank lines."""

from collections.abc import Iterable, Iterator
from typing import AnyStr


def split_records(chunks: Iterable[AnyStr], kind: str) -> Iterator[tuple[int, AnyStr]]:
    """Parts a text into records; those of white space alone are left out.

    Args:
        chunks: the text, characters or bytes.
        kind: "line" for a record a line; "blank_line" for one from each block of lines between
            blank ones, both without the line break at their end; "file" for all as it is.

    Yields:
        The number of a record's first line, from 1, and the record.
    """
    if kind == "file":
        whole = list(chunks)
        record = whole[0][:0].join(whole) if whole else ""
        if record.strip():
            yield 1, record
        return
    first, block = 0, []
    for number, line in enumerate(_lines(chunks), 1):
        is_blank = not line.strip()
        if kind == "line":
            if not is_blank:
                yield number, line
        elif not is_blank:
            first = first or number
            block.append(line)
        elif block:
            yield first, _joined(block)
            first, block = 0, []
    if block:
        yield first, _joined(block)


def _joined(lines: list[AnyStr]) -> AnyStr:
    return ("\n" if isinstance(lines[0], str) else b"\n").join(lines)


def _lines(chunks: Iterable[AnyStr]) -> Iterator[AnyStr]:
    """Lines without the line feed, and the carriage return before it, at their end."""
    rest = None
    for chunk in chunks:
        newline, mark = ("\n", "\r") if isinstance(chunk, str) else (b"\n", b"\r")
        lines = (chunk if rest is None else rest + chunk).split(newline)
        rest = lines.pop()
        yield from (line.removesuffix(mark) for line in lines)
    if rest:
        yield rest
