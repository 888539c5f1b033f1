"""Text files in chunks, whatever their size: characters in normal form C, or bytes."""

import codecs
import io
import itertools
import logging
import unicodedata
from collections.abc import Iterable, Iterator

from hachi_tf.data.sources.archives import unreadable
from hachi_tf.errors import UserError

log = logging.getLogger(__name__)

_CHUNK = 1 << 18  # bytes
_MOST_HELD = 1 << 16  # characters that may follow one another and all be marks of the same one
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_HEAD = 4096
_BLOCK = 4096  # characters that are normalized together


def read_bytes(path: str) -> Iterator[bytes]:
    """A file's bytes in chunks.

    Raises:
        UserError: if the file cannot be read.
    """
    try:
        with open(path, "rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
    except OSError as error:
        raise unreadable(path, error) from error


def characters(chunks: Iterable[bytes], path: str, errors: str = "strict") -> Iterator[str]:
    """Decodes UTF-8: normal form C, lines that end in a line feed, no byte order mark.

    The characters are the same wherever the chunks end.

    Args:
        chunks: the bytes.
        path: of the file, for errors.
        errors: "strict", or "replace" for U+FFFD in place of bytes that are no UTF-8.

    Yields:
        Characters; empty strings are left out.

    Raises:
        UserError: naming file, byte and line, if bytes are no UTF-8.
    """
    decoder = codecs.getincrementaldecoder("utf-8")(errors)
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    held, position, line, begun = "", 0, 1, False
    for chunk in itertools.chain(chunks, [b""]):
        is_last = not chunk
        waiting = len(decoder.getstate()[0])  # bytes of a character that is not yet whole
        try:
            text = decoder.decode(chunk, is_last)
        except UnicodeDecodeError as error:
            place = position - waiting + error.start
            line += error.object.count(b"\n", 0, error.start)
            raise _not_utf_8(path, place, line, error.object[error.start]) from None
        position += len(chunk)
        line += chunk.count(b"\n")
        if text and not begun:
            begun, text = True, text.removeprefix("\ufeff")
        text = held + newlines.decode(text, is_last)
        end = len(text) if is_last else _safe_end(text)
        text, held = text[:end], text[end:]
        if text:
            yield _normalized(text)


def warn_of_nulls(head: bytes, path: str) -> None:
    """Says so if the beginning of a file looks like UTF-16, or like no text at all."""
    head = head[:_HEAD]
    every_other = max(head[::2].count(0), head[1::2].count(0))
    if head.startswith(_UTF_16) or every_other > 0.4 * len(head) > 0:
        log.warning("%s looks like UTF-16: save it as UTF-8", path)
    elif 0 in head:
        log.warning(
            "%s has null bytes: it looks like a binary file, which text(unit='byte') reads", path
        )


def _not_utf_8(path: str, place: int, line: int, byte: int) -> UserError:
    if place == 0 and byte in (0xFE, 0xFF):
        return UserError("text in UTF-8", f"{path}, which looks like UTF-16", "save it as UTF-8")
    return UserError(
        "text in UTF-8",
        f"0x{byte:02x} at byte {place:,} of {path}, line {line:,}",
        "save it as UTF-8, or name --source=\"text(errors='replace')\"",
    )


def _normalized(text: str) -> str:
    """The text in normal form C, by blocks of lines: one odd character makes a block slow."""
    blocks, begin = [], 0
    while begin < len(text):
        end = text.find("\n", begin + _BLOCK) + 1 or len(text)
        blocks.append(unicodedata.normalize("NFC", text[begin:end]))
        begin = end
    return "".join(blocks)


def _safe_end(text: str) -> int:
    """Where a text may be parted so that normal form C of both parts is that of the whole.

    That is before a character which joins none before it. All that do are marks (categories Mn,
    Mc, Me) or the vowels and final consonants of conjoining Hangul.
    """
    for place in range(len(text) - 1, max(len(text) - _MOST_HELD, 0) - 1, -1):
        character = text[place]
        if character < "\u0300":
            return place
        is_jamo = "\u1160" <= character <= "\u11ff"
        if not is_jamo and not unicodedata.category(character).startswith("M"):
            return place
    return 0 if len(text) < _MOST_HELD else len(text)
