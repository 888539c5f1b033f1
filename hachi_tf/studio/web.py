"""What the studio's routes have in common: who may ask, bodies, answers, errors."""

import asyncio
import dataclasses
import os
import pathlib
import secrets
import urllib.parse
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from hachi_tf.errors import UserError
from hachi_tf.files import atomic_path
from hachi_tf.serving.asgi import Buffered, Disconnected, Receive, Send, begin, read_body, respond
from hachi_tf.serving.failures import Failure, invalid
from hachi_tf.serving.limits import Limits

HEADER = "x-hachi-studio"
"""A page from elsewhere cannot send it without asking first, which is refused."""

_SENT = 1 << 20  # bytes of a file that are sent at a time
_CHUNK_S = 30.0  # longest wait for the next part of an upload


@dataclasses.dataclass(frozen=True)
class Request:
    """A request for the studio whose headers have come.

    Attributes:
        method: in capitals.
        parts: of the path behind `/studio/api/`, unquoted one by one.
        query: the first value by name.
        headers: by lower-case name.
        receive: ASGI's.
        send: ASGI's.
        limits: the server's.
        buffered: what all requests that are being received share.
    """

    method: str
    parts: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    receive: Receive
    send: Send
    limits: Limits
    buffered: Buffered

    async def json(self) -> dict[str, Any]:
        """The body, a JSON object; an empty one for an empty body.

        Raises:
            Failure: if it is too long, or something else.
        """
        body = await self.body(self.limits.max_body_bytes)
        if not body:
            return {}
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise Failure("INVALID_ARGUMENT", "expected Content-Type: application/json", 415)
        try:
            value = orjson.loads(body)
        except ValueError as error:
            raise invalid(f"expected JSON; got {error}") from error
        if not isinstance(value, dict):
            raise invalid("expected a JSON object; got something else")
        return value

    async def body(self, most: int) -> bytes:
        """The whole body of at most so many bytes."""
        timeout_s = self.limits.timeout_s
        return await read_body(self.receive, self.headers, most, self.buffered, timeout_s)

    async def save_body(self, path: pathlib.Path, most: int) -> int:
        """Writes the body into a file, which is there whole or not at all.

        Args:
            path: of the file.
            most: bytes that it may have.

        Returns:
            How many it has.

        Raises:
            Failure: if there are more, or the next does not come in time.
            UserError: if the place cannot be written to.
            Disconnected: if the client goes.
        """
        too_large = Failure("RESOURCE_EXHAUSTED", f"expected at most {most} bytes; got more", 413)
        told = self.headers.get("content-length", "")
        if told.isascii() and told.isdigit() and int(told[:20]) > most:
            raise too_large
        size, more = 0, True
        with atomic_path(path) as aside, open(aside, "wb") as file:
            while more:
                try:
                    message = await asyncio.wait_for(self.receive(), _CHUNK_S)
                except TimeoutError as error:
                    raise Failure(
                        "DEADLINE_EXCEEDED", "the body did not come in time", 408
                    ) from error
                if message["type"] == "http.disconnect":
                    raise Disconnected
                chunk, more = message.get("body", b""), message.get("more_body", False)
                size += len(chunk)
                if size > most:
                    raise too_large
                await asyncio.to_thread(file.write, chunk)
        return size

    async def answer(self, value: Any, status: int = 200) -> None:
        """Sends JSON, arrays as lists; numbers that are none become null."""
        body = orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)
        await respond(self.send, status, body)

    async def attach(self, content: bytes, content_type: str, name: str) -> None:
        """Sends a file to be kept."""
        await respond(self.send, 200, content, content_type, [attachment(name)])

    async def attach_file(self, path: pathlib.Path, content_type: str, name: str) -> None:
        """Sends a file from the disk to be kept, part by part.

        Raises:
            Disconnected: if the client does not read it in time, and so could not be told anything.
        """
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            headers = [("content-length", str(size)), attachment(name)]
            await begin(self.send, 200, content_type, headers)
            for chunk in _chunks(file, size):
                message = {"type": "http.response.body", "body": chunk, "more_body": True}
                try:
                    async with asyncio.timeout(self.limits.timeout_s):
                        await self.send(message)
                except TimeoutError as error:
                    raise Disconnected from error
        await self.send({"type": "http.response.body", "body": b"", "more_body": False})


def attachment(name: str) -> tuple[str, str]:
    """The header that tells a browser what to call what it keeps."""
    quoted = urllib.parse.quote(name, safe="")
    return "content-disposition", f"attachment; filename*=UTF-8''{quoted}"


def check_change(headers: Mapping[str, str]) -> None:
    """Refuses what a page from elsewhere may have sent.

    Raises:
        Failure: if it may.
    """
    if headers.get(HEADER) != "1":
        raise Failure("PERMISSION_DENIED", "expected the header X-Hachi-Studio: 1; got none")


def take(value: Mapping[str, Any], name: str, kind: type, default: Any, low=None, high=None) -> Any:
    """A field of a JSON object, of one type.

    Args:
        value: the object.
        name: the field's.
        kind: `str`, `bool`, `int`, `float`, `list` or `dict`; whole numbers count as floats.
        default: for a field that is not there, or null.
        low: the smallest number.
        high: the largest number, or the most characters of a text.

    Raises:
        UserError: if it is of another type or out of range.
    """
    found = value.get(name)
    if found is None:
        return default
    if kind is float and type(found) is int:
        found = float(found)
    if type(found) is not kind:
        raise UserError(f"{name} of type {kind.__name__}", repr(found)[:80])
    if kind in (int, float) and not (
        (low is None or found >= low) and (high is None or found <= high) and found == found
    ):
        raise UserError(f"{name} from {low} to {high}", repr(found))
    if kind is str and high is not None and len(found) > high:
        raise UserError(f"{name} of at most {high:,} characters", f"{len(found):,}")
    return found


def new_id() -> str:
    """A short name that nobody has."""
    return secrets.token_hex(6)


def _chunks(file: Any, size: int) -> Iterator[bytes]:
    while size > 0 and (chunk := file.read(min(_SENT, size))):
        size -= len(chunk)
        yield chunk
