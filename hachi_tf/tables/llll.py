"""Tables as bach's nested lists (.llll): its text, and its native form, which is JSON.

The text is `[ time 0. 0.5 ] [ data [ 60 1 ] [ 62 2 ] ] [ features [ 1 [ categorical 1 ] ] ]`,
with square brackets or round ones. The native form is a dictionary of such tokens in lists
`data_0000000000`, `data_0000000001`, ..., in which a float is a mark and its two halves.
"""

import json
import re
import struct
from collections.abc import Iterator
from typing import Any

from hachi_tf.errors import UserError
from hachi_tf.tables.structured import make_structured
from hachi_tf.tables.table import TIME, Table, to_number

_FLOAT = "_x_x_x_x_bach_float64_x_x_x_x_"
_CHUNK = 4096  # tokens in each of the native form's lists
_TOKEN = re.compile(r"""[\[\]()]|"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|`?([^\s\[\]()"']+)""")
_CLOSING = {"[": "]", "(": ")"}
_MAX_DEPTH = 64


def parse_llll(text: str, path: str) -> Table:
    """The table in a .llll file, text or native.

    Args:
        text: the file's content.
        path: the file's name, for errors.

    Raises:
        UserError: naming line, event and column, if something is wrong.
    """
    if text.lstrip().startswith("{"):
        tokens = [(token, 1, kind) for token, kind in _native_tokens(text, path)]
    else:
        tokens = list(_text_tokens(text, path))
    lists, lines = _nest(tokens, path)
    parts: dict[str, Any] = {}
    places: dict[str, int] = {}
    for index, element in enumerate(lists):
        head = element[0] if isinstance(element, list) and element else None
        if not isinstance(head, str) or head in parts:
            raise UserError(
                "[ data [ ... ] ... ], [ time ... ] and [ features ... ], each once",
                f"{'another' if isinstance(head, str) else 'something else'} in {path}, "
                f"line {lines.get((index,), 1)}",
            )
        parts[head], places[head] = element[1:], index

    def line(place: tuple) -> int:
        key = (places.get(place[0]), *(index + 1 for index in place[1:2]), *place[2:])
        return lines.get(key, 1)

    if "features" in parts:
        parts["features"] = _features(parts["features"], f"{path}, line {line(('features',))}")
    return make_structured(parts, path, line)


def format_llll(parts: dict[str, Any]) -> str:
    """The native form of a structure as `make_structured` takes it.

    Raises:
        UserError: if a label is a bracket.
    """
    tokens: list[Any] = []
    if parts.get(TIME) is not None:
        tokens += ["[", TIME, *_flat([float(time) for time in parts[TIME]]), "]"]
    tokens += ["[", "data", *_flat(parts["data"]), "]"]
    features = [
        [int(key), *([mark, value if mark == "name" else int(value)] for mark, value in m.items())]
        for key, m in parts.get("features", {}).items()
    ]
    tokens += ["[", "features", *_flat(features), "]"]
    chunks = [tokens[start : start + _CHUNK] for start in range(0, len(tokens), _CHUNK)]
    value: dict[str, Any] = {f"data_{index:010d}": chunk for index, chunk in enumerate(chunks)}
    return json.dumps({**value, "data_count": [len(chunks)]}, allow_nan=False)


def _flat(values: list[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list):
            yield from ("[", *_flat(value), "]")
        elif isinstance(value, float) or value is None:
            number = to_number(value)
            yield from (_FLOAT, *struct.unpack("<II", struct.pack("<d", number)))
        elif value in ("[", "]", _FLOAT):
            raise UserError("labels that .llll can hold", repr(value), "write .json or .csv")
        else:
            yield value


def _native_tokens(text: str, path: str) -> Iterator[tuple[Any, str]]:
    """Tokens and what they are: `bracket` or `value`."""
    try:
        value = json.loads(text)
        names = sorted(name for name in value if re.fullmatch(r"data_\d+", name))
        tokens = [token for name in names for token in value[name]]
        count = int(value["data_count"][0])
    except json.JSONDecodeError as error:
        raise UserError("a .llll file", f"{error.msg} in {path}, line {error.lineno}") from None
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError):
        raise UserError("a .llll file as bach writes it", f"other JSON in {path}") from None
    if count != len(names) or not names:
        raise UserError(f"{count} lists of data", f"{len(names)} in {path}", "copy it again")
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if token == _FLOAT:
            try:
                halves = [int(half) & 0xFFFFFFFF for half in tokens[index + 1 : index + 3]]
                token = struct.unpack("<d", struct.pack("<II", *halves))[0]
            except (struct.error, ValueError, TypeError, OverflowError):
                raise UserError("two halves for each float", f"others in {path}") from None
            index += 2
            yield token, "value"
        else:
            yield token, "bracket" if token in ("[", "]") else "value"
        index += 1


def _text_tokens(text: str, path: str) -> Iterator[tuple[Any, int, str]]:
    """Tokens, their lines, and what they are: `bracket` or `value`."""
    line, end = 1, 0
    for match in _TOKEN.finditer(text):
        between = text[end : match.start()]
        line += text.count("\n", end, match.start())
        if between.strip():
            raise UserError("matching quotes", f"others in {path}, line {line}")
        if match[0] in ("[", "]", "(", ")"):
            yield match[0], line, "bracket"
        elif match[3] is None:
            quoted = match[1] if match[1] is not None else match[2]
            yield re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL), line, "value"
        else:
            yield _atom(match[3]), line, "value"
        line += text.count("\n", match.start(), match.end())
        end = match.end()
    if text[end:].strip():
        raise UserError("matching quotes", f"others in {path}, line {line}")


def _atom(text: str) -> Any:
    """A number, a fraction as a number, or the text."""
    if fraction := re.fullmatch(r"([+-]?\d{1,18})/(\d{1,18})", text):
        numerator, denominator = map(int, fraction.groups())
        return numerator / denominator if denominator else text
    try:
        return int(text) if re.fullmatch(r"[+-]?\d{1,18}", text) else to_number(text)
    except ValueError:
        return text


def _nest(tokens, path: str) -> tuple[list[Any], dict[tuple[int, ...], int]]:
    """Nested lists, and the line on which each list and value begins by its indices."""
    stack: list[list[Any]] = [[]]
    brackets: list[tuple[str, int]] = []
    lines: dict[tuple[int, ...], int] = {}
    for token, line, kind in tokens:
        if kind == "bracket" and token in _CLOSING.values():
            if not brackets or _CLOSING[brackets[-1][0]] != token:
                raise UserError("matching brackets", f"{token!r} too many in {path}, line {line}")
            brackets.pop()
            stack.pop()
            continue
        lines[*(len(each) - 1 for each in stack[:-1]), len(stack[-1])] = line
        if kind == "value":
            stack[-1].append(token)
            continue
        if len(stack) > _MAX_DEPTH:
            raise UserError(f"at most {_MAX_DEPTH} nested lists", f"more in {path}, line {line}")
        brackets.append((token, line))
        stack[-1].append([])
        stack.append(stack[-1][-1])
    if brackets:
        raise UserError(
            "matching brackets",
            f"{brackets[-1][0]!r} of line {brackets[-1][1]} left open at the end of {path}",
        )
    return stack[0], lines


def _features(elements: list[Any], place: str) -> dict[str, dict[str, Any]]:
    features = {}
    for element in elements:
        marks = element[1:] if isinstance(element, list) else [None]
        if not all(isinstance(mark, list) and len(mark) == 2 for mark in marks):
            raise UserError("[ 2 [ masked 1 ] ] for each feature", f"others in {place}")
        if element:
            features[str(element[0])] = {str(mark): value for mark, value in marks}
    return features
