"""The little of ASGI that the REST interface needs."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from hachi_tf.serving.failures import Failure

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
JSON = "application/json"


class Disconnected(Exception):
    """The client has gone."""


class Buffered:
    """Bytes that are being received for all requests together.

    Args:
        most: how many there may be.
    """

    def __init__(self, most: int):
        self.most, self.now = most, 0


async def read_body(
    receive: Receive, headers: Mapping[str, str], most: int, buffered: Buffered, timeout_s: float
) -> bytes:
    """The whole body of a request.

    Args:
        receive: ASGI's.
        headers: of the request.
        most: bytes that it may have.
        buffered: what all requests share.
        timeout_s: for all of it.

    Raises:
        Failure: if it is too long, or takes too long.
        Disconnected: if the client goes in the middle of it.
    """
    too_large = Failure("RESOURCE_EXHAUSTED", f"expected a body of at most {most} bytes", 413)
    told = headers.get("content-length", "")
    if told.isascii() and told.isdigit() and int(told[:20]) > most:
        raise too_large
    chunks, size = [], 0
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Disconnected
                chunk = message.get("body", b"")
                size += len(chunk)
                buffered.now += len(chunk)
                chunks.append(chunk)
                if size > most:
                    raise too_large
                if buffered.now > buffered.most:
                    raise Failure("RESOURCE_EXHAUSTED", "too much is being sent; try again later")
                if not message.get("more_body", False):
                    return b"".join(chunks)
    except TimeoutError as error:
        raise Failure("DEADLINE_EXCEEDED", "the body did not come in time", 408) from error
    finally:
        buffered.now -= size


async def until_gone(receive: Receive, work: Awaitable[Any]) -> Any:
    """The result of `work`, which is cancelled should the client go.

    Raises:
        Disconnected: if it went.
    """
    task, gone = asyncio.current_task(), asyncio.ensure_future(_gone(receive))
    has_left = False

    def leave(future: asyncio.Future) -> None:
        nonlocal has_left
        if not future.cancelled():
            has_left = True
            task.cancel()

    gone.add_done_callback(leave)
    try:
        return await work
    except asyncio.CancelledError:
        if not has_left:
            raise
        task.uncancel()
        raise Disconnected from None
    finally:
        gone.remove_done_callback(leave)
        gone.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def respond(
    send: Send,
    status: int,
    body: bytes,
    content_type: str = JSON,
    headers: Iterable[tuple[str, str]] = (),
) -> None:
    """Sends a whole answer."""
    await begin(send, status, content_type, [("content-length", str(len(body))), *headers])
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def begin(
    send: Send, status: int, content_type: str, headers: Iterable[tuple[str, str]] = ()
) -> None:
    """Sends the headers of an answer."""
    pairs = [
        ("content-type", content_type),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
        *headers,
    ]
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
