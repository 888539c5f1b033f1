"""The studio's routes: pages, and who is kept out."""

import json
import socket

import pytest

from tests.studio.server import CHANGE


def test_the_first_view(studio):
    status, headers, content = studio.request("GET", "/")
    assert status == 200 and content.startswith(b"<!doctype html>")
    assert headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(
        each.strip().partition(" ")[::2] for each in headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'" and policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    again = studio.request("GET", "/", headers={"If-None-Match": headers["etag"]})
    assert (again[0], again[2]) == (304, b"")
    status, headers, content = studio.request("GET", "/studio/style.css")
    assert status == 200 and headers["content-type"].startswith("text/css")


@pytest.mark.parametrize(
    "path",
    ["/studio/../app.py", "/studio/..%2fapp.py", "/studio/%2e%2e/app.py", "/studio/page/index.html",
     "/studio/app.py", "/studio/.hidden", "/studio//etc/passwd", "/studio/index.html%00.css",
     "/studio/"],
)  # fmt: skip
def test_pages_are_names_and_nothing_else(studio, path):
    status, _, content = studio.request("GET", path)
    assert status == 404 and b"import" not in content


@pytest.mark.parametrize(
    "path",
    ["models/..%2f..%2fexports", "models/%2e%2e", "models/mine%00", "models//etc", "models/.mine",
     "data/..%2fqueue.json", "data/%2fetc%2fpasswd", "data/a%00b", "data/C:x.txt", "data/nul.txt",
     "lines/..%2f..%2fx/file", "lines/mine/..%2f..%2fx", "runs/..%2fexports%2fmine",
     "runs/x/samples/..%2f..%2fconfig.json", "data/%ff%fe", "data/-x", "data/" + "x" * 65],
)  # fmt: skip
def test_names_do_not_climb(studio, path):
    for method in ("GET", "DELETE"):
        status, answer = studio.ask(method, path)
        assert status in (400, 404, 405) and "error" in answer
    assert studio.ask("GET", "models/mine")[0] == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"X-Hachi-Studio": None}, 403),
        ({"X-Hachi-Studio": "0"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({}, 404),
    ],
)  # fmt: skip
def test_other_pages_change_nothing(studio, headers, status):
    body = {"name": "taken"}
    found, answer = studio.ask("POST", "models/nobody/rename", body, **headers)
    assert found == status and answer["error"]
    if "X-Hachi-Studio" not in headers and "Content-Type" not in headers:
        assert studio.ask("GET", "models", **headers)[0] == (200 if status == 404 else status)


def test_another_page_may_not_even_ask_whether_it_may(studio):
    headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST",
               "Access-Control-Request-Headers": "x-hachi-studio"}  # fmt: skip
    status, answered, _ = studio.request("OPTIONS", "/studio/api/runs", headers=headers)
    assert status == 403 and not any(name.startswith("access-control") for name in answered)


def test_own_pages_may(studio):
    own = {"Origin": f"http://127.0.0.1:{studio.port}", "Sec-Fetch-Site": "same-origin"}
    assert studio.ask("GET", "models", **own)[0] == 200
    status, answer = studio.ask("POST", "models/mine/rename", {"name": "kanji"}, **own)
    assert status == 400 and "a name that no model has yet" in answer["error"]


def test_what_is_no_request_for_it_is_told_so(studio):
    for method, path, body, status in [
        ("GET", "nothing", None, 404),
        ("PUT", "models", b"", 405),
        ("POST", "models/mine/rename", b"{", 415),
        ("POST", "models/mine/rename", [], 400),
        ("POST", "models/mine/rename", {}, 400),
        ("POST", "runs", {"data": "a.txt", "source": "kanji"}, 400),
    ]:
        found, answer = studio.ask(method, path, body)
        assert found == status and len(answer["error"].splitlines()) == 1, path
    status, _, content = studio.request(
        "POST", "/studio/api/runs", b"{" * 100_000, CHANGE | {"Content-Type": "application/json"}
    )
    assert status == 400 and "error" in json.loads(content)
    with socket.create_connection(("127.0.0.1", studio.port), timeout=20) as connection:
        connection.sendall(b"GET /studio/api/models HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: x\r\n\r\n")
        assert b" 400 " in connection.recv(1000).splitlines()[0]
    assert not any("Traceback" in line for line in studio.said)
