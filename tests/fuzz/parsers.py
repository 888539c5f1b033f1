"""The formats that are read: what reads each, and what inputs are made of."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.fuzz import readers, seeds
from tests.fuzz.mutation import Mutator


class Parser(NamedTuple):
    """A format and what reads it.

    Attributes:
        make: makes its mutator.
        read: reads bytes, given a folder to write in.
    """

    make: Callable[[], Mutator]
    read: Callable[[bytes, Path], object]


def _binary(make: Callable[[], tuple[bytes, ...]], read, tokens: bytes) -> Parser:
    return Parser(lambda: Mutator(list(make()), tuple(tokens.split(b" ")), text=False), read)


def _text(content: tuple[bytes, ...], read, tokens: bytes) -> Parser:
    return Parser(lambda: Mutator(list(content), tuple(tokens.split(b" "))), read)


# Tokens stand between blanks.
_XML = (
    b"< > </ /> <!DOCTYPE\ta\t[<!ENTITY\tb\t'c'>]> &b; <![CDATA[ ]]> <!-- --> xmlns:a='b' "
    b"<?xml\tversion='1.0'\tencoding='utf-16'?> \tencoding='utf-7' "
)
PARSERS: dict[str, Parser] = {
    "svg": _text(
        seeds.SVG,
        readers.read_svg,
        _XML + b"<use\thref='#a'/> \ttransform='scale(1e300)' A a1,1,0,0 M 1e999 rotate( % em z",
    ),
    "xml": _text(seeds.IAM, readers.read_xml, _XML + b"<Stroke> <Point/> \tx=''"),
    "npz": _binary(
        seeds.npz,
        readers.read_npz,
        b"PK\x03\x04 PK\x01\x02 PK\x05\x06 \x93NUMPY 'descr':'|O' (99999999999,) '<f8' "
        b"cos\nsystem\n \x80\x02 R. cposix\n",
    ),
    "csv": _text(
        seeds.CSV,
        readers.read_csv,
        b', ; \t # ~ time date " nan 2020-13-01 9999-12-31 0001-01-01 1e400',
    ),
    "json": _text(
        seeds.JSON,
        readers.read_json,
        b'[ ] { } : , null true NaN Infinity "\\ud800" "features" "data" [] {} - 1e400',
    ),
    "tables": _text(seeds.TXT, readers.read_tables, b"( ) [ ] ; time features null data"),
    "midi": _binary(
        seeds.midi,
        readers.read_midi,
        b"MThd MTrk \xff\x2f\x00 \xff\x51\x03 \xf0 \xf7 \x90 \x80\x80\x80\x00 \xff\xff\xff\x7f",
    ),
    "wav": _binary(
        seeds.wav, readers.read_wav, b"RIFF data fmt LIST fLaC FORM RF64 \xff\xff\xff\xff"
    ),
    "text": _text(seeds.TEXT, readers.read_text, b"\xf4\x90\x80\x80 \xc0\xaf " + b"\xcc\x81" * 50),
    "operations": _text(
        seeds.OPERATIONS,
        readers.read_operations,
        b"( ) = , ; dims range value t p=2 ' * ** {} rev sort low lambda:0",
    ),
    "options": _text(
        seeds.OPTIONS, readers.read_options, b"( ) = , ' [ { : None * f(x) - not\t1 1j b'' ..."
    ),
    "flags": _text(
        seeds.FLAGS + seeds.YAML + seeds.TOML,
        readers.read_flags,
        b"-- = \n --flagfile=train.flags --no - :\t &a *a <<:\t !!python/object:os.system [[ ]] "
        b'""" {a:\t',
    ),
}
