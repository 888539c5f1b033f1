"""What is in a text: characters, lines, words, records."""

import collections
from collections.abc import Iterable
from typing import Any

_MOST = 20


def text_figures(source: Any) -> dict[str, Any]:
    """Describes the text of a source, read once in chunks.

    Args:
        source: the source `text`.

    Returns:
        For JSON. Of characters: how many and how many different ones, the most frequent and the
        rarest, their scripts; how many lines and words, and the longest line. Of bytes: the same
        without scripts and words. Of records also how many differ.
    """
    classes, unit = source.classes, source.options["unit"]
    pairs = sorted(zip(classes.names, classes.counts.tolist(), strict=True), key=lambda p: -p[1])
    noun = {"char": "characters", "byte": "bytes"}[unit]
    share = {name: round(count / classes.total, 4) for name, count in pairs[:_MOST]}
    figures: dict[str, Any] = {
        noun: classes.total,
        f"different_{noun}": len(pairs),
        "most_frequent": share,
        "rarest": dict(pairs[_MOST:][-_MOST:]),
    }
    if unit == "char":
        figures["scripts"] = dict(classes.scripts()[:_MOST])
    if source.options.get("records"):
        return figures | _records(source.texts())
    return figures | _lines(source.texts(), unit)


def _records(texts: Iterable[tuple[str, int, str | bytes]]) -> dict[str, Any]:
    seen, count, longest = set(), 0, (0, "")
    for name, line, text in texts:
        seen.add(hash(text))
        count += 1
        longest = max(longest, (len(text), f"{name}:{line}"))
    where = {"length": longest[0], "place": longest[1]}
    return {"records": count, "different_records": len(seen), "longest_record": where}


def _lines(texts: Iterable[tuple[str, int, str | bytes]], unit: str) -> dict[str, Any]:
    line_break = "\n" if unit == "char" else b"\n"
    longest, numbers, rest, words, before = (0, ""), collections.Counter(), {}, 0, line_break
    for name, _, text in texts:
        first, *others = text.split(line_break)
        is_one = name in rest and not (before[-1:].isspace() or text[:1].isspace())
        words, before = words + len(text.split()) - is_one, text  # a word that a chunk's end parts
        # The beginning of the line that goes on is not kept, only its length.
        length = rest.get(name, 0) + len(first)
        for other in others:
            numbers[name] += 1
            longest = max(longest, (length, f"{name}:{numbers[name]}"))
            length = len(other)
        rest[name] = length
    for name, length in rest.items():
        if length:
            numbers[name] += 1
            longest = max(longest, (length, f"{name}:{numbers[name]}"))
    figures = {"files": len(rest), "lines": numbers.total()}
    if unit == "char":
        figures["words"] = words
    return {**figures, "longest_line": {"length": longest[0], "place": longest[1]}}
