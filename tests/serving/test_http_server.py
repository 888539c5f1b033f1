"""The server's sockets: addresses that cannot be, and clients that read no answer."""

import asyncio
import contextlib
from types import SimpleNamespace

import pytest

from hachi_tf.errors import UserError
from hachi_tf.serving import http_server
from hachi_tf.serving.guard import Guard
from hachi_tf.serving.http_server import HttpServer, bind


@pytest.mark.parametrize("host", ["no.such.host.invalid", "a" * 70, ".a"])
def test_a_host_that_is_none_is_named(host):
    with pytest.raises(UserError, match="an address and port of this machine"):
        bind(host, 0)


def test_two_ports_are_two():
    from hachi_tf.serving.server import Server

    with contextlib.closing(bind("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(UserError, match="--grpc_port that is not --rest_port"):
        Server(Guard("127.0.0.1"), port, port)


def test_a_taken_port_leaves_no_socket_open():
    from hachi_tf.serving.server import Server

    with contextlib.closing(bind("127.0.0.1", 0)) as taken:
        taken.listen()
        with pytest.raises(UserError, match="that are free"):
            Server(Guard("127.0.0.1"), 0, taken.getsockname()[1])


def test_a_client_that_reads_nothing_is_given_up(monkeypatch):
    monkeypatch.setattr(http_server, "_STALLED_S", 0.3)
    ended = []

    async def app(scope, receive, send):
        gone = asyncio.ensure_future(_gone(receive))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while not gone.done():
            await send({"type": "http.response.body", "body": bytes(100_000), "more_body": True})
            await asyncio.sleep(0)
        ended.append(True)

    async def serve():
        listening = bind("127.0.0.1", 0)
        server = HttpServer(app, 1.0)
        serving = asyncio.ensure_future(server.serve(sockets=[listening]))
        while not server.started:
            await asyncio.sleep(0.01)
        _, writer = await asyncio.open_connection(*listening.getsockname()[:2], limit=1 << 16)
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        async with asyncio.timeout(60):
            while not ended:
                await asyncio.sleep(0.02)
        writer.close()
        server.should_exit = True
        await serving

    asyncio.run(serve())


def test_a_client_that_reads_slowly_is_not_given_up():
    unsent, planned, aborted = [900, 500, 100, 100], [], []
    protocol = http_server._Protocol.__new__(http_server._Protocol)
    protocol.transport = SimpleNamespace(
        get_write_buffer_size=lambda: unsent.pop(0), abort=lambda: aborted.append(len(unsent))
    )
    protocol.loop = SimpleNamespace(call_later=lambda *later: planned.append(later))
    protocol._expect_reading()
    while planned:
        _, look, before = planned.pop()
        look(before)
    assert aborted == [0]  # only when nothing was read in between


async def _gone(receive):
    while (await receive())["type"] != "http.disconnect":
        pass
