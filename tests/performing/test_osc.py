"""Datagrams: what waits and what gives way, bundles, who may send, and where to."""

import socket
import time

import pytest
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from hachi_tf.errors import UserError
from hachi_tf.performing.osc import Datagram, Inbox, OscPort, read


def message(address, *values):
    builder = OscMessageBuilder(address)
    for value in values:
        builder.add_arg(value)
    return builder.build()


def datagram(address, *values, at=0.0):
    return Datagram(at, message(address, *values).dgram)


@pytest.fixture
def port():
    port = OscPort("127.0.0.1", 0, ["127.0.0.1"], 9)
    yield port
    port.close()


def sent(port, *datagrams):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for each in datagrams:
            client.sendto(each.content, ("127.0.0.1", port.port))
    port.wait(1.0)
    time.sleep(0.05)
    port.drain()


def test_the_oldest_inputs_give_way_and_nothing_else_to_them():
    inbox = Inbox(3)
    inbox.put(datagram("/1/reset"))
    for number in range(10):
        inbox.put(datagram("/1/input", float(number)))
    inbox.put(datagram("/stop"))
    assert len(inbox) == 5 and inbox.dropped == 7
    taken = [read(inbox.pop())[0] for _ in range(5)]
    assert [each.address for each in taken] == ["/1/reset"] + ["/1/input"] * 3 + ["/stop"]
    assert [each.values for each in taken[1:4]] == [[7.0], [8.0], [9.0]]
    assert inbox.pop() is None


def test_others_are_bounded_too():
    inbox = Inbox(3)
    for number in range(10):
        inbox.put(datagram("/1/bias", float(number)))
    inbox.put(Datagram(0.0, b""))
    inbox.put(Datagram(0.0, b"\0" * 7))
    assert len(inbox) == 3 and inbox.dropped == 9


def test_bundles_are_unpacked_and_wait_for_their_time():
    def bundle(when, *contents):
        builder = OscBundleBuilder(when)
        for content in contents:
            builder.add_content(content)
        return builder.build()

    inner = bundle(time.time() + 0.5, message("/1/sample"))
    whole = bundle(IMMEDIATELY, message("/1/input", 1.0), message("/1/bias", 2.0), inner)
    found = read(Datagram(50.0, whole.dgram))
    assert [(each.address, each.values) for each in found] == [
        ("/1/input", [1.0]), ("/1/bias", [2.0]), ("/1/sample", []),
    ]  # fmt: skip
    assert [each.due_s for each in found[:2]] == [50.0] * 2
    assert found[2].due_s == pytest.approx(50.5, abs=0.1)
    late = bundle(time.time() - 100.0, message("/stop"))
    assert read(Datagram(50.0, late.dgram))[0].due_s == 50.0


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\0", b"x" * 100, b"#bundle\0", b"#bundle\0" + b"\xff" * 20, b"/1/input",
        b"/1/input\0\0\0\0,ff\0\x00", b"\xff\xfe", b"/a\0\0,]\0\0", b"/a\0\0,[[[",
        (b"#bundle\0" + b"\0" * 7 + b"\1" + b"\0\0\xff\xff") * 3000,
    ],
)  # fmt: skip
def test_what_is_not_osc_is_said_to_be_so(content):
    try:
        for each in read(Datagram(0.0, content)):
            assert isinstance(each.address, str) and isinstance(each.values, list)
    except UserError as error:
        assert "expected OSC messages; got" in str(error)


def test_it_receives_and_forgets_what_came_before(port):
    sent(port, datagram("/1/input", 1.0))
    port.inbox.pop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for _ in range(10):
            client.sendto(b"old", ("127.0.0.1", port.port))
    time.sleep(0.05)
    port.discard()
    sent(port, datagram("/1/input", 2.0))
    assert read(port.inbox.pop())[0].values == [2.0] and not port.inbox


def test_a_wait_ends_when_its_time_is_over_or_it_is_woken(port):
    begin = time.perf_counter()
    port.wait(0.05)
    assert time.perf_counter() - begin > 0.04
    port.wake()
    begin = time.perf_counter()
    port.wait(30.0)
    assert time.perf_counter() - begin < 15.0


def test_strangers_are_refused():
    port = OscPort("127.0.0.1", 0, ["127.0.0.1"], 9, allow=["10.0.0.0/8", "192.168.1.7"])
    try:
        sent(port, datagram("/stop"), datagram("/stop"))
        assert port.num_refused == 2 and not port.inbox
    finally:
        port.close()


def test_it_sends_to_every_configured_place_and_as_hachi_machi_types_it():
    first = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    first.bind(("127.0.0.1", 0))
    first.settimeout(2)
    port = OscPort("127.0.0.1", 0, ["127.0.0.1", "127.0.0.1"], first.getsockname()[1])
    try:
        port.send("/1/output", 60.0, 0.25, 3.0)
        port.send("/status", 1)
        port.send("/error", "caf\u00e9")
        contents = [first.recv(1000) for _ in range(3)]
        assert contents[0][:20] == b"/1/output\0\0\0,fff\0\0\0\0"
        assert contents[1] == b"/status\0,i\0\0\0\0\0\1"
        assert OscMessage(contents[2]).params == ["caf\u00e9"]
        port.send("/1/output", 1e300)
        assert port.num_unsent == 1
    finally:
        port.close()
        first.close()


@pytest.mark.parametrize(
    "arguments, said",
    [
        (("256.0.0.1", 0, ["127.0.0.1"], 9), "a free UDP port"),
        (("127.0.0.1", 0, ["no such host."], 9), "a host to send to for --out_host"),
        (("127.0.0.1", 0, ["127.0.0.1"], 9, ["here"]), "a network such as"),
    ],
)
def test_what_cannot_be_opened_is_named(arguments, said):
    with pytest.raises(UserError, match=said):
        OscPort(*arguments)


def test_a_port_in_use_is_named(port):
    with pytest.raises(UserError, match="a free UDP port") as caught:
        OscPort("127.0.0.1", port.port, ["127.0.0.1"], 9)
    assert str(port.port) in str(caught.value)
