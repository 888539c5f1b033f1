"""The benchmark beside hachi machi scores its densities and times its answers rightly."""

import math
import sys
import textwrap

import numpy as np
import pytest

from tests.benchmarks import machi_score, machi_table
from tests.benchmarks.machi_live import Player
from tests.benchmarks.machi_timing import lateness_ms

ECHO = """
    import socket, sys
    from pythonosc.osc_message import OscMessage
    from pythonosc.osc_message_builder import OscMessageBuilder

    def message(address, *values):
        builder = OscMessageBuilder(address)
        [builder.add_arg(value) for value in values]
        return builder.build().dgram

    inbox = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    inbox.bind(("127.0.0.1", int(sys.argv[1])))
    send = lambda packet: inbox.sendto(packet, ("127.0.0.1", int(sys.argv[2])))
    send(message("/status", 1))
    while (got := OscMessage(inbox.recv(1000))).address != "/stop":
        for model in range(int(sys.argv[3])):
            send(message(f"/{model + 1}/output", *got.params))
"""


def test_table_is_a_function_of_the_seed_and_has_the_columns_it_says():
    events = machi_table.events(500, seed=0)
    assert np.array_equal(events, machi_table.events(500, seed=0))
    assert np.array_equal(events[:, 1:3], np.round(events[:, 1:3]))
    assert set(events[:, 4]) == {1, 2, 3} and (events[1:, [0, 3]] > 0).all()
    noisy = machi_table.dequantized(events, seed=1)
    assert np.array_equal(np.floor(noisy[:, 1:3]), events[:, 1:3])
    assert np.array_equal(noisy[:, [0, 3, 4]], events[:, [0, 3, 4]])


def test_table_is_read_back(tmp_path):
    from hachi_tf.tables import read_table, table_schema, to_events

    events = machi_table.events(50, seed=0)
    machi_table.write(tmp_path / "a.csv", events)
    table = read_table(tmp_path / "a.csv")
    back = to_events(table, table_schema([table], None, 1e-6))
    np.testing.assert_allclose(back[:, :4], events[:, :4], atol=3e-6)
    assert np.array_equal(back[:, 4], events[:, 4] - 1)
    machi_table.write_without_time(tmp_path / "b.csv", 30, seed=0)
    assert read_table(tmp_path / "b.csv").time is None


def test_chances_of_classes_are_those_of_samples_and_sum_to_one():
    torch = pytest.importorskip("torch", reason="PyTorch comes with the extra [bench]")
    loc = torch.tensor([[0.3, 0.5, 0.2], [0.0, 0.0, 0.0]], dtype=torch.float64)
    scale = torch.tensor([[0.3, 0.1, 0.4], [1.0, 1.0, 1.0]], dtype=torch.float64)
    chances = torch.exp(machi_score.class_log_probs(loc, scale)).numpy()
    draws = np.random.default_rng(0).normal(loc[0], scale[0], (200_000, 3)).argmax(1)
    np.testing.assert_allclose(chances[0], np.bincount(draws) / len(draws), atol=0.005)
    np.testing.assert_allclose(chances[1], 1 / 3, atol=1e-6)
    np.testing.assert_allclose(chances.sum(1), 1, atol=1e-6)


def test_density_of_an_event_is_the_mixtures():
    torch = pytest.importorskip("torch", reason="PyTorch comes with the extra [bench]")
    random = np.random.default_rng(0)
    weights = np.array([[0.3, 0.7]])
    loc, scale = random.normal(size=(1, 4, 2)), np.exp(random.normal(size=(1, 4, 2)))
    target = random.normal(size=(1, 2))

    def normal(x, mean, deviation):
        z = (x - mean) / deviation
        return math.exp(-0.5 * z * z) / (deviation * math.sqrt(2 * math.pi))

    want = 0.0
    for k in range(2):
        # Of two classes, the first is the greater if a normal difference is above 0.
        away = (loc[0, 2, k] - loc[0, 3, k]) / math.hypot(scale[0, 2, k], scale[0, 3, k])
        chance = 0.5 * math.erfc(-away / math.sqrt(2))
        columns = [normal(target[0, d], loc[0, d, k], scale[0, d, k]) for d in range(2)]
        want += weights[0, k] * columns[0] * columns[1] * chance
    got = machi_score.log_probs(
        *map(torch.tensor, (weights, loc, scale, target)), torch.zeros(1, dtype=torch.int64)
    )
    assert float(got) == pytest.approx(math.log(want), abs=1e-6)


def test_client_times_all_answers_and_misses_those_that_do_not_come(tmp_path):
    script = tmp_path / "echo.py"
    script.write_text(textwrap.dedent(ECHO))
    command = [sys.executable, str(script), "{in_port}", "{out_port}", "2"]
    player = Player(command, timeout_s=30.0)
    try:
        assert 0.0 < player.startup_s < 30.0
        times = player.round_trips([0.5, 1.0], 2, count=20, rate_hz=500.0)
    finally:
        player.close()
    assert times.shape == (20,) and (times > 0).all() and np.median(times) < 200.0


def test_player_that_never_starts_is_named():
    with pytest.raises(RuntimeError, match="no /status 1"):
        Player([sys.executable, "-c", "pass"], timeout_s=20.0)


def test_lateness_is_against_a_clock_that_does_not_wait_for_late_events():
    rate, count = 100.0, 20_000
    arrivals = 5.0 + np.arange(count) / rate
    arrivals[[7, 500]] += 0.003, 0.004  # late once each, and the next are on time
    late, drift = lateness_ms(arrivals, rate)
    np.testing.assert_allclose(late[[7, 500]], [3.0, 4.0], atol=1e-6)
    assert np.sum(late > 1e-6) == 2 and abs(drift) < 1e-6
    late, drift = lateness_ms(arrivals * (1 + 1e-5), rate)  # 10 us a second slow, for 140 s
    np.testing.assert_allclose(drift, 1.4, atol=1e-3)
