"""What of drawn texts stands word for word in the training text."""

import functools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

_PART = 1 << 18  # characters of the training text that are looked through at a time
_BITS = 20  # of the table that rules most places of the training text out
_BASE = 0x9E3779B97F4A7C15
_FEW = 4096  # of the other places, looked at first
# Codes of classes count from 2.
_ELSEWHERE, _BETWEEN = 0, 1


class Passage(NamedTuple):
    """The longest passage of samples that stands in the training text.

    Attributes:
        sample: the number of the sample that has it.
        begin: where in the sample it begins.
        length: how many characters or bytes it has, 0 if there is none.
    """

    sample: int
    begin: int
    length: int


def longest_passage(samples: Sequence[np.ndarray], training: Iterable[np.ndarray]) -> Passage:
    """Finds the longest passage that samples have word for word from a text.

    The passages of one length have hashes, which are compared; the length grows as long as there
    is a longer one (Karp and Rabin 1987). A few megabytes take a fraction of a second.

    Args:
        samples: codes `[n]` of each sample, as `encode` gives them.
        training: codes of the text, part by part, as `training_codes` gives them.

    Returns:
        A `Passage`; of several of one length, one of them.
    """
    longest = max(map(len, samples), default=0)
    found, before = Passage(0, 0, 0), np.zeros(0, np.uint64)
    wanted = _Wanted(samples)
    for part in training:
        text = np.concatenate([before, part.astype(np.uint64)])
        before = text[len(text) - min(longest, len(text)) :]
        hashed, low, high = _Hashed(text), found.length, longest + 1
        # Up to `low` there is one; from `high` on there is none. Lengths double, then halve.
        tried = low + 1
        while low + 1 < high:
            place = wanted.find(hashed, tried)
            if place is None:
                high = tried
            else:
                low, found = tried, Passage(*place, tried)
            tried = min(2 * low + 1, high - 1) if high == longest + 1 else (low + high) // 2
    return found


def training_codes(dataset: Any) -> Iterator[np.ndarray]:
    """A data set's sequences as codes `[n]`, one after the other with a code between them.

    Args:
        dataset: a `Dataset` of one column of classes.

    Yields:
        Parts of some hundred thousand.
    """
    for events, ends in dataset.chunks(_PART):
        codes = np.where(np.isnan(events[:, 0]), np.float32(-1), events[:, 0]).astype(np.int64)
        codes = np.where(codes < 0, _BETWEEN, codes + 2)
        yield np.insert(codes, np.flatnonzero(ends) + 1, _BETWEEN)


def encode(text: str, unit: str, classes: Sequence[str]) -> np.ndarray:
    """The codes `[n]` of a text, of a model of bytes those of its UTF-8.

    Args:
        text: the text.
        unit: `"char"` or `"byte"`.
        classes: the model's.
    """
    numbers = {name: index + 2 for index, name in enumerate(classes)}
    units = text if unit == "char" else [f"{byte:02x}" for byte in text.encode("utf-8", "replace")]
    return np.array([numbers.get(each, _ELSEWHERE) for each in units], np.int64)


def decode(codes: np.ndarray, unit: str, classes: Sequence[str]) -> str:
    """The text of codes; what is no UTF-8 becomes U+FFFD."""
    names = [classes[code - 2] for code in codes]
    return (
        "".join(names)
        if unit == "char"
        else bytes.fromhex("".join(names)).decode("utf-8", "replace")
    )


def count_new(samples: Sequence[np.ndarray], dataset: Any) -> int:
    """How many samples, in codes, are no sequence of a data set."""
    wanted = {(each - 2).astype(np.float32).tobytes() for each in samples}
    known = wanted & {np.ascontiguousarray(events[:, 0]).tobytes() for events in dataset}
    return sum((each - 2).astype(np.float32).tobytes() not in known for each in samples)


class _Hashed:
    """Codes `[n]` with the hashes of their passages, modulo 2^64.

    The hash of the passage from i on is `sum_j code[i + j] base^j`, a difference of two sums from
    the beginning over `base^i`.
    """

    def __init__(self, codes: np.ndarray):
        self.codes = codes.astype(np.uint64)
        inverse = pow(_BASE, -1, 1 << 64)
        terms = self.codes * _powers(_BASE, len(codes))
        self._sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(terms)])
        self._inverses = _powers(inverse, len(codes))

    def hashes(self, length: int) -> np.ndarray:
        """The hashes of all passages of a length, uint64 `[n - length + 1]`."""
        count = max(len(self.codes) - length + 1, 0)
        sums = self._sums[length : length + count] - self._sums[:count]
        return sums * self._inverses[:count]


class _Wanted:
    """The passages of samples."""

    def __init__(self, samples: Sequence[np.ndarray]):
        self._samples = [_Hashed(each) for each in samples]
        self._length = 0

    def find(self, text: _Hashed, length: int) -> tuple[int, int] | None:
        """Sample and place of a passage of a length that stands in a text too, if there is one."""
        self._list(length)
        hashes = text.hashes(length)
        places = np.flatnonzero(self._table[hashes >> np.uint64(64 - _BITS)])
        for few in np.split(places, range(_FEW, len(places), _FEW)):
            index = np.searchsorted(self._hashes, hashes[few])
            index = np.minimum(index, len(self._hashes) - 1)
            same = self._hashes[index] == hashes[few]
            for place, hit in zip(few[same], index[same], strict=True):
                sample, begin = self._where[hit]
                passage = self._samples[sample].codes[begin : begin + length]
                if np.array_equal(passage, text.codes[place : place + length]):
                    return int(sample), int(begin)
        return None

    def _list(self, length: int) -> None:
        """Sorts the passages of a length."""
        if self._length == length:
            return
        lists = [each.hashes(length) for each in self._samples]
        where = [np.stack([np.full(len(h), i), np.arange(len(h))], 1) for i, h in enumerate(lists)]
        hashes = np.concatenate(lists)
        order = np.argsort(hashes)
        self._hashes, self._where = hashes[order], np.concatenate(where)[order]
        self._table = np.zeros(1 << _BITS, bool)
        self._table[hashes >> np.uint64(64 - _BITS)] = True
        self._length = length


def _powers(base: int, count: int) -> np.ndarray:
    """base^0, base^1, ... modulo 2^64; at least `count` of them."""
    return _made_powers(base, 1 << (count - 1).bit_length() if count else 0)[:count]


@functools.lru_cache(maxsize=4)
def _made_powers(base: int, count: int) -> np.ndarray:
    factors = np.full(count, base, np.uint64)
    factors[:1] = 1
    return np.multiply.accumulate(factors)
