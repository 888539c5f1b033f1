"""What goes before a text: read, and in characters that the model knows."""

import logging
import re
from typing import Any

from hachi_tf.alphabet import listing
from hachi_tf.errors import UserError

log = logging.getLogger(__name__)

_MOST_PRIME = 1 << 24  # bytes
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\"}


def read_prime(path: str, unit: str) -> str:
    """The text of a file to go on from; of a model of bytes with what is no UTF-8 escaped.

    Raises:
        UserError: if it cannot be read, is too long, or is no UTF-8 where it has to be.
    """
    try:
        with open(path, "rb") as file:
            content = file.read(_MOST_PRIME + 1)
        if len(content) > _MOST_PRIME:
            raise UserError(
                f"a text of at most {_MOST_PRIME:,} bytes for --prime", f"more in {path}"
            )
        return content.decode("utf-8", "surrogateescape" if unit == "byte" else "strict")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UserError("a text file in UTF-8 for --prime", f"{path}: {reason}") from error


def prepare_prime(model: Any, text: str, on_unknown: str = "error") -> str | bytes:
    """A person's text as a model can go on from it; says what was changed.

    Args:
        model: a model of text.
        text: the text.
        on_unknown: what becomes of characters that the model lacks, as for `Alphabet.prepare`;
            of bytes, `"replace"` drops them.

    Returns:
        A `str`, of a model of bytes `bytes`.

    Raises:
        UserError: if there are such characters or bytes, and `on_unknown` is `"error"`.
    """
    if model.unit == "char":
        if "\r" not in model.characters:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        prepared = model.characters.prepare(text, on_unknown)
        for remark in prepared.remarks():
            log.warning("%s", remark)
        return prepared.text
    content = text.encode("utf-8", "surrogateescape")
    known = {int(name, 16) for name in model.schema.features[0].classes}
    unknown = sorted(set(content) - known)
    if not unknown:
        return content
    named = listing([f"0x{byte:02x}" for byte in unknown])
    if on_unknown == "error":
        raise UserError(
            f"the {len(known)} bytes that the model knows",
            f"{named} in UTF-8",
            "--on_unknown=drop leaves them out",
        )
    log.warning("left out the bytes %s", named)
    return bytes(byte for byte in content if byte in known)


def unescape(text: str) -> str:
    r"""A flag's text with `\n`, `\t`, `\r` and `\\` as the characters that they stand for."""
    return re.sub(r"\\([ntr\\])", lambda match: _ESCAPES[match[1]], text)
