"""Tests of hachi_tf.writing.write."""

import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.serving.arguments import row_seeds
from hachi_tf.writing.write import CHUNK, parse_again, row_seed, write_lines
from tests.writing.fake_model import FakeModel

LINES = ["dear all", "", "line three", "and line four", "the end"]


def test_all_lines_are_one_call_and_blank_lines_are_not_drawn():
    model = FakeModel()
    written = write_lines(model, LINES, bias=1.0, seed=7, style="neat")
    assert [line.text for line in written] == LINES
    (call,) = model.calls
    assert call["text"] == ["dear all", "line three", "and line four", "the end"]
    assert call["style"] == "neat" and "prime" not in call
    np.testing.assert_array_equal(call["seed"], [[7, 0], [7, 2], [7, 3], [7, 4]])
    assert [line.attempts for line in written] == [1, 0, 1, 1, 1]
    assert [line.complete for line in written] == [True] * 5
    assert written[1].events.shape == (0, 3)
    assert len(written[0].events) == 4 * len("dearall")


def test_lines_come_in_chunks_and_the_prime_with_each():
    model = FakeModel()
    prime = np.ones([3, 3], np.float32)
    write_lines(model, ["a"] * 150, prime=prime, prime_text="hi")
    assert [call["num_samples"] for call in model.calls] == [CHUNK, CHUNK, 22]
    assert all(call["prime"] is prime and call["prime_text"] == "hi " for call in model.calls)
    assert model.calls[2]["seed"][:, 1].tolist() == list(range(128, 150))


def test_the_first_attempt_has_the_seed_of_a_plain_sample():
    seeds = np.stack([row_seed(2**32 - 1, index) for index in range(3)])
    np.testing.assert_array_equal(seeds, row_seeds(2**32 - 1, 3))


def test_seeds_of_lines_versions_and_attempts_differ():
    seeds = [
        tuple(row_seed(5, index, again, attempt))
        for index in (0, 1, 255, 256, 2**16 - 1)
        for again in (0, 1, 255)
        for attempt in (0, 1, 255)
    ]
    assert len(set(seeds)) == 45
    assert row_seed(5, 2**16 - 1, 255, 255).dtype == np.int32


def test_only_the_line_that_is_asked_for_again_changes():
    for failing in (0.0, 0.6):
        first = write_lines(FakeModel(failing), LINES, seed=3, retries=5)
        second = write_lines(FakeModel(failing), LINES, seed=3, retries=5, again={4: 1})
        third = write_lines(FakeModel(failing), LINES, seed=3, retries=5, again={4: 2})
        for other in (second, third):
            for index in (0, 1, 2, 4):
                np.testing.assert_array_equal(first[index].events, other[index].events)
                assert first[index].attempts == other[index].attempts
        versions = {line.events.tobytes() for line in (first[3], second[3], third[3])}
        assert len(versions) == 3
        repeated = write_lines(FakeModel(failing), LINES, seed=3, retries=5, again={4: 1})
        np.testing.assert_array_equal(second[3].events, repeated[3].events)


def test_retries_redraw_what_is_not_complete_and_keep_the_rest():
    lines = [f"a line of number {number}" for number in range(60)]
    once = write_lines(FakeModel(failing=0.3), lines, seed=1)
    failed = [index for index, line in enumerate(once) if not line.complete]
    assert 8 < len(failed) < 30
    model = FakeModel(failing=0.3)
    written = write_lines(model, lines, seed=1, retries=9)
    assert all(line.complete and line.ended for line in written)
    assert [index for index, line in enumerate(written) if line.attempts > 1] == failed
    for index in set(range(60)) - set(failed):
        np.testing.assert_array_equal(written[index].events, once[index].events)
    assert all(call["num_samples"] == 60 for call in model.calls)
    assert len(model.calls) == max(line.attempts for line in written) < 10
    seeds = [call["seed"] for call in model.calls]
    for index, line in enumerate(written):
        np.testing.assert_array_equal(line.seed, seeds[line.attempts - 1][index])
        np.testing.assert_array_equal(line.seed, row_seed(1, index, 0, line.attempts - 1))


def test_of_incomplete_attempts_the_one_that_got_furthest_is_kept():
    lines = ["the whole of a long line"] * 8
    best = np.zeros(8)
    for retries in range(5):
        written = write_lines(FakeModel(failing=1.0), lines, seed=2, retries=retries)
        lengths = np.array([len(line.events) for line in written])
        assert (lengths >= best).all()
        assert all(line.attempts == retries + 1 and not line.complete for line in written)
        best = lengths
    drawn = write_lines(FakeModel(failing=1.0), lines, seed=2)
    assert (best > [len(line.events) for line in drawn]).sum() >= 4


def test_again_is_read_as_line_numbers():
    assert parse_again("") == {}
    assert parse_again("3") == {3: 1}
    assert parse_again("3,7, 3") == {3: 2, 7: 1}
    for text in ("x", "3,", "-1", "3:2", "١", "1" * 99):
        with pytest.raises(UserError, match="--again=3"):
            parse_again(text)


@pytest.mark.parametrize(
    "lines, arguments, message",
    [
        (["", ""], {}, "a text to write; got nothing but spaces"),
        (["a"], {"seed": -1}, "a seed from 0 to"),
        (["a"], {"retries": 256}, "0 to 255 retries; got 256"),
        (["a"], {"again": {0: 1}}, "a line from 1 to 1 to write again; got 0"),
        (["a"], {"again": {2: 1}}, "a line from 1 to 1 to write again; got 2"),
        (["a", ""], {"again": {2: 1}}, "line 2, which is blank"),
        (["a"], {"again": {1: 256}}, "up to 255 times; got 256"),
        (["a"] * (2**16 + 1), {}, "up to 65536 lines; got 65537"),
    ],
)
def test_what_cannot_be_written_is_refused_before_drawing(lines, arguments, message):
    model = FakeModel()
    with pytest.raises(UserError, match=message):
        write_lines(model, lines, **arguments)
    assert model.calls == []
