"""What the inference thread makes of requests that come at the same time."""

import threading
import time
from concurrent.futures import CancelledError

import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.serving.batching import Batcher, Job
from hachi_tf.serving.failures import Failure
from hachi_tf.serving.limits import Limits
from hachi_tf.serving.servable import Signature, Tensor

FLOATS, INTS = np.dtype(np.float32), np.dtype(np.int32)


class Fake:
    """A model that counts: its answer is each row's number doubled, for so many steps."""

    name, version, max_steps = "fake", 1, 100
    signatures = {
        "sample": Signature(
            {"num_steps": Tensor(INTS, 3, (None,)), "number": Tensor(FLOATS, 1, (None,))},
            {"events": Tensor(FLOATS, 1, (None, None)), "lengths": Tensor(INTS, 3, (None,))},
        )
    }

    def __init__(self):
        self.calls, self.gate, self.entered = [], threading.Event(), threading.Event()
        self.gate.set()

    def run(self, signature, inputs):
        self.entered.set()
        assert self.gate.wait(20)
        self.calls.append({name: value.copy() for name, value in inputs.items()})
        if (inputs["number"] == 13).any():
            raise tf.errors.InvalidArgumentError(None, None, "/secret/path: 13")
        if (inputs["number"] == 14).any():
            raise tf.errors.ResourceExhaustedError(None, None, "oom")
        if (inputs["number"] == 15).any():
            raise RuntimeError("/secret/path")
        steps = np.minimum(inputs["num_steps"], self.max_steps)
        events = np.zeros([len(steps), steps.max(initial=0)], np.float32)
        for row, count, number in zip(events, steps, inputs["number"], strict=True):
            row[:count] = 2 * number
        return {"events": events, "lengths": steps.astype(np.int32)}

    @property
    def rows(self):
        return [len(call["number"]) for call in self.calls]


def job(servable, numbers, steps=4, merges=True):
    numbers = np.float32(np.atleast_1d(numbers))
    inputs = {"number": numbers, "num_steps": np.full(len(numbers), steps, np.int32)}
    return Job(servable, "sample", inputs, steps, merges)


@pytest.fixture
def fake():
    return Fake()


@pytest.fixture
def make():
    made = []

    def make(limits=None, **options):
        made.append(Batcher(limits or Limits(), **options))
        return made[-1]

    yield make
    for batcher in made:
        batcher.close()


def submitted_together(batcher, fake, jobs):
    """Submits jobs while another one runs, and lets them run."""
    fake.gate.clear()
    first = batcher.submit(job(fake, 1, steps=100, merges=False))
    assert fake.entered.wait(10)
    futures = [batcher.submit(each) for each in jobs]
    fake.gate.set()
    first.result(10)
    return futures


def test_a_request_alone_is_run_as_it_is(fake, make):
    answer = make().submit(job(fake, [3, 4])).result(10)
    np.testing.assert_array_equal(answer["events"], np.outer([6, 8], np.ones(4)))
    assert fake.rows == [2]


def test_a_reproducible_server_pads_a_request_alone_too(fake, make):
    answer = make(reproducible=True).submit(job(fake, [3, 4])).result(10)
    assert answer["events"].shape == (2, 4) and fake.rows == [16]


def test_requests_that_wait_are_merged_padded_and_taken_apart(fake, make):
    batcher = make()
    jobs = [job(fake, [i] * (1 + i % 3), steps=3 + i) for i in range(2, 12)]
    futures = submitted_together(batcher, fake, jobs)
    for i, future in enumerate(futures, 2):
        answer = future.result(10)
        assert answer["events"].shape == (1 + i % 3, 3 + i)
        assert (answer["events"] == 2 * i).all() and (answer["lengths"] == 3 + i).all()
    rows = sum(1 + i % 3 for i in range(2, 12))
    assert fake.rows == [1, 32] and rows <= 32
    assert (fake.calls[1]["num_steps"][rows:] == 0).all()


def test_a_short_request_does_not_wait_for_a_long_one(fake, make):
    jobs = [job(fake, i, steps=steps) for i, steps in enumerate([40, 100, 60, 16, 90, 3])]
    for future in submitted_together(make(), fake, jobs):
        future.result(10)
    merged = [set(call["num_steps"].tolist()) - {0} for call in fake.calls[1:]]
    assert merged == [{40, 60}, {100, 90}, {16, 3}]


def test_a_call_has_no_more_rows_than_allowed(fake, make):
    jobs = [job(fake, [i] * 5) for i in range(6)]
    futures = submitted_together(make(Limits(max_batch_rows=16)), fake, jobs)
    assert [int(future.result(10)["events"][0, 0]) for future in futures] == [0, 2, 4, 6, 8, 10]
    assert fake.rows == [1, 16, 16]


def test_what_does_not_merge_runs_alone(fake, make):
    jobs = [job(fake, 1), job(fake, 2, merges=False), job(fake, 3)]
    for future in submitted_together(make(), fake, jobs):
        future.result(10)
    assert sorted(fake.rows) == [1, 1, 16]


def test_versions_are_not_mixed(fake, make):
    other = Fake()
    jobs = [job(fake, 1), job(other, 2), job(fake, 3)]
    for future in submitted_together(make(), fake, jobs):
        future.result(10)
    assert fake.rows == [1, 16] and other.rows == [1]


def test_a_bad_request_spoils_no_other(fake, make):
    jobs = [job(fake, number) for number in (1, 13, 2, 14, 15)]
    futures = submitted_together(make(), fake, jobs)
    assert futures[0].result(10)["events"][0, 0] == 2 and futures[2].result(10) is not None
    for future, code in ((1, "INVALID_ARGUMENT"), (3, "RESOURCE_EXHAUSTED"), (4, "INTERNAL")):
        with pytest.raises(Failure) as error:
            futures[future].result(10)
        assert error.value.code == code and "secret" not in error.value.message


def test_a_full_queue_refuses_and_a_cancelled_request_frees_its_place(fake, make):
    batcher = make(Limits(max_queue=2))
    fake.gate.clear()
    running = batcher.submit(job(fake, 1))
    assert fake.entered.wait(10)
    waiting = [batcher.submit(job(fake, number)) for number in (2, 3)]
    with pytest.raises(Failure) as error:
        batcher.submit(job(fake, 4))
    assert error.value.code == "RESOURCE_EXHAUSTED" and error.value.http_status == 429
    assert batcher.submit(job(fake, 5), always=True)
    assert waiting[0].cancel() and waiting[1].cancel() and batcher.waiting == 1
    late = batcher.submit(job(fake, 6))
    fake.gate.set()
    assert running.result(10) and late.result(10)["events"][0, 0] == 12
    with pytest.raises(CancelledError):
        waiting[0].result(1)
    assert not {2.0, 3.0} & {each for call in fake.calls for each in call["number"].tolist()}


def test_what_waits_at_the_end_is_answered_and_no_more_is_taken(fake, make):
    batcher = make()
    fake.gate.clear()
    futures = [batcher.submit(job(fake, number)) for number in range(5)]
    closing = threading.Thread(target=batcher.close)
    closing.start()
    time.sleep(0.05)
    fake.gate.set()
    assert [int(future.result(10)["events"][0, 0]) for future in futures] == [0, 2, 4, 6, 8]
    closing.join(10)
    with pytest.raises(Failure) as error:
        batcher.submit(job(fake, 1))
    assert error.value.code == "UNAVAILABLE"


def test_each_call_is_told_of(fake, make):
    calls = []
    batcher = make(observe=calls.append)
    for future in submitted_together(batcher, fake, [job(fake, [1, 2]), job(fake, 3)]):
        future.result(10)
    facts = [(call.requests, call.rows, call.padded, call.signature) for call in calls]
    assert facts == [(1, 1, 1, "sample"), (2, 3, 16, "sample")]
    assert all(call.seconds >= 0 for call in calls)
