"""A server of exports, from its sockets to its end."""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

from hachi_tf.errors import UserError
from hachi_tf.serving import grpc_service
from hachi_tf.serving.core import Core
from hachi_tf.serving.guard import Guard
from hachi_tf.serving.http_server import HttpServer, bind
from hachi_tf.serving.rest import RestApp

log = logging.getLogger(__name__)


class Server:
    """REST and gRPC on one event loop; what computes has a thread of its own.

    Ports are taken at once, so that it does not take a model's loading to learn that they are
    not free, but nobody is answered before `run`.

    Args:
        guard: says who may ask; its host is listened at.
        rest_port: 0 takes a free one.
        grpc_port: 0 takes a free one.

    Raises:
        UserError: if a port is taken, or both are one.
    """

    def __init__(self, guard: Guard, rest_port: int, grpc_port: int):
        self.guard = guard
        if rest_port == grpc_port and rest_port:
            raise UserError("a --grpc_port that is not --rest_port", f"{rest_port} for both")
        self._socket = bind(guard.host, rest_port)
        self.rest_port = self._socket.getsockname()[1]
        try:
            with contextlib.closing(bind(guard.host, grpc_port)) as probe:
                self.grpc_port = probe.getsockname()[1]
        except UserError:
            self.close()
            raise

    def close(self) -> None:
        """Gives the port back, of a server that never ran."""
        self._socket.close()

    def run(
        self,
        core: Core,
        grace_s: float,
        is_ready: Callable[["Server"], None],
        pages: Any = None,
    ) -> None:
        """Answers requests until the process is told to end, then finishes those that run.

        Args:
            core: answers requests; closed at the end.
            grace_s: how long requests that run at the end may take.
            is_ready: called once requests are answered.
            pages: as for `RestApp`.
        """
        asyncio.run(self._run(core, grace_s, is_ready, pages))

    async def _run(self, core, grace_s, is_ready, pages) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_log_error)
        app = RestApp(core, self.guard, pages)
        http = HttpServer(app, grace_s)
        stop = asyncio.Event()
        with _signals(lambda: loop.call_soon_threadsafe(stop.set)):
            host = f"[{self.guard.host}]" if ":" in self.guard.host else self.guard.host
            service = grpc_service.GrpcService(core, self.guard)
            rpc, self.grpc_port = await grpc_service.start(service, f"{host}:{self.grpc_port}")
            serving = asyncio.create_task(http.serve(sockets=[self._socket]))
            while not http.started and not serving.done():
                await asyncio.sleep(0.01)
            if not serving.done():
                is_ready(self)
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
            log.info("finishing %d requests", app.running + service.running)
            app.is_draining, http.should_exit = True, True
            await asyncio.gather(serving, rpc.stop(grace_s))
            stopped.cancel()
        await asyncio.to_thread(core.close)


@contextlib.contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C and an end from outside call `stop`; whoever says so twice does not want to wait."""
    said: list[int] = []

    def handle(number: int, frame: object) -> None:
        if said:
            os._exit(128 + number)
        said.append(number)
        stop()

    before = {}
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if (number := getattr(signal, name, None)) is not None:
            before[number] = signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _log_error(loop: asyncio.AbstractEventLoop, context: dict) -> None:
    """One line for what happens outside of any request, e.g. a connection that breaks."""
    error = context.get("exception")
    if not isinstance(error, ConnectionError):
        log.error("%s: %r", context.get("message"), error)
