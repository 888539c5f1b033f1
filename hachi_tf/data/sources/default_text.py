"""A text that needs no download: the language reference that comes with Python."""

import platform

from hachi_tf.errors import UserError

NAME = "pydoc_data.topics"
LICENCE = "PSF-2.0"


def credit() -> str:
    """Whom the licence wants named."""
    return f"Python Software Foundation: The Python Language Reference, {version()}"


def version() -> str:
    """The text's version, which is that of Python."""
    return f"Python {platform.python_version()}"


def default_text() -> str:
    """Chapters of Python's language reference, some 460,000 characters of plain text.

    Raises:
        UserError: if this Python came without it.
    """
    # Some topics are found under two names.
    chapters = list(dict.fromkeys(chapter.strip("\n") for chapter in manual_chapters()))
    return "\n\n\n".join(chapters) + "\n"


def manual_chapters() -> list[str]:
    """The chapters of the language reference, in the order of their names.

    Raises:
        UserError: if this Python came without it.
    """
    try:
        from pydoc_data.topics import topics
    except ImportError:
        raise UserError(
            f"the manual that comes with Python ({NAME})",
            "a Python without it",
            "install Python whole, or name files of your own with --source and --data",
        ) from None
    return [topics[name] for name in sorted(topics)]
