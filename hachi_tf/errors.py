"""The one error that a person who uses the package can mend."""

from typing import Any

_MAX_LENGTH = 600  # characters of a part of a message


class UserError(Exception):
    """Bad input: says in one line what was expected, what came and what to do.

    Programs print it without a traceback and exit with `status`.

    Args:
        expected: what would have been right, e.g. `"a number above 0 for --epochs"`.
        got: what came instead, e.g. `"-3"`.
        do: what to do about it, e.g. `"give a positive number"`; may be empty.

    Attributes:
        status: the exit status of a program that ends with it.
    """

    status = 2

    def __init__(self, expected: str, got: str, do: str = ""):
        self.expected, self.got, self.do = expected, got, do
        message = f"expected {_cut(expected)}; got {_cut(got)}" + (f"; {_cut(do)}" if do else "")
        super().__init__(" ".join(message.split()))


def shorten(value: Any) -> str:
    """A value as it may stand in a message: one line, printable, at most 80 characters."""
    text = ascii(value[:200] if isinstance(value, str) else value)
    return text if len(text) <= 80 else text[:76] + " ..."


def _cut(text: str) -> str:
    """The text, or its beginning if a file made it too long to be read."""
    return text if len(text) <= _MAX_LENGTH else text[:_MAX_LENGTH] + "..."
