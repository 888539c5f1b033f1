"""Everything together, with toy models and a real OSC client."""

import queue
import threading
import time

import pytest
from pythonosc.osc_packet import OscPacket
from pythonosc.udp_client import SimpleUDPClient

from hachi_tf.errors import UserError
from hachi_tf.performing.clock import Clock
from hachi_tf.performing.manner import Manner
from hachi_tf.performing.osc import OscPort
from hachi_tf.performing.stage import Stage
from hachi_tf.performing.voice import Voice


class Player:
    """A stage on a thread, and a client that hears it."""

    def __init__(self, model, schemas, delay_s=0.02, **manner):
        self.ear = OscPort("127.0.0.1", 0, ["127.0.0.1"], 9)
        clock = Clock()
        self.voices = [Voice(model(each, delay_s), clock, Manner(**manner)) for each in schemas]
        self.port = OscPort("127.0.0.1", 0, ["127.0.0.1"], self.ear.port)
        self.stage = Stage(self.voices, self.port, clock)
        self.client = SimpleUDPClient("127.0.0.1", self.port.port)
        self._thread = threading.Thread(target=self.stage.run)
        self._thread.start()
        assert self.hear() == ("/status", [1])

    def send(self, address, *values):
        self.client.send_message(address, list(values))

    def hear(self, seconds=5.0):
        """The next message, None if there is none in time."""
        end = time.perf_counter() + seconds
        while not self.ear.inbox and (left := end - time.perf_counter()) > 0:
            self.ear.wait(left)
            self.ear.drain()
        datagram = self.ear.inbox.pop()
        if datagram is None:
            return None
        message = OscPacket(datagram.content).messages[0].message
        return message.address, message.params

    def close(self):
        self.stage.stop()
        self._thread.join(10)
        assert not self._thread.is_alive()
        self.ear.close()
        self.port.close()


@pytest.fixture
def perform(schema, still_schema):
    from tests.performing.conftest import ToyModel

    players = []

    def perform(schemas=None, **options):
        players.append(Player(ToyModel, schemas or [schema, still_schema], **options))
        return players[-1]

    yield perform
    for player in players:
        player.close()


def test_messages_are_answered_until_stop(perform):
    player = perform()
    player.send("/1/input", 60.0, 0.1, 3.0)
    assert player.hear() == ("/1/output", [0.0, 0.5, 3.0])
    player.send("/2/input", 60, 3)
    assert player.hear() == ("/2/output", [0.0, 0.5, 3.0])
    player.send("/2/sample")
    assert player.hear()[0] == "/2/output"
    player.send("/stop")
    assert player.hear() == ("/status", [0])
    assert player.hear(0.2) is None


def test_errors_are_answered_and_end_nothing(perform):
    player = perform()
    player.send("/1/input", "x", 0.1, 3.0)
    address, (text,) = player.hear()
    assert address == "/error" and "a number below" in text
    player.client._sock.sendto(b"rubbish", ("127.0.0.1", player.port.port))
    assert "OSC messages" in player.hear()[1][0]
    player.send("/2/input", 1313.0, 3.0)
    assert player.hear() == ("/error", ["RuntimeError: thirteen"])
    player.send("/2/input", 60.0, 3.0)
    assert player.hear()[0] == "/2/output"


def test_errors_are_limited_and_counted(clock, monkeypatch):
    port, said = OscPort("127.0.0.1", 0, ["127.0.0.1"], 9), []
    monkeypatch.setattr(port, "send", lambda address, text: said.append((address, text)))
    stage = Stage([], port, clock)
    for _ in range(200):
        stage.report(UserError("this", "that"))
        clock.seconds += 0.004
    clock.seconds += 1.0
    stage.report(UserError("this", "that"))
    assert len(said) == 11 and {address for address, _ in said} == {"/error"}
    assert said[0][1] == "expected this; got that"
    assert "(190 other errors were not said)" in said[-1][1]
    assert stage.num_errors == 201
    port.close()


def test_many_bad_messages_are_all_counted(perform):
    player = perform()
    for _ in range(200):  # fewer than the inbox holds
        player.send("/nowhere")
    player.send("/status/get")
    while (heard := player.hear())[0] != "/latency":
        assert heard[0] in ("/error", "/1/latency", "/2/latency")
    assert player.stage.num_errors == heard[1][4] == 200


def test_figures_are_sent_on_request(perform):
    player = perform()
    for _ in range(5):
        player.send("/2/input", 60.0, 3.0)
        player.hear()
    player.send("/nowhere")
    player.hear()
    player.send("/2/status/get")
    address, values = player.hear()
    assert address == "/2/latency" and values[2:] == [0, 0, 0, 5, 5]
    assert 0 < values[0] <= values[1] < 5000
    player.send("/status/get")
    heard = [player.hear() for _ in range(3)]
    assert [address for address, _ in heard] == ["/1/latency", "/2/latency", "/latency"]
    assert heard[2][1][2:] == [0.0, 0.0, 1.0]


def test_bundles_with_a_time_wait_for_it(perform):
    from pythonosc.osc_bundle_builder import OscBundleBuilder
    from pythonosc.osc_message_builder import OscMessageBuilder

    player = perform()
    bundle = OscBundleBuilder(time.time() + 0.3)
    bundle.add_content(OscMessageBuilder("/2/sample").build())
    begin = time.perf_counter()
    player.client.send(bundle.build())
    assert player.hear()[0] == "/2/output"
    assert time.perf_counter() - begin > 0.2


def test_actions_come_in_from_other_threads(perform):
    player, done = perform(), queue.Queue()
    player.stage.post(lambda: 1 / 0)
    player.stage.post(lambda: done.put(threading.current_thread()))
    assert done.get(timeout=5) is player._thread
    assert player.hear() == ("/error", ["ZeroDivisionError: division by zero"])
    player.stage.post(lambda: player.voices[1].input([60.0, 3.0]))
    assert player.hear()[0] == "/2/output"


def test_the_end_of_a_sequence_is_told(perform, still_schema):
    player = perform([still_schema])
    player.voices[0].model.ends_after = 2
    for wanted in (["/1/output"], ["/1/output", "/1/end"]):
        player.send("/1/input", 60.0, 3.0)
        assert [player.hear()[0] for _ in wanted] == wanted


def test_a_free_voice_keeps_time_beside_a_flood(perform, schema, still_schema):
    player = perform([schema, still_schema], mode="free", delay_s=0.02, rate_hz=1.0)
    player.voices[1].stopped = True
    now, played = player.stage.clock.now, []
    player.voices[0].on_output.append(lambda values, due_s: played.append((due_s, now() - due_s)))
    sent = 0
    while len(played) < 40:
        player.send("/2/input", 60.0, 3.0)
        sent += 1
        time.sleep(0.0001)
    player.send("/stop")
    assert sent > 50
    pairs = list(zip(played, played[1:], strict=False))
    # After a second that the machine gave to others a chain goes on from then, and not before.
    gaps = [after[0] - before[0] for before, after in pairs if before[1] < 0.9]
    assert len(gaps) > 20 and max(abs(gap - 0.02) for gap in gaps) < 1e-6


def test_posts_are_bounded(schema, clock):
    port = OscPort("127.0.0.1", 0, ["127.0.0.1"], 9)
    stage = Stage([], port, clock)
    for _ in range(10_050):
        stage.post(print)
    assert stage.num_unposted == 50
    stage.report(UserError("this", "that"))
    assert stage.num_errors == 1
    port.close()
