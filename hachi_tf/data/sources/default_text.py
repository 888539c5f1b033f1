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
    try:
        from pydoc_data.topics import topics
    except ImportError:
        raise UserError("--data with text files", "none, and a Python without a manual") from None
    # Some topics are found under two names.
    chapters = list(dict.fromkeys(topics[name].strip("\n") for name in sorted(topics)))
    return "\n\n\n".join(chapters) + "\n"
