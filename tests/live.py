"""`perform` and `record` as processes, a real OSC client for them, and small exports to play."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys

from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_packet import OscPacket
from pythonosc.udp_client import SimpleUDPClient

ROOT = pathlib.Path(__file__).resolve().parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def free_port() -> int:
    """A UDP port that is free now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Performance:
    """A running `perform`, what is sent to it, and what it sends."""

    def __init__(self, *arguments, cwd=ROOT, in_port=None, ear=None):
        self.ear = ear or Ear()
        self.in_port = in_port or free_port()
        ports = [] if ear else [f"--in_port={self.in_port}", f"--out_port={self.ear.port}"]
        self.child = subprocess.Popen(
            [sys.executable, "-m", "hachi_tf.perform", *map(str, arguments), *ports, "--seed=3"],
            env=ENVIRONMENT, cwd=cwd, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.client = SimpleUDPClient("127.0.0.1", self.in_port)
        self.sent = set()  # addresses
        begun = self.hear(300)
        if begun != ("/status", [1]):
            self.child.kill()
            raise AssertionError(f"{begun}: {self.child.communicate()[1]}")

    def send(self, address, *values):
        """Sends a message."""
        self.sent.add(address)
        self.client.send_message(address, list(values))

    def send_together(self, *messages):
        """Sends messages, each an address and its values, as one bundle."""
        bundle = OscBundleBuilder(IMMEDIATELY)
        for address, *values in messages:
            self.sent.add(address)
            message = OscMessageBuilder(address)
            for value in values:
                message.add_arg(value)
            bundle.add_content(message.build())
        self.client.send(bundle.build())

    def hear(self, seconds=30.0):
        """The next message, None if there is none in time."""
        return self.ear.hear(seconds)

    def quiet(self, seconds=0.5):
        """Waits until nothing has come for so long; what came before, as outputs."""
        found = []
        while (heard := self.hear(seconds)) is not None:
            found.append(heard)
        return found

    def end(self):
        """What was said on stderr, after the process has ended by itself."""
        while (heard := self.hear()) != ("/status", [0]):
            assert heard is not None
        _, said = self.child.communicate(timeout=60)
        self.ear.close()
        return said

    def close(self):
        """Ends it, if nothing else has."""
        if self.child.poll() is None:
            self.child.kill()
            self.child.communicate()


class Ear:
    """A UDP port and the OSC messages that come to it."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]

    def hear(self, seconds):
        """The address and the values of the next message, None if there is none in time."""
        self._socket.settimeout(seconds)
        try:
            found = OscPacket(self._socket.recv(65536)).messages[0].message
        except TimeoutError:
            return None
        return found.address, found.params

    def close(self):
        """Frees the port."""
        self._socket.close()


class Recording:
    """A running `record`, and a client that sends to it."""

    def __init__(self, folder, *arguments, ports=("--in_port=0",)):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hachi_tf.record", *ports, "--json", *map(str, arguments)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder, env=ENVIRONMENT,
        )  # fmt: skip
        self.said = ""
        while not (match := re.search(r"recording /\S+ at [\d.]+:(\d+)", self.said)):
            line = self.process.stderr.readline()
            assert line, f"ended early: {self.said}"
            self.said += line
        self.client = SimpleUDPClient("127.0.0.1", int(match[1]))

    def send(self, *arguments, address="/input"):
        """Sends a message."""
        self.client.send_message(address, list(arguments))

    def end(self, how=signal.SIGINT):
        """Ends the process; returns what it wrote to stdout as JSON."""
        if how is not None:
            self.process.send_signal(how)
        out, said = self.process.communicate(timeout=60)
        self.said += said
        assert self.process.returncode == 0, self.said
        return json.loads(out)

    def close(self):
        """Ends it, if nothing else has."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def notes_schema():
    """Columns of notes, one of them predicted only, one with labels."""
    from hachi_tf.schema import Feature, Schema

    return Schema((
        Feature("time", unit="s", quantum=0.001),
        Feature("0_pitch", quantum=1.0),
        Feature("1_duration", unit="s", role="target"),
        Feature("2_channel", "categorical", classes=("1", "3")),
    ))  # fmt: skip


def write_export(schema, mean, std, folder):
    """An export of a network that has not learned anything, around these values."""
    from hachi_tf.layers.heads import make_head
    from hachi_tf.models.prediction_network import PredictionNetwork
    from hachi_tf.serving import saved_model
    from hachi_tf.transforms import Standardize

    head = make_head(schema, num_components=2)
    network = PredictionNetwork(schema, head, num_layers=1, hidden_size=8)
    network.build()
    transforms = Standardize(list(range(len(mean))), mean, std)
    return saved_model.export(network, transforms, schema, folder, 100, fixable=True)


def write_players(folder):
    """Exports of notes around C4: one with delays around 20 ms, and one without a time."""
    from hachi_tf.schema import Schema

    schema = notes_schema()
    write_export(schema, [0.02, 60.0, 0.2], [0.002, 5.0, 0.02], folder / "temporal")
    still = Schema(schema.features[1:])
    write_export(still, [60.0, 0.2], [5.0, 0.02], folder / "still")
