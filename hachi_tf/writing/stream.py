"""A text as it is drawn: whole characters only, and no further than a stop string."""

import codecs
from collections.abc import Sequence

from hachi_tf.errors import UserError


class TextStream:
    """Takes a text piece by piece and gives out what is certain of it.

    Bytes that end inside a character of UTF-8 wait for the rest of it; bytes that are no UTF-8
    become U+FFFD. What may be the beginning of a stop string waits until it is clear. How the text
    is cut into pieces changes nothing about what comes out in all.

    Args:
        stop: the text ends before the first of these that is complete; of two that are complete
            with the same character, before the longer one.

    Attributes:
        stopped: whether a stop string was found, after which nothing more comes out.

    Raises:
        UserError: if a stop string is empty, or no string.
    """

    def __init__(self, stop: Sequence[str] = ()):
        self._stop = check_stop(stop)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._waiting = ""
        self.stopped = False

    def feed(self, piece: str | bytes, last: bool = False) -> str:
        """Takes a piece; returns what comes out, often less or more than the piece.

        Args:
            piece: what was drawn.
            last: whether the text is over, so that nothing waits any more.
        """
        if self.stopped:
            return ""
        if isinstance(piece, bytes):
            piece = self._decoder.decode(piece, last)
        text, self._waiting = self._waiting + piece, ""
        found = [(text.find(stop), stop) for stop in self._stop]
        ends = [(at + len(stop), at) for at, stop in found if at >= 0]
        if ends:
            self.stopped = True
            return text[: min(ends)[1]]
        waits = 0 if last else self._waits(text)
        self._waiting = text[len(text) - waits :]
        return text[: len(text) - waits]

    def _waits(self, text: str) -> int:
        """How many of the last characters may be the beginning of a stop string."""
        longest = max((len(stop) for stop in self._stop), default=1) - 1
        for count in range(min(longest, len(text)), 0, -1):
            if any(stop.startswith(text[-count:]) for stop in self._stop):
                return count
        return 0


def check_stop(stop: Sequence[str] | str) -> tuple[str, ...]:
    """Stop strings, one or several, as a tuple.

    Raises:
        UserError: if one is empty, or no string.
    """
    stops = (stop,) if isinstance(stop, str) else tuple(stop)
    if not all(isinstance(each, str) and each for each in stops):
        raise UserError("stop strings of at least one character", repr(stop))
    return stops
