"""Reading XML that may come from anywhere."""

from collections.abc import Callable
from typing import Any
from xml.parsers import expat

from hachi_tf.errors import UserError


def parse_xml(content: bytes, name: str, start: Callable[[str, dict[str, str]], Any]) -> None:
    """Calls `start(tag, attributes)` for each element, in the order of the file.

    A document may declare attributes, as KanjiVG's do, but no entities: with them a file of a
    kilobyte can grow to gigabytes. Nothing outside the file is ever read.

    Args:
        content: the file's bytes.
        name: of the file, for errors.
        start: called with each element's tag and attributes; a KeyError says that an attribute
            is missing.

    Raises:
        UserError: if the file is not well-formed, declares an entity, or lacks an attribute.
    """
    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EntityDeclHandler = lambda *_: _refuse_entity(name)
    try:
        parser.Parse(content, True)
    except KeyError as error:
        raise UserError(f"the attribute {error}", f"none in an element of {name}") from None
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise UserError("well-formed XML", f"{name}: {error}", "fetch the file again") from None


def _refuse_entity(name: str) -> None:
    raise UserError("XML without entity declarations", f"one in {name}", "do not trust the file")
