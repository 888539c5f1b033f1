"""NumPy's object arrays, read without running anything.

NumPy stores an object array as a pickle, which is a program: loading one runs whatever it says.
Here the few instructions that an array of plain arrays is made of are interpreted as data. No
name that a file mentions is ever looked up, so there is nothing that it could call.
"""

import re
from typing import Any

import numpy as np

MAX_BYTES = 1 << 31  # of the arrays of one object array together
_NUMBER_TYPE = re.compile(r"b1|[iu][1248]|f[248]", re.ASCII)
_RECONSTRUCT = {"numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct"}
_MARK = object()


def read_object_array(body: memoryview) -> list[np.ndarray]:
    """Reads the pickle of an object array whose elements are arrays of numbers.

    Args:
        body: the pickle, of protocol 2 to 4, those that NumPy has written.

    Returns:
        The elements, read-only.

    Raises:
        ValueError: if it is damaged or holds anything but arrays of numbers.
        IndexError: if it is damaged.
    """
    return _Reader(body).read()


def plain_array(
    body: bytes | memoryview, shape: tuple[int, ...], kind: str, order: str, is_fortran: bool
) -> np.ndarray:
    """An array of numbers, after its declared shape was compared with the bytes there are.

    Args:
        body: the bytes.
        shape: as declared.
        kind: as NumPy writes it, e.g. `"i2"` or `"f4"`.
        order: of the bytes, `"<"` or `">"`, or `"|"` where there is none.
        is_fortran: whether the first axis varies fastest.

    Returns:
        The array, read-only.

    Raises:
        ValueError: if the declarations and the bytes do not agree, or are no numbers.
    """
    if not _NUMBER_TYPE.fullmatch(kind):
        raise ValueError(f"values of type {kind[:40]!r}, which are no numbers")
    if len(shape) > 32:  # before the numbers are multiplied, each of which may have many digits
        raise ValueError("an array of more than 32 axes")
    size = int(kind[1:])
    for length in shape:
        if type(length) is not int or length < 0:
            raise ValueError("a shape that is none")
        size *= length
    if size != len(body) or order not in ("<", ">", "|", "="):
        raise ValueError(f"an array that declares {size:,} bytes and has {len(body):,}")
    dtype = np.dtype(("<" if order in "|=" else order) + kind)
    return np.frombuffer(body, dtype).reshape(shape, order="F" if is_fortran else "C")


class _Name:
    """A name that the file mentions."""

    def __init__(self, name: str):
        self.name = name


class _Type:
    """A NumPy type under construction."""

    def __init__(self, kind: str):
        self.kind, self.order = kind, "|"


class _Array:
    """An array under construction: of numbers, or a list of objects."""

    def __init__(self):
        self.value = None


class _Reader:
    """Interprets a pickle of protocol 2 to 4 as long as it builds nothing but arrays.

    The instructions are those of Python's `pickletools`; one that is not below is refused.
    """

    def __init__(self, body):
        self._body, self._at = body, 0
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def read(self) -> list[np.ndarray]:
        while (code := self._take(1)[0]) != 0x2E:  # STOP
            instruction = _INSTRUCTIONS.get(code)
            if instruction is None:
                raise ValueError(f"it holds more than numbers: instruction {code:#04x}")
            instruction(self)
        result = self._pop()
        if not isinstance(result, _Array) or not isinstance(result.value, list):
            raise ValueError("it holds no array of arrays")
        elements, total = [], 0
        for element in result.value:
            if not isinstance(element, _Array) or not isinstance(element.value, np.ndarray):
                raise ValueError("an element is no array of numbers")
            elements.append(element.value)
            total += element.value.nbytes
        if total > MAX_BYTES:  # one small array may be repeated many times
            raise ValueError(f"its arrays have {total:,} bytes together")
        return elements

    def _take(self, count: int):
        piece = self._body[self._at : self._at + count]
        if len(piece) != count:
            raise ValueError("it is cut short")
        self._at += count
        return piece

    def _integer(self, count: int, signed: bool = False) -> int:
        return int.from_bytes(self._take(count), "little", signed=signed)

    def _line(self) -> str:
        for length in range(1, 256):
            if bytes(self._body[self._at + length - 1 : self._at + length]) in (b"\n", b""):
                return bytes(self._take(length)[:-1]).decode("ascii", "replace")
        raise ValueError("a name is too long")

    def _pop(self):
        value = self._stack.pop()
        if value is _MARK:
            raise ValueError("a value is missing")
        return value

    def _pop_to_mark(self) -> list[Any]:
        values = []
        while (value := self._stack.pop()) is not _MARK:
            values.append(value)
        return values[::-1]

    def _tuple(self, count: int) -> None:
        self._stack.append(tuple([self._pop() for _ in range(count)][::-1]))

    def _put(self, index: int) -> None:
        self._memo[index] = self._stack[-1]

    def _get(self, index: int) -> None:
        if index not in self._memo:
            raise ValueError("a reference to nothing")
        self._stack.append(self._memo[index])

    def _extend(self, values: list[Any]) -> None:
        target = self._stack[-1]
        if not isinstance(target, list):
            raise ValueError("something is appended to what is no list")
        target.extend(values)

    def _stack_global(self) -> None:
        name, module = self._pop(), self._pop()
        self._stack.append(_Name(f"{module} {name}"))

    def _reduce(self) -> None:
        arguments, function = self._pop(), self._pop()
        name = function.name if isinstance(function, _Name) else "something"
        if isinstance(arguments, tuple):
            if name in _RECONSTRUCT:
                self._stack.append(_Array())
                return
            if name == "numpy dtype" and arguments and isinstance(arguments[0], str | bytes):
                self._stack.append(_Type(_text(arguments[0])))
                return
            # How Python 3 writes bytes in protocol 2.
            if name == "_codecs encode" and arguments[1:] == ("latin1",):
                self._stack.append(_text(arguments[0]).encode("latin-1"))
                return
        raise ValueError(f"it would call {name[:80]!r}")

    def _build(self) -> None:
        state, target = self._pop(), self._stack[-1]
        if isinstance(target, _Type) and isinstance(state, tuple) and len(state) > 1:
            target.order = _text(state[1])
        elif isinstance(target, _Array) and isinstance(state, tuple) and len(state) == 5:
            _, shape, dtype, is_fortran, data = state
            if not isinstance(dtype, _Type) or not isinstance(shape, tuple):
                raise ValueError("an array without a type or shape")
            if isinstance(data, list) and dtype.kind in ("O8", "O4", "O"):
                target.value = data
            elif isinstance(data, bytes):
                target.value = plain_array(data, shape, dtype.kind, dtype.order, is_fortran is True)
            else:
                raise ValueError("an array without data")
        else:
            raise ValueError("it would set the state of something that is no array")


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if not isinstance(value, str):
        raise ValueError("a text is missing")
    return value


def _push(read):
    return lambda reader: reader._stack.append(read(reader))


_INSTRUCTIONS = {
    0x80: lambda r: r._take(1),  # PROTO
    0x95: lambda r: r._take(8),  # FRAME
    0x28: _push(lambda r: _MARK),  # MARK
    0x29: _push(lambda r: ()),  # EMPTY_TUPLE
    0x74: _push(lambda r: tuple(r._pop_to_mark())),  # TUPLE
    0x85: lambda r: r._tuple(1),  # TUPLE1
    0x86: lambda r: r._tuple(2),  # TUPLE2
    0x87: lambda r: r._tuple(3),  # TUPLE3
    0x5D: _push(lambda r: []),  # EMPTY_LIST
    0x6C: _push(lambda r: r._pop_to_mark()),  # LIST
    0x61: lambda r: r._extend([r._pop()]),  # APPEND
    0x65: lambda r: r._extend(r._pop_to_mark()),  # APPENDS
    0x4E: _push(lambda r: None),  # NONE
    0x88: _push(lambda r: True),  # NEWTRUE
    0x89: _push(lambda r: False),  # NEWFALSE
    0x4A: _push(lambda r: r._integer(4, signed=True)),  # BININT
    0x4B: _push(lambda r: r._integer(1)),  # BININT1
    0x4D: _push(lambda r: r._integer(2)),  # BININT2
    0x8A: _push(lambda r: r._integer(r._integer(1), signed=True)),  # LONG1
    0x54: _push(lambda r: bytes(r._take(r._integer(4)))),  # BINSTRING
    0x55: _push(lambda r: bytes(r._take(r._integer(1)))),  # SHORT_BINSTRING
    0x42: _push(lambda r: bytes(r._take(r._integer(4)))),  # BINBYTES
    0x43: _push(lambda r: bytes(r._take(r._integer(1)))),  # SHORT_BINBYTES
    0x8E: _push(lambda r: bytes(r._take(r._integer(8)))),  # BINBYTES8
    0x58: _push(lambda r: str(r._take(r._integer(4)), "utf-8")),  # BINUNICODE
    0x8C: _push(lambda r: str(r._take(r._integer(1)), "utf-8")),  # SHORT_BINUNICODE
    0x63: _push(lambda r: _Name(f"{r._line()} {r._line()}")),  # GLOBAL
    0x93: lambda r: r._stack_global(),  # STACK_GLOBAL
    0x52: lambda r: r._reduce(),  # REDUCE
    0x62: lambda r: r._build(),  # BUILD
    0x71: lambda r: r._put(r._integer(1)),  # BINPUT
    0x72: lambda r: r._put(r._integer(4)),  # LONG_BINPUT
    0x94: lambda r: r._put(len(r._memo)),  # MEMOIZE
    0x68: lambda r: r._get(r._integer(1)),  # BINGET
    0x6A: lambda r: r._get(r._integer(4)),  # LONG_BINGET
}
