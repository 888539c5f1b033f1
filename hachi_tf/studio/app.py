"""The studio's routes."""

import asyncio
import concurrent.futures
import logging
import re
import urllib.parse
from collections.abc import Awaitable, Callable
from typing import Any

from hachi_tf.errors import UserError
from hachi_tf.serving.asgi import Disconnected
from hachi_tf.serving.failures import Failure
from hachi_tf.serving.guard import Guard
from hachi_tf.serving.limits import Limits
from hachi_tf.studio.page_files import HEADERS, read_page_file
from hachi_tf.studio.web import Request, check_change

log = logging.getLogger(__name__)

Handler = Callable[..., Awaitable[None]]
_API = "/studio/api/"
_FILE = re.compile(r"/studio/([\w.-]+)", re.ASCII)
_MOST_QUERY = 2000
_THREADS = 32


class StudioApp:
    """Answers `/` and what is under `/studio/`.

    Args:
        routes: method, path behind `/studio/api/` and what answers it; parts of the path in
            capitals are arguments.
        limits: of requests.
        guard: says who may ask.
    """

    def __init__(self, routes: list[tuple[str, str, Handler]], limits: Limits, guard: Guard):
        self._limits, self._guard = limits, guard
        self._routes = [(method, _pattern(path), handler) for method, path, handler in routes]
        self._threads: concurrent.futures.ThreadPoolExecutor | None = None

    @staticmethod
    def is_for(path: str) -> bool:
        """Whether a path is the studio's."""
        return path == "/" or path.startswith("/studio/")

    async def __call__(self, request: Any, buffered: Any) -> None:
        """Answers a request whose Host has been looked at.

        Args:
            request: the REST interface's (`hachi_tf.serving.rest.Request`).
            buffered: what all requests that are being received share.

        Raises:
            Failure: if it cannot be answered.
        """
        if not request.path.startswith(_API):
            await self._page(request)
            return
        self._check(request)
        if self._threads is None:
            # Some wait for other processes, which must not keep the page waiting.
            self._threads = concurrent.futures.ThreadPoolExecutor(_THREADS, "studio")
            asyncio.get_running_loop().set_default_executor(self._threads)
        parts = tuple(_unquote(each) for each in request.path[len(_API) :].split("/"))
        allowed = set()
        for method, pattern, handler in self._routes:
            named = _match(pattern, parts)
            if named is None:
                continue
            allowed.add(method)
            if method == request.method:
                asked = Request(
                    request.method, parts, _parse(request.query), request.headers, request.receive,
                    request.send, self._limits, buffered,
                )  # fmt: skip
                await self._run(handler, asked, named)
                return
        if allowed:
            raise Failure("UNIMPLEMENTED", f"expected {' or '.join(sorted(allowed))}", 405)
        raise Failure("NOT_FOUND", "expected a route of the studio; got none of them")

    def _check(self, request: Any) -> None:
        """Who may ask; no page but the studio's own, whatever `--cors_origin` says."""
        headers = request.headers
        own = {f"{scheme}://{headers.get('host', '').lower()}" for scheme in ("http", "https")}
        origin = headers.get("origin")
        site = headers.get("sec-fetch-site", "none").lower()
        if (origin is not None and origin.lower() not in own) or site not in (
            "same-origin",
            "none",
        ):
            raise Failure("PERMISSION_DENIED", "pages of this Origin may not use the studio")
        if request.method != "GET":
            check_change(headers)
        self._guard.check_token(headers.get("authorization"))

    async def _run(self, handler: Handler, request: Request, named: dict[str, str]) -> None:
        try:
            await handler(request, **named)
        except UserError as error:
            raise Failure("INVALID_ARGUMENT", str(error)) from error
        except (Failure, Disconnected):
            raise
        except OSError as error:
            log.exception("%s /studio/api/%s", request.method, "/".join(request.parts))
            message = (
                f"expected files and folders that can be used; got {error.strerror or 'others'}"
            )
            raise Failure("INTERNAL", message) from error

    async def _page(self, request: Any) -> None:
        found = _FILE.fullmatch(request.path)
        if request.method not in ("GET", "HEAD"):
            raise Failure("UNIMPLEMENTED", "expected GET", 405)
        if request.path != "/" and found is None:
            raise Failure("NOT_FOUND", "no such page")
        name = "index.html" if request.path == "/" else found[1]
        content, kind, tag = await asyncio.to_thread(read_page_file, name)
        is_same = request.headers.get("if-none-match") == tag
        headers = [
            ("content-type", kind),
            ("content-length", "0" if is_same else str(len(content))),
            ("cache-control", "no-cache"),
            ("etag", tag),
            ("x-content-type-options", "nosniff"),
            *HEADERS,
        ]
        if is_same:
            headers.pop(1)
        encoded = [(key.encode(), value.encode()) for key, value in headers]
        status = 304 if is_same else 200
        await request.send({"type": "http.response.start", "status": status, "headers": encoded})
        body = b"" if is_same or request.method == "HEAD" else content
        await request.send({"type": "http.response.body", "body": body, "more_body": False})


def _pattern(path: str) -> tuple[str, ...]:
    return tuple(path.split("/"))


def _match(pattern: tuple[str, ...], parts: tuple[str, ...]) -> dict[str, str] | None:
    """The parts that a pattern names in capitals, or None if it is another route."""
    if len(pattern) != len(parts):
        return None
    named = {}
    for want, have in zip(pattern, parts, strict=True):
        if want.isupper():
            named[want.lower()] = have
        elif want != have:
            return None
    return named


def _unquote(part: str) -> str:
    try:
        return urllib.parse.unquote(part, errors="strict")
    except UnicodeDecodeError as error:
        raise Failure("INVALID_ARGUMENT", "expected a path in UTF-8") from error


def _parse(query: bytes) -> dict[str, str]:
    if len(query) > _MOST_QUERY:
        raise Failure("INVALID_ARGUMENT", f"expected at most {_MOST_QUERY} bytes after the path")
    pairs = urllib.parse.parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return found
