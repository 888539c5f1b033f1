"""A few hundred inputs for each parser; `python -m tests.fuzz` feeds 100,000 to each."""

import pytest

from tests.fuzz.parsers import PARSERS
from tests.fuzz.worker import Feeder

INPUTS = 120


@pytest.mark.parametrize("name", PARSERS)
def test_damaged_input_is_read_or_refused_in_one_line(name, tmp_path):
    feeder, wrong = Feeder(name, tmp_path), {}
    for number in range(INPUTS):
        content = feeder.make(7, number)
        if found := feeder.feed(content):
            wrong[number] = (found, content[:200])
    assert wrong == {}


def test_the_feeder_tells_what_is_wrong(tmp_path, monkeypatch):
    """A parser that fails, and one that does not end."""
    feeder = Feeder("json", tmp_path)

    def fails(content, folder):
        raise KeyError("x")

    def hangs(content, folder):
        while True:
            pass

    monkeypatch.setattr("tests.fuzz.worker.SLOW_S", 0.05)
    feeder._read = fails
    assert feeder.feed(b"").startswith("KeyError at test_fuzz.py")
    feeder._read = hangs
    assert feeder.feed(b"").startswith("hang of")
