"""The plan: in order, at once when overdue, and without drift."""

from hachi_tf.performing import clock as clocks
from hachi_tf.performing.clock import Clock


def test_things_are_done_in_the_order_in_which_they_are_due(clock):
    done = []
    for due in (101.5, 100.5, 101.0):
        clock.at(due, done.append)
    assert clock.next_due() == 100.5
    clock.advance(1.0)
    assert done == [100.5, 101.0] and clock.next_due() == 101.5


def test_what_is_cancelled_is_not_done(clock):
    done = []
    first, second = clock.at(100.5, done.append), clock.at(101.0, done.append)
    first.cancel()
    clock.advance(2.0)
    second.cancel()
    assert done == [101.0] and clock.next_due() is None


def test_what_is_overdue_is_done_at_once_and_learns_when_it_was_due(clock):
    done = []
    clock.at(90.0, done.append)
    clock.at(80.0, done.append)
    assert clock.run_due() == 2 and done == [80.0, 90.0]


def test_a_chain_planned_from_due_times_does_not_drift(clock):
    ran = []

    def again(due):
        clock.seconds += 0.004  # the work takes longer each time
        ran.append(due)
        if len(ran) < 1000:
            clock.at(due + 0.01, again)

    clock.at(100.0, again)
    clock.advance(20.0)
    assert abs(ran[-1] - 109.99) < 1e-6


def test_a_chain_without_delays_leaves_time_for_others(clock):
    def again(due):
        clock.at(due, again)

    again(100.0)
    assert clock.run_due(most=64) == 64


def test_the_plan_is_bounded(clock, monkeypatch):
    monkeypatch.setattr(clocks, "MAX_PLANNED", 3)
    planned = [clock.at(200.0, print) for _ in range(5)]
    assert len(clock) == 3 and [each.cancelled for each in planned] == [False] * 3 + [True] * 2


def test_the_real_clock_goes_forward():
    clock = Clock()
    before = clock.now()
    assert clock.now() >= before and clock.next_due() is None
