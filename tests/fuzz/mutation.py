"""Damaged and hostile variants of files that are in order."""

import random

# What numbers, lengths and counts are changed into.
_TEXT_NUMBERS = (
    b"0", b"-1", b"1e309", b"-1e308", b"nan", b"inf", b"1e-320", b"99999999999999999999", b"1e9",
    b"0x10", b"1_0", b"\xd9\xa3", b"2147483648", b"-0", b"0.1", b".", b"--1", b"1e", b"65536",
)  # fmt: skip
_ODD_TEXT = (
    b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\r", b"\r\n", b"\n\n", b"\t", b'"', b"'",
    b"\xe2\x80\xa8", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80", b"\xcc\x81", b"\\", b"(" * 300,
    b"[" * 3000, b"{" * 300, b"<a>" * 500, b"," * 2000, b";", b"&amp;", b"&#0;", b"%s", b"../",
    b"/" * 300, b"~", b"None", b"True", b"__import__", b"1" * 5000, b"a" * 5000,
)  # fmt: skip
_SIZES = (1, 2, 4, 8)


class Mutator:
    """Makes inputs out of others.

    Args:
        seeds: inputs that are in order.
        tokens: words of the format, which are put in anywhere.
        text: whether the format is one of text.
    """

    def __init__(self, seeds: list[bytes], tokens: tuple[bytes, ...] = (), text: bool = True):
        self._seeds, self._tokens, self._text = seeds, tokens, text

    def make(self, chosen: random.Random) -> bytes:
        """An input, some changes away from one that is in order."""
        content = chosen.choice(self._seeds)
        for _ in range(chosen.choice((0, 1, 1, 1, 2, 3, 5, 12))):
            content = chosen.choice(self._ways())(content, chosen)
        return content

    def _ways(self):
        return (
            _flip, _cut, _remove, _repeat, _exchange, self._splice, self._insert,
            _number if self._text else _binary_number,
            _number if self._text else _binary_number,
        )  # fmt: skip

    def _splice(self, content: bytes, chosen: random.Random) -> bytes:
        other = chosen.choice(self._seeds)
        return content[: _place(content, chosen)] + other[_place(other, chosen) :]

    def _insert(self, content: bytes, chosen: random.Random) -> bytes:
        place = _place(content, chosen)
        token = chosen.choice(self._tokens or _ODD_TEXT)
        if chosen.random() < 0.4:
            token = chosen.choice(_ODD_TEXT)
        return content[:place] + token + content[place:]


def _place(content: bytes, chosen: random.Random) -> int:
    return chosen.randint(0, len(content))


def _span(content: bytes, chosen: random.Random) -> tuple[int, int]:
    begin = _place(content, chosen)
    return begin, min(len(content), begin + chosen.choice((1, 2, 4, 16, 64, 400)))


def _flip(content: bytes, chosen: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chosen.choice((1, 1, 2, 8)) if content else 0):
        changed[chosen.randrange(len(changed))] ^= 1 << chosen.randrange(8)
    return bytes(changed)


def _cut(content: bytes, chosen: random.Random) -> bytes:
    return content[: _place(content, chosen)]


def _remove(content: bytes, chosen: random.Random) -> bytes:
    begin, end = _span(content, chosen)
    return content[:begin] + content[end:]


def _repeat(content: bytes, chosen: random.Random) -> bytes:
    begin, end = _span(content, chosen)
    return content[:end] + content[begin:end] * chosen.choice((1, 3, 50)) + content[end:]


def _exchange(content: bytes, chosen: random.Random) -> bytes:
    begin, end = _span(content, chosen)
    return content[:begin] + chosen.randbytes(end - begin) + content[end:]


def _number(content: bytes, chosen: random.Random) -> bytes:
    """Another number in place of one."""
    places = [index for index, byte in enumerate(content) if 48 <= byte <= 57]
    if not places:
        return content
    begin = end = chosen.choice(places)
    while begin and content[begin - 1 : begin] in b"-.0123456789":
        begin -= 1
    while end < len(content) and content[end : end + 1] in b".0123456789":
        end += 1
    return content[:begin] + chosen.choice(_TEXT_NUMBERS) + content[end:]


def _binary_number(content: bytes, chosen: random.Random) -> bytes:
    """An extreme number of a few bytes in place of what is there."""
    size = chosen.choice(_SIZES)
    begin = _place(content, chosen)
    high = (1 << 8 * size) - 1
    value = chosen.choice((0, 1, high, high >> 1, (high >> 1) + 1, chosen.randrange(256)))
    return content[:begin] + value.to_bytes(size, chosen.choice(("little", "big"))) + content[
        begin + size :
    ]  # fmt: skip
