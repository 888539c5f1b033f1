"""Requests to the studio without a server: tokens, bodies that come in parts, fields."""

import asyncio
import json
from types import SimpleNamespace

import pytest

from hachi_tf.errors import UserError
from hachi_tf.serving.asgi import Buffered, Disconnected
from hachi_tf.serving.failures import Failure
from hachi_tf.serving.guard import Guard
from hachi_tf.serving.limits import Limits
from hachi_tf.studio.app import StudioApp
from hachi_tf.studio.web import take

CHANGE = {"x-hachi-studio": "1", "content-type": "application/json"}


class Asked:
    """A studio with two routes, one of which saves what it is sent."""

    def __init__(self, folder, token=""):
        async def echo(request, name):
            await request.answer({"name": name, "body": await request.json()})

        async def save(request):
            await request.answer({"bytes": await request.save_body(folder / "x.txt", 1000)})

        routes = [("POST", "echo/NAME", echo), ("PUT", "file", save)]
        limits = Limits(max_body_bytes=200, timeout_s=5.0)
        self.app = StudioApp(routes, limits, Guard("127.0.0.1", token=token))

    def ask(self, method, path, parts=(b"",), headers=CHANGE, gone=False):
        sent, waiting = [], list(parts)

        async def receive():
            if not waiting:
                return {"type": "http.disconnect"}
            body = waiting.pop(0)
            return {"type": "http.request", "body": body, "more_body": bool(waiting) or gone}

        async def send(message):
            sent.append(message)

        headers = {"host": "127.0.0.1:1"} | headers
        request = SimpleNamespace(
            method=method, path=path, headers=headers, query=b"", receive=receive, send=send
        )
        asyncio.run(self.app(request, Buffered(10_000)))
        return sent[0]["status"], b"".join(each.get("body", b"") for each in sent)


def test_a_token_is_asked_of_all_but_the_page(tmp_path):
    asked = Asked(tmp_path, "secret")
    assert asked.ask("GET", "/", headers={})[0] == 200
    for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "secret"}):
        with pytest.raises(Failure) as error:
            asked.ask("POST", "/studio/api/echo/a", headers=CHANGE | headers)
        assert error.value.http_status == 401
    known = CHANGE | {"authorization": "Bearer secret"}
    status, body = asked.ask("POST", "/studio/api/echo/%C3%A4", [b'{"a":', b"1}"], known)
    assert status == 200 and json.loads(body) == {"name": "ä", "body": {"a": 1}}


def test_a_body_is_saved_whole_or_not_at_all(tmp_path):
    asked, path = Asked(tmp_path), tmp_path / "x.txt"
    status, body = asked.ask("PUT", "/studio/api/file", [b"a" * 400, b"b" * 600])
    assert status == 200 and path.read_bytes() == b"a" * 400 + b"b" * 600
    for parts, told, error in [
        ([b"a" * 400, b"b" * 601], {}, Failure),
        ([b"a"], {"content-length": "1001"}, Failure),
        ([b"a" * 400], {}, Disconnected),
    ]:
        with pytest.raises(error) as raised:
            asked.ask("PUT", "/studio/api/file", parts, CHANGE | told, error is Disconnected)
        if error is Failure:
            assert raised.value.http_status == 413
    assert [each.name for each in tmp_path.iterdir()] == ["x.txt"]
    assert path.read_bytes() == b"a" * 400 + b"b" * 600  # the first one, untouched


def test_bodies_that_are_no_objects_or_too_long(tmp_path):
    asked = Asked(tmp_path)
    for body in (b"[1]", b"nope", b'{"a": NaN}', b"\xff", b"[" * 150, b'"\\ud800"'):
        with pytest.raises(Failure) as error:
            asked.ask("POST", "/studio/api/echo/a", [body])
        assert error.value.http_status == 400
    with pytest.raises(Failure) as error:
        asked.ask("POST", "/studio/api/echo/a", [b'{"a": "' + b"x" * 200 + b'"}'])
    assert error.value.http_status == 413


def test_fields():
    value = {"n": 1, "x": 2.5, "s": "abc", "none": None, "b": True}
    assert take(value, "n", int, 0) == 1 and take(value, "n", float, 0.0) == 1.0
    assert take(value, "none", int, 7) == 7 and take(value, "other", str, "d") == "d"
    for name, kind, limits in [("b", int, {}), ("x", int, {}), ("s", float, {}), ("n", str, {}),
                               ("n", int, {"low": 2}), ("x", float, {"high": 2.0}),
                               ("s", str, {"high": 2})]:  # fmt: skip
        with pytest.raises(UserError):
            take(value, name, kind, None, **limits)
    with pytest.raises(UserError):
        take({"x": float("nan")}, "x", float, 0.0)
