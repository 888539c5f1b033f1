"""From playing to playing: every route of `perform`, `record`, `train`, `export`, `perform` again.

Two models without training play through a real OSC client; what they say is recorded, a model
learns from the recording, and plays.
"""

import contextlib
import re
from types import SimpleNamespace

import numpy as np
import pytest

from hachi_tf import export, train
from hachi_tf.performing.routes import ACTIONS, Routes
from hachi_tf.tables import read_table
from tests.live import ROOT, Performance, Recording

NUM_ROWS = 120  # of the recording
NOTE = (60.0, 0.1, 3.0)
OTHER = (72.0, 1.0)  # without the column that is only predicted


@pytest.fixture(scope="module")
def band(players):
    """Two models that play: 1 with delays around 20 ms, 2 without a time."""
    process = Performance(*(f"--export_dir={path}" for path in players))
    yield process
    process.close()


def addresses():
    """All that `perform` listens to with two models."""
    return Routes([SimpleNamespace()] * 2, print, print, print).addresses


def outputs(band, voices, count=1):
    """The next outputs, as many of each voice, by voice."""
    heard = {voice: [] for voice in voices}
    for _ in range(count * len(voices)):
        address, values = band.hear()
        heard[int(address.split("/")[1])].append(values)
        assert address.endswith("/output")
    assert {len(each) for each in heard.values()} == {count}
    return heard


def samples(band, address, voices, count=4):
    """Draws of the same next event, by voice."""
    for _ in range(count):
        band.send(f"{address}/sample")
    return outputs(band, voices, count)


@contextlib.contextmanager
def delays_of(band, seconds):
    """Has model 1 answer after so long, however slow the machine is."""
    band.send("/1/fix", "time", seconds)
    yield
    band.send("/1/fix", "time")


def play_input(band, address, voices):
    for values in (NOTE, OTHER):
        band.send(f"{address}/input", *values)
        for ((pitch, duration, channel),) in outputs(band, voices).values():
            assert pitch == int(pitch) and 20 < pitch < 100
            assert 0 < duration < 1 and channel in (1.0, 3.0)
    # While an output is pending, further inputs are ignored; without a time none ever is.
    with delays_of(band, 0.3):
        band.send_together(*[(f"{address}/input", *NOTE)] * 3)
        heard = [int(each.split("/")[1]) for each, _ in band.quiet(1.0)]
    assert heard == [2] * 3 * (2 in voices) + [1] * (1 in voices)


def play_sample(band, address, voices):
    drawn = samples(band, address, voices, 8)
    assert all(len({tuple(each) for each in drawn[voice]}) > 1 for voice in voices)


def play_temperature(band, address, voices):
    band.send(f"{address}/temperature", 0.0)
    drawn = samples(band, address, voices)
    assert all(len({tuple(each) for each in drawn[voice]}) == 1 for voice in voices)
    band.send(f"{address}/temperature", 1.0)


def play_bias(band, address, voices):
    pitches = []
    for bias in (100.0, 0.0):
        band.send(f"{address}/bias", bias)
        drawn = samples(band, address, voices, 8)
        pitches.append([{pitch for pitch, *_ in drawn[voice]} for voice in voices])
    # The two components' means are left, as two may weigh nearly the same; then a spread of 5.
    assert all(len(each) <= 2 for each in pitches[0]) and all(len(each) > 2 for each in pitches[1])


def play_seed(band, address, voices):
    drawn = []
    for seed in (5.0, 5.0, 6.0):
        band.send(f"{address}/seed", seed)
        drawn.append(samples(band, address, voices))
    assert drawn[0] == drawn[1]
    assert all(drawn[0][voice] != drawn[2][voice] for voice in voices)


def play_reset(band, address, voices):
    heard = []
    band.send(f"{address}/temperature", 0.0)
    for _ in range(2):
        band.send(f"{address}/cancel")
        band.send(f"{address}/reset")
        band.send(f"{address}/input", *NOTE)
        heard.append(outputs(band, voices))
        band.send(f"{address}/input", *OTHER)
        outputs(band, voices)
    band.send(f"{address}/temperature", 1.0)
    assert heard[0] == heard[1]


def play_cancel(band, address, voices):
    with delays_of(band, 0.3):
        band.send_together((f"{address}/input", *NOTE), (f"{address}/cancel",))
        assert [each for each, _ in band.quiet(0.7)] == ["/2/output"] * (2 in voices)


def play_pause(band, address, voices):
    band.send(f"{address}/pause", 1.0)
    band.send(f"{address}/input", *NOTE)
    assert band.quiet(0.3) == []
    band.send(f"{address}/pause", 0.0)
    band.send(f"{address}/input", *NOTE)
    outputs(band, voices)


def play_mode(band, address, voices):
    band.send(f"{address}/mode", "free")
    heard = set()
    while heard != {f"/{voice}/output" for voice in voices}:  # by themselves
        heard.add(band.hear()[0])
    band.send(f"{address}/mode", "respond")
    band.quiet()
    band.send_together(*[(f"{address}/input", *NOTE)] * 3)
    outputs(band, voices, 3)
    band.send(f"{address}/mode", "react")
    assert band.quiet(0.3) == []


def play_fix(band, address, voices):
    drawn = []
    for fixed in (None, ("channel", 3.0), ("0_pitch", 64.0), ("channel",), (0.0,)):
        if fixed:
            band.send(f"{address}/fix", *fixed)
        band.send(f"{address}/seed", 5.0)
        drawn.append(samples(band, address, voices))
    for voice in voices:
        free, one, both, other, again = (each[voice] for each in drawn)
        assert {row[2] for row in one + both} == {3.0} and again == free
        assert {row[0] for row in both + other} == {64.0}
    band.send(f"{address}/fix", "0_pitch", "high")
    assert "0_pitch as a number for /fix; got 'high'" in band.hear()[1][0]


def play_status(band, address, voices):
    band.send(f"{address}/status/get")
    for voice in voices:
        heard, values = band.hear()
        assert heard == f"/{voice}/latency"
        p50, p99, late, ignored, errors, inputs, sent = values
        assert 0 < p50 <= p99 and min(late, ignored, errors) >= 0 and sent >= inputs > 0
    if not address:
        assert band.hear()[0] == "/latency"


PLAYERS = {name.removeprefix("play_"): each for name, each in globals().items()
           if name.startswith("play_")}  # fmt: skip


def test_there_is_a_player_for_each_route_and_the_readme_tells_of_it():
    names = {each.strip("/").removesuffix("/get").split("/")[-1] for each in addresses()}
    assert names - {"stop"} == set(PLAYERS)
    section = (ROOT / "README.md").read_text(encoding="utf-8").split("## Music, sensors, OSC")[1]
    told = set(re.findall(r"`/(?:1/)?([\w/]+)`?", section.split("\n## ")[0]))
    assert names - {"status"} <= told and "status/get" in told
    assert "/stop" in addresses() and set(ACTIONS) <= names


@pytest.mark.parametrize("address", ["", "/1", "/2"])
@pytest.mark.parametrize("name", PLAYERS)
def test_each_route_does_what_it_says(band, name, address):
    PLAYERS[name](band, address, [int(address[1:])] if address else [1, 2])
    assert {f"{address}/{name}", f"{address}/{name}/get"} & band.sent


@pytest.mark.slow
def test_what_was_played_is_recorded_learned_and_played(band, tmp_path):
    recording = Recording(tmp_path, "--names=0_pitch,~1_duration,2_channel#", "take.csv")
    sent = []
    band.send("/1/input", *NOTE)
    while len(sent) < NUM_ROWS:  # the output is the next input, and what is recorded
        address, values = band.hear()
        assert address == "/1/output"
        band.send("/1/input", *values)
        recording.send(*values)
        sent.append(values)
    band.send("/stop")
    recording.send(address="/stop")
    assert recording.end(None) == {"output": "take.csv", "rows": NUM_ROWS, "ignored": {}}
    assert "Traceback" not in band.end() and band.child.returncode == 0

    table = read_table(tmp_path / "take.csv")
    rows = zip(table.values[0], table.values[1], map(float, table.values[2]), strict=True)
    np.testing.assert_allclose(list(rows), sent, rtol=1e-6)

    run, learned = tmp_path / "run", tmp_path / "learned"
    flags = ["--layers=1", "--hidden_size=8", "--mixtures=2", "--batch_size=2", "--epochs=3",
             "--sequence_length=20", "--learning_rate=0.01", "--device=cpu"]  # fmt: skip
    assert train.main([str(tmp_path / "take.csv"), f"--run_dir={run}", *flags]) == 0
    assert export.main([f"--run_dir={run}", f"--export_dir={learned}", "--max_steps=50"]) == 0

    process = Performance(learned, "--mode=free", f"--log={tmp_path / 'again.csv'}")
    try:
        played = [process.hear()[1] for _ in range(20)]
        process.send("/stop")
        assert "Traceback" not in process.end()
    finally:
        process.close()
    pitches, durations, channels = np.transpose(played)
    mean, std = table.values[0].mean(), table.values[0].std()
    assert (abs(pitches - mean) < 8 * std + 1).all() and (pitches == np.rint(pitches)).all()
    assert (durations >= 0).all() and set(channels) <= set(map(float, table.values[2]))
    # The delays are those of the recording, some 20 ms, as far as a few steps teach.
    again = read_table(tmp_path / "again.output.csv")
    assert again.headers == table.headers
    assert 0.2 < np.median(np.diff(again.time)) / np.median(np.diff(table.time)) < 5
