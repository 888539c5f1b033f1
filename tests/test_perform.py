"""`perform` as a process: what goes wrong, and how it ends; its routes are in test_live_chain."""

import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from hachi_tf.tables import read_table, to_events
from tests.live import ENVIRONMENT, ROOT, Performance, notes_schema

NUM_EVENTS = 25


@pytest.fixture(scope="module")
def stage(players, tmp_path_factory):
    """A model with a time, and one of the same columns without."""
    log = tmp_path_factory.mktemp("stage") / "take.csv"
    process = Performance(*(f"--export_dir={path}" for path in players), f"--log={log}")
    process.log = log
    yield process
    process.close()


def test_bad_messages_are_answered_and_end_nothing(stage):
    for address, values, said in (
        ("/1/input", (60.0,), "2 or 3 numbers"),
        ("/1/input", (60.0, 0.1, 7.0), "2_channel as one of 1, 3"),
        ("/1/input", ("x", 0.1, 1.0), "a number"),
        ("/9/input", (60.0, 1.0), "a route"),
        ("/temperature", (-1.0,), "a temperature"),
        ("/1/fix", ("2_channel", 7.0), "2_channel as one of 1, 3 for /fix"),
        ("/mode", ("wild",), "a mode of react, respond, free"),
    ):
        stage.send(address, *values)
        heard, (text,) = stage.hear()
        assert heard == "/error" and said in text
    stage.client._sock.sendto(b"#bundle\0rubbish", ("127.0.0.1", stage.in_port))
    assert stage.hear()[0] == "/error"
    stage.send("/2/input", 60.0, 1.0)
    assert stage.hear()[0] == "/2/output"


def test_it_outlasts_a_flood(stage):
    content = b"/2/input\0\0\0\0,ff\0" + np.float32([60, 1]).byteswap().tobytes()
    end = time.monotonic() + 1.0
    while time.monotonic() < end:
        for _ in range(200):
            stage.client._sock.sendto(content, ("127.0.0.1", stage.in_port))
        time.sleep(0.005)
    stage.send("/2/status/get")
    while (heard := stage.hear()[0]) != "/2/latency":  # which comes after all that was sent before
        assert heard == "/2/output"
    stage.send("/2/input", 60.0, 1.0)
    assert stage.hear()[0] == "/2/output" and stage.quiet() == []


def test_a_second_copy_finds_the_port_taken(stage, players, failing_program):
    done = failing_program("perform", players[0], f"--in_port={stage.in_port}", "--out_port=9")
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    taken = f"127.0.0.1:{stage.in_port}"
    assert f"a free UDP port at an address of this machine; got {taken}" in done.stderr


def test_an_end_from_outside_says_goodbye_and_the_log_can_be_trained_on(stage):
    stage.send("/1/input", 60.0, 1.0)
    for _ in range(NUM_EVENTS):
        address, values = stage.hear()
        assert address == "/1/output"
        stage.send("/1/input", *values)
    stage.child.send_signal(signal.SIGINT)
    said = stage.end()
    assert stage.child.returncode == 0 and "listening at 127.0.0.1" in said
    assert "Traceback" not in said
    for kind in ("input", "output"):
        table = read_table(stage.log.with_suffix(f".1.{kind}.csv"))
        events = to_events(table, notes_schema())
        assert len(events) >= NUM_EVENTS and (events[:, 0] >= 0).all()
    assert read_table(stage.log.with_suffix(".2.output.csv")).time is None


@pytest.mark.parametrize(
    "flags, said",
    [
        (["--in_port=9000"], "an --out_port that is not --in_port; got 9000"),
        (["--log=take.json"], "a --log that ends in .csv"),
        (["--mode=wild"], "--mode as one of react, respond, free"),
        (["--run_dir=a", "--export_dir=b"], "either --run_dir or --export_dir"),
        (["--speed=2"], "--replay=FILE with --speed; got none"),
        (["--speed=0"], "--speed above 0.0"),
        (["nowhere"], "an export at nowhere; got no such folder"),
        (["exports/kanji", "--export_dir=nowhere"], "either --run_dir or --export_dir"),
        (["--export_dir=exports/rhythm", "--export_dir=nowhere"], "an export at nowhere"),
        (["exports/hershey"], "a model that reads no text, to play live; got exports/hershey"),
        (["exports/kanji", "--fix=dx=1"], "a model whose columns can be held for --fix; got"),
        (["exports/rhythm", "--fix=channel"], "--fix=COLUMN=VALUE"),
        (["exports/rhythm", "--fix=3_channel=9"], "3_channel as one of 1, 2, 3, 10 for --fix"),
        (["exports/rhythm", "--fix=0_pitch=500"], "0_pitch as a number from 0 to 127 for --fix"),
        (["exports/rhythm", "--fix=speed=1"], "0_pitch (a number from 0 to 127), 1_velocity"),
        (["exports/rhythm", "--out_host=no such host."], "a host to send to"),
        (["exports/rhythm", "--allow=me", "--in_port=0"], "a network such as"),
    ],
)
def test_bad_flags_are_named_in_one_line(failing_program, monkeypatch, flags, said):
    monkeypatch.chdir(ROOT)
    done = failing_program("perform", *flags)
    assert done.returncode == 2 and said in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("count", [1, 2])
def test_a_log_is_never_written_over(failing_program, tmp_path, count):
    taken = tmp_path / ("take.input.csv" if count == 1 else "take.2.output.csv")
    taken.touch()
    models = [f"--export_dir={ROOT / 'exports' / 'rhythm'}"] * count
    done = failing_program("perform", *models, f"--log={tmp_path / 'take.csv'}")
    assert done.returncode == 2 and f"does not exist; got {taken}, which does" in done.stderr


@pytest.mark.parametrize("flag", ["--fix=0_pitch=500", "--midi_out=no such port"])
def test_what_is_wrong_is_said_before_tensorflow_is_imported(flag):
    code = (
        "import sys; from hachi_tf import perform; "
        f"status = perform.main(['exports/rhythm', {flag!r}]); "
        "print(status, {'tensorflow', 'keras'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True
    )
    assert done.stdout == "2 set()\n", done.stderr
