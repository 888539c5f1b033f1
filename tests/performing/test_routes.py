"""Addresses, patterns and arguments."""

import time

import pytest

from hachi_tf.performing.routes import ACTIONS, Routes


@pytest.fixture
def two(play, schema, still_schema):
    """Two voices, the routes to them, and what happened."""
    voices = [play(schema), play(still_schema)]
    errors, calls = [], []
    routes = Routes(
        voices,
        lambda: calls.append("stop"),
        lambda numbers: calls.append(list(numbers)),
        lambda error: errors.append(str(error)),
    )
    return voices, routes, errors, calls


def test_routes_with_a_number_are_for_one_and_without_for_all(two):
    (first, second), routes, errors, calls = two
    routes.handle("/1/input", [60.0, 0.1, 3.0], 100.0)
    assert (first.figures.inputs, second.figures.inputs) == (1, 0)
    routes.handle("/input", [60.0, 3.0], 100.0)
    assert (first.figures.ignored, second.figures.inputs) == (1, 1)
    routes.handle("/2/sample", [], 100.0)
    routes.handle("/sample", [1.0, "ignored"], 100.0)
    assert (len(first.heard), len(second.heard)) == (1, 3)
    for address in ("/1/reset", "/reset", "/2/cancel", "/cancel", "/stop", "/status/get"):
        routes.handle(address, [], 100.0)
    routes.handle("/2/status/get", [1.0], 100.0)
    assert calls == ["stop", [1, 2], [2]] and errors == []
    assert first.drawing.own is None and second.drawing.own is None


def test_settings_change_while_it_plays(two):
    (first, second), routes, errors, _ = two
    routes.handle("/bias", [0.5], 100.0)
    routes.handle("/1/bias", [1], 100.0)
    routes.handle("/temperature", [0.0], 100.0)
    routes.handle("/2/temperature", [1.5], 100.0)
    routes.handle("/seed", [7.0], 100.0)
    routes.handle("/pause", [1.0], 100.0)
    routes.handle("/2/pause", [False], 100.0)
    routes.handle("/2/mode", ["free"], 100.0)
    routes.handle("/fix", ["channel", 3.0], 100.0)
    routes.handle("/1/fix", ["0_pitch", 60.0], 100.0)
    routes.handle("/2/fix", ["channel"], 100.0)
    assert (first.drawing.bias, second.drawing.bias) == (1, 0.5)
    assert (first.drawing.temperature, second.drawing.temperature) == (0.0, 1.5)
    assert (first.manner.mode, second.manner.mode) == ("react", "free")
    assert first.drawing.fixed == {"2_channel": "3", "0_pitch": 60.0}
    assert second.drawing.fixed == {}
    assert (first.paused, second.paused) == (True, False)
    assert first.drawing._seed == second.drawing._seed == 7 and errors == []


def test_all_addresses_are_told(two):
    _, routes, _, _ = two
    assert {"/stop", "/status/get", "/2/status/get", "/input", "/1/fix"} <= set(routes.addresses)
    assert len(routes.addresses) == 2 + 2 + 3 * len(ACTIONS)


def test_patterns_of_osc(two):
    (first, second), routes, errors, calls = two
    for address in ("/*/sample", "/[1-2]/sample", "/?/sample", "/{1,2}/s*e", "/[!2]/sample"):
        routes.handle(address, [], 100.0)
    assert (len(first.heard), len(second.heard)) == (5, 4)
    routes.handle("/*", [], 100.0)
    assert "stop" not in calls
    errors.clear()
    for address in ("/[2-1]/sample", "/3*/sample", "/*******/sample", "/[/sample", "/*" * 500):
        routes.handle(address, [], 100.0)
    assert len(errors) == 5


def test_patterns_take_no_longer_than_names(two):
    _, routes, _, _ = two
    begin = time.thread_time()
    for length in range(100):
        routes.handle("/" + "*a" * 4 + "a" * length + "!", [], 100.0)
    assert time.thread_time() - begin < 2


@pytest.mark.parametrize(
    "address, values, said",
    [
        ("/3/input", [60.0, 3.0], "a route such as /1/input; got '/3/input'; did you mean"),
        ("/0/input", [60.0, 3.0], "a route"),
        ("/1/stop", [], "a route"),
        ("/1/input/", [60.0, 3.0], "a route"),
        ("", [], "a route"),
        ("/" + "x" * 1000, [], "a route"),
        ("/1/input", [60.0], "2 or 3 numbers"),
        ("/1/input", [], "got 0"),
        ("/1/input", [1313.0, 3.0], "thirteen"),
        ("/bias", [], r"a bias from 0 to 100; got \[\]"),
        ("/1/bias", ["much"], r"got \['much'\]"),
        ("/bias", [float("nan")], "got"),
        ("/temperature", [-1.0], "a temperature from 0 to 100"),
        ("/temperature", [1.0, 2.0], "a temperature"),
        ("/seed", [-1.0], "a seed from 0 to 4.29497e"),
        ("/pause", [2.0], "0 or 1"),
        ("/seed", [[[1.0] * 1000]], "got others"),
        ("/mode", ["wild"], r"a mode of react, respond, free; got \['wild'\]"),
        ("/mode", [], "a mode of"),
        ("/mode", [[1.0]], "a mode of"),
        ("/fix", [], r"a column and a value, or a column alone to free it; got \[\]"),
        ("/fix", ["channel", 3.0, 1.0], "a column and a value"),
        ("/1/fix", ["channel", 7.0], "2_channel as one of 1, 3 for /fix; got 7.0"),
        ("/1/fix", ["speed", 7.0], "a column of time"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_else_happens(two, address, values, said):
    import re

    (first, second), routes, errors, _ = two
    routes.handle(address, values, 100.0)
    assert errors and re.search(said, errors[0]) and len(errors[0]) < 300
    assert first.figures.inputs == 0 and first.drawing.bias == 0.0
    assert first.drawing.fixed == {} and first.manner.mode == "react"


def test_own_answers_that_come_back_are_not_answered(two):
    _, routes, errors, _ = two
    for address in ("/1/output", "/status", "/error", "/latency", "/1/end"):
        routes.handle(address, [1.0], 100.0)
    assert errors == []


def test_one_voice_that_fails_keeps_no_other_from_acting(two):
    (first, second), routes, errors, _ = two
    first.model.step = None
    routes.handle("/input", [60.0, 3.0], 100.0)
    assert second.figures.inputs == 1 and len(errors) == 1 and first.figures.errors == 1
