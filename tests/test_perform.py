"""`perform` as a process, played with a real OSC client."""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
from pythonosc.osc_packet import OscPacket
from pythonosc.udp_client import SimpleUDPClient

from hachi_tf.tables import read_table, to_events

ROOT = pathlib.Path(__file__).parents[1]


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A running `perform`, and what it sends."""

    def __init__(self, *arguments):
        self.ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.ear.bind(("127.0.0.1", 0))
        self.in_port, out_port = free_port(), self.ear.getsockname()[1]
        command = [sys.executable, "-m", "hachi_tf.perform", *map(str, arguments)]
        self.child = subprocess.Popen(
            [*command, f"--in_port={self.in_port}", f"--out_port={out_port}", "--seed=3"],
            env=os.environ | {"PYTHONPATH": str(ROOT)}, cwd=ROOT, stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        self.client = SimpleUDPClient("127.0.0.1", self.in_port)
        begun = self.hear(300)
        if begun != ("/status", [1]):
            self.child.kill()
            raise AssertionError(f"{begun}: {self.child.communicate()[1]}")

    def send(self, address, *values):
        self.client.send_message(address, list(values))

    def hear(self, seconds=10.0):
        """The next message, None if there is none in time."""
        self.ear.settimeout(seconds)
        try:
            found = OscPacket(self.ear.recv(65536)).messages[0].message
        except TimeoutError:
            return None
        return found.address, found.params

    def end(self):
        """What was said on stderr, after the process has ended by itself."""
        _, said = self.child.communicate(timeout=60)
        self.ear.close()
        return said


@pytest.fixture(scope="module")
def schema():
    from hachi_tf.schema import Feature, Schema

    return Schema((
        Feature("time", unit="s", quantum=0.001),
        Feature("0_pitch", quantum=1.0),
        Feature("1_duration", unit="s", role="target"),
        Feature("2_channel", "categorical", classes=("1", "3")),
    ))  # fmt: skip


def write_export(schema, mean, std, folder):
    from hachi_tf.layers.heads import make_head
    from hachi_tf.models.prediction_network import PredictionNetwork
    from hachi_tf.serving import saved_model
    from hachi_tf.transforms import Standardize

    head = make_head(schema, num_components=2)
    network = PredictionNetwork(schema, head, num_layers=1, hidden_size=8)
    network.build()
    return saved_model.export(
        network, Standardize(list(range(len(mean))), mean, std), schema, folder, 100
    )


@pytest.fixture(scope="module")
def temporal(schema, tmp_path_factory):
    """An export whose delays are around 50 ms."""
    folder = tmp_path_factory.mktemp("exports") / "notes"
    return write_export(schema, [0.05, 60.0, 0.2], [0.005, 5.0, 0.02], folder)


@pytest.fixture(scope="module")
def still(schema, tmp_path_factory):
    """An export of the same without a time."""
    from hachi_tf.schema import Schema

    folder = tmp_path_factory.mktemp("exports") / "still"
    return write_export(Schema(schema.features[1:]), [60.0, 0.2], [5.0, 0.02], folder)


@pytest.fixture(scope="module")
def stage(temporal, still, tmp_path_factory):
    log = tmp_path_factory.mktemp("log") / "take.csv"
    process = Process(f"--export_dir={temporal}", f"--export_dir={still}", f"--log={log}")
    process.log = log
    yield process
    if process.child.poll() is None:
        process.child.kill()


def test_each_route_of_hachi_machi(stage):
    stage.send("/1/input", 60.0, 0.1, 3.0)
    address, values = stage.hear()
    assert address == "/1/output" and len(values) == 3 and values[2] in (1.0, 3.0)
    assert values[0] == int(values[0]) and 20 < values[0] < 100
    stage.send("/2/input", 60.0, 1.0)
    assert stage.hear()[0] == "/2/output"
    for address in ("/1/sample", "/2/sample", "/1/reset", "/reset", "/1/cancel", "/cancel"):
        stage.send(address)
    assert [stage.hear()[0] for _ in range(2)] == ["/1/output", "/2/output"]
    stage.send("/input", 60.0, 0.1, 3.0)
    assert {stage.hear()[0] for _ in range(2)} == {"/1/output", "/2/output"}
    assert stage.hear(0.3) is None


def test_outputs_fed_back_stay_one_chain_beside_a_sensor_of_100_hz(stage):
    stage.send("/1/input", 60.0, 0.1, 3.0)
    heard_s, end = [], time.monotonic() + 2.0
    while time.monotonic() < end:
        heard = stage.hear(0.01)
        if heard is None:
            stage.send("/1/input", 50.0, 1.0)  # the sensor
        else:
            heard_s.append(time.monotonic())
            stage.send("/1/input", *heard[1])
    while stage.hear(0.5) is not None:
        heard_s.append(time.monotonic())
    stage.send("/1/status/get")
    _, (_, _, _, ignored, _, inputs, outputs) = stage.hear()
    # One output an input that was taken, and one that /sample asked for; the others were ignored.
    assert outputs == inputs + 1 == len(heard_s) + 3 and ignored > inputs
    # Delays are around 50 ms; the sensor's own would be 10.
    assert np.median(np.diff(heard_s)) > 0.02


def test_the_settings_of_more_than_hachi_machi(stage):
    stage.send("/temperature", 0.0)
    stage.send("/bias", 1.0)
    outputs = []
    for _ in range(3):
        stage.send("/2/sample")
        outputs.append(stage.hear()[1])
    assert outputs[0] == outputs[1] == outputs[2]  # the likeliest, again and again
    stage.send("/temperature", 1.0)
    stage.send("/2/seed", 5.0)
    stage.send("/2/pause", 1.0)
    stage.send("/2/input", 60.0, 1.0)
    assert stage.hear(0.3) is None
    stage.send("/pause", 0.0)
    stage.send("/2/input", 60.0, 1.0)
    assert stage.hear()[0] == "/2/output"
    stage.send("/status/get")
    heard = [stage.hear() for _ in range(3)]
    assert [address for address, _ in heard] == ["/1/latency", "/2/latency", "/latency"]
    assert heard[1][1][3] == 1.0 and 0 < heard[2][1][0] < 1000


def test_bad_messages_are_answered_and_end_nothing(stage):
    for address, values, said in (
        ("/1/input", (60.0,), "2 or 3 numbers"),
        ("/1/input", (60.0, 0.1, 7.0), "2_channel as one of 1, 3"),
        ("/1/input", ("x", 0.1, 1.0), "a number"),
        ("/9/input", (60.0, 1.0), "a route"),
        ("/temperature", (-1.0,), "a temperature"),
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
    end = time.monotonic() + 2.0
    while time.monotonic() < end:
        for _ in range(200):
            stage.client._sock.sendto(content, ("127.0.0.1", stage.in_port))
        time.sleep(0.005)
    while stage.hear(1.0) is not None:
        pass
    stage.send("/2/status/get")
    assert stage.hear()[0] == "/2/latency"
    stage.send("/2/input", 60.0, 1.0)
    assert stage.hear()[0] == "/2/output"


def test_a_second_copy_finds_the_port_taken(stage, temporal, program):
    begin = time.monotonic()
    done = program("perform", temporal, f"--in_port={stage.in_port}", "--out_port=9", check=False)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert f"expected a free UDP port at an address of this machine; got 127.0.0.1:{stage.in_port}"\
        in done.stderr and time.monotonic() - begin < 30  # fmt: skip


def test_stop_ends_it_and_the_log_can_be_trained_on(stage, schema):
    stage.send("/stop")
    while (heard := stage.hear()) != ("/status", [0]):
        assert heard is not None
    said = stage.end()
    assert stage.child.returncode == 0 and "listening at 127.0.0.1" in said
    assert "Traceback" not in said
    for kind in ("input", "output"):
        events = to_events(read_table(stage.log.with_suffix(f".1.{kind}.csv")), schema)
        assert len(events) > 20 and (events[:, 0] >= 0).all()
    assert read_table(stage.log.with_suffix(".2.output.csv")).time is None


def test_an_end_from_outside_says_goodbye(temporal):
    process = Process(temporal, "--mode=free")
    assert process.hear()[0] == "/1/output"  # by itself
    process.child.send_signal(signal.SIGINT)
    while (heard := process.hear()) != ("/status", [0]):
        assert heard is not None
    process.end()
    assert process.child.returncode == 0


@pytest.mark.parametrize(
    "flags, said",
    [
        (["--in_port=9000"], "an --out_port that is not --in_port; got 9000"),
        (["--fix=channel"], "--fix=COLUMN=VALUE"),
        (["--log=take.json"], "a --log that ends in .csv"),
        (["--mode=wild"], "--mode as one of react, respond, free"),
        (["--out_host=no such host."], "a host to send to"),
        (["--run_dir=a", "--export_dir=b"], "either --run_dir or --export_dir"),
        (["--allow=me", "--in_port=0"], "a network such as"),
    ],
)
def test_bad_flags_are_named_in_one_line(failing_program, flags, said):
    done = failing_program("perform", *flags)
    assert done.returncode == 2 and said in done.stderr and done.stderr.count("\n") == 1
