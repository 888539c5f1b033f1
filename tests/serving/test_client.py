"""The client over REST, with a server that gives scripted answers."""

import contextlib
import http.server
import json
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.serving.client import Client
from hachi_tf.serving.transports import ServerError

FLOATS = {"dtype": "DT_FLOAT", "tensor_shape": {"dim": [{"size": "-1"}]}, "name": "x:0"}
STRINGS = FLOATS | {"dtype": "DT_STRING"}
METADATA = {
    "metadata": {
        "signature_def": {
            "signature_def": {
                "one": {"inputs": {"x": FLOATS}, "outputs": {"y": FLOATS}},
                "two": {
                    "inputs": {"x": FLOATS, "s": STRINGS},
                    "outputs": {"y": FLOATS, "s_bytes": STRINGS},
                },
            }
        }
    }
}


@contextlib.contextmanager
def scripted(*answers, close=False):
    """A server that gives the answers in turn: (status, body[, headers]), None hangs up.

    Yields its address and the list of what it was asked.
    """
    left, asked = list(answers), []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.append((self.command, self.path, body, dict(self.headers), self.client_address))
            if self.path.endswith("/metadata"):
                return self.send(200, METADATA)
            if self.path == "/openapi.json":
                return self.send(404, {"error": "no such route"})
            given = left.pop(0)
            if given is None:
                self.close_connection = True
            elif callable(given):
                given(self)
            else:
                self.send(*given)

        def send(self, status, body, headers=()):
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in dict(headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            self.close_connection = close

        do_GET = do_POST = answer

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


FINE = (200, {"outputs": [2.5]})


def test_columns_go_out_and_come_back_with_their_types():
    answer = {"outputs": {"y": [1.0, float("nan")], "s_bytes": [{"b64": "/wA="}, {"b64": ""}]}}
    with scripted(FINE, (200, answer)) as (url, asked), Client(url, "a b", token="t") as client:
        out = client.predict("one", x=[1])
        assert out["y"].dtype == np.float32 and out["y"].tolist() == [2.5]
        out = client.predict("two", x=[1, 0.1], s=["é", b"\xff"])
        assert out["s_bytes"].tolist() == [b"\xff\0", b""] and np.isnan(out["y"][1])
    method, path, body, headers, _ = asked[-1]
    assert (method, path) == ("POST", "/v1/models/a%20b:predict")
    assert headers["Authorization"] == "Bearer t"
    sent = json.loads(body)
    assert sent == {
        "signature_name": "two",
        "inputs": {"x": [1.0, float(np.float32(0.1))], "s": ["é", {"b64": "/w=="}]},
    }
    assert len({address for *_, address in asked}) == 1  # one connection


@pytest.mark.parametrize("options", [{"version": 3}, {"label": "new one"}])
def test_a_version_or_a_label_is_asked_for(options):
    with scripted(FINE) as (url, asked):
        Client(url, "m", **options).predict("one", x=[1.0])
    route = "versions/3" if "version" in options else "labels/new%20one"
    assert asked[-1][1] == f"/v1/models/m/{route}:predict"


def test_what_may_go_away_is_tried_again_and_what_may_not_is_not():
    busy = (503, {"error": "busy"})
    with scripted(busy, (429, {"error": "full"}), None, FINE) as (url, asked):
        assert Client(url, "m").predict("one", x=[1.0])["y"] == 2.5
        assert len(asked) == 5
    with scripted(busy, busy, busy) as (url, asked):
        with pytest.raises(ServerError, match="UNAVAILABLE: busy") as caught:
            Client(url, "m", retries=1).predict("one", x=[1.0])
        assert caught.value.code == "UNAVAILABLE" and len(asked) == 3
    for status, code in ((400, "INVALID_ARGUMENT"), (404, "NOT_FOUND"), (500, "INTERNAL")):
        with scripted((status, {"error": "no"})) as (url, asked):
            with pytest.raises(ServerError) as caught:
                Client(url, "m").predict("one", x=[1.0])
            assert caught.value.code == code and len(asked) == 2


def test_retry_after_is_kept_to_within_the_deadline():
    full = (429, {"error": "full"}, {"Retry-After": "1"})
    with scripted(full, FINE) as (url, _):
        begin_s = time.monotonic()
        Client(url, "m").predict("one", x=[1.0])
        assert 1.0 <= time.monotonic() - begin_s < 5.0
    with scripted(full, FINE) as (url, asked):
        client = Client(url, "m")
        assert client.signatures
        with pytest.raises(ServerError, match="RESOURCE_EXHAUSTED"):
            client.within(0.8).predict("one", x=[1.0])
        assert len(asked) == 2


def test_waiting_until_a_model_is_served():
    def states(*names):
        return {"model_version_status": [{"version": "3", "state": name} for name in names]}

    missing = (404, {"error": "Could not find any versions of model m"})
    with scripted(missing, (200, states("LOADING")), (200, states("AVAILABLE"))) as (url, asked):
        Client(url, "m").wait(10.0)
        assert [path for _, path, *_ in asked] == ["/v1/models/m"] * 3
    with scripted(*[missing] * 20) as (url, _):
        with pytest.raises(ServerError, match="not served within 0.3 s"):
            Client(url, "m").wait(0.3)


def test_a_deadline_holds_for_an_answer_that_drips():
    def drip(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(100):
                handler.wfile.write(b" ")
                time.sleep(0.05)

    with scripted(drip) as (url, _):
        client = Client(url, "m")
        assert client.signatures
        begin_s = time.monotonic()
        with pytest.raises(ServerError, match="DEADLINE_EXCEEDED"):
            client.within(0.3).predict("one", x=[1.0])
        assert time.monotonic() - begin_s < 2.0


def test_an_answer_that_breaks_off_is_asked_for_again():
    def break_off(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"outputs": [1.0]}')
        handler.close_connection = True

    with scripted(break_off, break_off, FINE) as (url, asked):
        assert Client(url, "m").predict("one", x=[1.0])["y"] == 2.5
        assert len(asked) >= 4


def test_answers_in_chunks_are_read():
    def in_chunks(handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for part in (b'{"outputs"', b": [2.5]}", b""):
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))

    with scripted(in_chunks, FINE) as (url, asked):
        client = Client(url, "m")
        for _ in range(2):
            assert client.predict("one", x=[1.0])["y"] == 2.5
        assert len({address for *_, address in asked}) == 1


def test_a_connection_that_the_server_closed_is_made_again():
    with scripted(FINE, FINE, close=True) as (url, asked):
        client = Client(url, "m", retries=0)
        for _ in range(2):
            client.predict("one", x=[1.0])
        assert len({address for *_, address in asked}) == 3


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"outputs": "x"}', b"{" * 2000, b"\xff"])
def test_odd_answers_are_errors_of_one_line(body):
    with scripted((200, body)) as (url, _):
        with pytest.raises(ServerError) as caught:
            Client(url, "m").predict("one", x=[1.0])
    assert caught.value.code == "INTERNAL" and "\n" not in str(caught.value)


def test_nobody_there_is_an_error_of_one_line():
    for url in ("http://127.0.0.1:9", "grpc://127.0.0.1:9", "http://.a:9"):
        with Client(url, "m", retries=1, timeout_s=5) as client:
            with pytest.raises(ServerError, match="UNAVAILABLE") as caught:
                client.status()
            assert "\n" not in str(caught.value) and url in str(caught.value)


def test_inputs_are_checked_before_they_are_sent():
    with scripted() as (url, asked):
        client = Client(url, "m")
        with pytest.raises(UserError, match="a signature of one, two"):
            client.predict("three")
        with pytest.raises(UserError, match="the inputs x; got none"):
            client.predict("one")
        with pytest.raises(UserError, match="an array of float32; got <U1"):
            client.predict("one", x=["a"])
        with pytest.raises(UserError, match="texts or bytes"):
            client.predict("two", x=[1.0], s=[1])
        with pytest.raises(UserError, match="an export of hachi_tf"):
            client.sample()
        assert [path for _, path, *_ in asked if "predict" in path] == []


@pytest.mark.parametrize(
    "options",
    [
        {"target": "ftp://x"},
        {"target": "http://"},
        {"target": "grpc://"},
        {"target": "http://x:y"},
        {"target": "/no/such/export"},
        {"target": "http://x", "version": 1, "label": "a"},
        {"target": "http://x", "timeout_s": 0},
        {"target": "http://x", "description": "/no/such/file"},
        {"target": 3},
    ],
)
def test_bad_arguments_are_said(options):
    with pytest.raises(UserError):
        Client(**options)


def test_no_tensorflow_and_no_keras_for_rest_and_grpc():
    code = """
import sys
from hachi_tf.serving.client import Client
for url in ("http://127.0.0.1:9", "grpc://127.0.0.1:9"):
    try:
        Client(url, "m", retries=0, timeout_s=5).sample()
    except Exception as error:
        print(error.code)
print(sorted({"tensorflow", "keras", "tensorflow_serving"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["UNAVAILABLE", "UNAVAILABLE", "[]"]
