"""Uvicorn for the REST interface, with limits of its own on slow and idle connections."""

import asyncio
import contextlib
import logging
import math
import os
import socket
from collections.abc import Iterator
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from hachi_tf.errors import UserError

_HEADERS_S = 10.0  # from a connection's, or a request's, first byte to the end of its headers
_MAX_HEADER_BYTES = 32 << 10
_MAX_CONNECTIONS = 1000
_KEEP_ALIVE_S = 75
_STALLED_S = 60.0  # longest that a client takes nothing of what it is sent


class _Protocol(H11Protocol):
    """Gives up connections that do not come to the point, and those that read no answer."""

    _waiting: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if len(self.connections) > _MAX_CONNECTIONS:
            transport.abort()
            return
        self._expect_headers()

    def data_received(self, data: bytes) -> None:
        self._expect_headers()
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._forget()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        self._forget_unsent()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._expect_reading()

    def resume_writing(self) -> None:
        self._forget_unsent()
        super().resume_writing()

    def on_response_complete(self) -> None:
        self._forget()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """As uvicorn's, but in JSON, and silent where it is too late for an answer."""
        body = b'{"error":"expected an HTTP request"}'
        headers = [("content-type", "application/json"), ("content-length", str(len(body)))]
        with contextlib.suppress(h11.LocalProtocolError):
            answer = h11.Response(status_code=400, headers=[*headers, ("connection", "close")])
            self.transport.write(self.conn.send(answer))
            self.transport.write(self.conn.send(h11.Data(data=body)))
            self.transport.write(self.conn.send(h11.EndOfMessage()))
        self.transport.close()

    def _expect_headers(self) -> None:
        if self._waiting is None:
            self._waiting = self.loop.call_later(_HEADERS_S, self.transport.abort)

    def _forget(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _expect_reading(self, before: float = math.inf) -> None:
        unsent = self.transport.get_write_buffer_size()
        if unsent >= before:
            self.transport.abort()
        else:
            self._stalled = self.loop.call_later(_STALLED_S, self._expect_reading, unsent)

    def _forget_unsent(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None


class HttpServer(uvicorn.Server):
    """A server that leaves signals to whoever started it.

    Args:
        app: the ASGI application.
        grace_s: how long requests that run at the end may take.
    """

    def __init__(self, app: Any, grace_s: float):
        logging.getLogger("uvicorn").setLevel(logging.ERROR)
        super().__init__(
            uvicorn.Config(
                app,
                http=_Protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=_KEEP_ALIVE_S,
                timeout_graceful_shutdown=grace_s,
                h11_max_incomplete_event_size=_MAX_HEADER_BYTES,
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield


def bind(host: str, port: int) -> socket.socket:
    """A socket that is bound, and does not listen yet.

    Args:
        host: an address or name of this machine.
        port: 0 takes a free one.

    Raises:
        UserError: if the port is taken, or the address is not this machine's.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        bound = socket.socket(family, kind, protocol)
        try:
            if os.name == "posix":  # elsewhere it would share a port that is in use
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
        except OSError:
            bound.close()
            raise
        return bound
    except (OSError, UnicodeError) as error:
        raise UserError(
            "an address and port of this machine that are free",
            f"{host} {port} ({getattr(error, 'strerror', None) or error})",
            "give another --host, --rest_port or --grpc_port",
        ) from error
