"""Requests that no honest client sends, for `tests.benchmarks.soak`."""

import json
import random
import socket

TIMEOUT_S = 30.0
BAD = ("5xx", "no answer")  # statuses that none of them may get

_HEAD = "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
_PATHS = (
    "/v1/models/model:predict", "/v1/models/model/versions/1:predict", "/v1/models/model:stream",
    "/v1/models/model/versions/99999999999999999999:predict", "/v1/models/../../etc/passwd:predict",
    "/v1/models/%00:predict", "/v1/models/model/labels/none:predict", "/",
    "/v1/models/" + "a" * 3000,
)  # fmt: skip
_VALUES = (
    None, True, -1, 0.5, 2**31, -(2**63), 10**40, "", "\x00", "é" * 50, [], {}, [[]], [[[]]],
    {"b64": "%%%"}, {"b64": "AAAA"}, [1, "a"], [[1, 2], [3]], [None], [1e308], ["NaN"],
)  # fmt: skip


def send(addresses: tuple[str, str], chosen: random.Random) -> str:
    """Sends one to REST's or gRPC's address; what it got.

    Returns:
        `4xx` and so on, `closed` for a connection that was ended without an answer because what
        was sent was no request, or `no answer` within 30 s.
    """
    rest, grpc = addresses
    kind = chosen.choice((_json, _json, _json, _bytes, _cut, _headers, _frames))
    return kind(grpc if kind is _frames else rest, chosen)


def _json(address: str, chosen: random.Random) -> str:
    inputs = {
        name: chosen.choice(_VALUES)
        for name in ("seed", "num_steps", "bias", "temperature", "state", "events", "x")
        if chosen.random() < 0.6
    }
    signature = chosen.choice(("sample", "log_prob", "step", "continue", "nothing", 7, None, []))
    form = chosen.choice(("inputs", "instances", "both", "list", "deep"))
    body = {"signature_name": signature, "inputs": inputs}
    if form == "instances":
        body = {"signature_name": signature, "instances": [inputs] * chosen.randint(0, 3)}
    elif form == "both":
        body["instances"] = [inputs]
    text = json.dumps([body] if form == "list" else body).encode()
    if form == "deep":
        text = b"[" * chosen.randint(1, 50_000)
    return _post(address, chosen.choice(_PATHS), text)


def _bytes(address: str, chosen: random.Random) -> str:
    return _post(address, chosen.choice(_PATHS), chosen.randbytes(chosen.randint(0, 20_000)))


def _cut(address: str, chosen: random.Random) -> str:
    """A body that is shorter than was said, and then nothing: the client has gone."""
    head = _HEAD.format(path=_PATHS[0], host=address) + f"Content-Length: {2**20}\r\n\r\n"
    return _exchange(address, head.encode() + chosen.randbytes(100), leaves=True)


def _headers(address: str, chosen: random.Random) -> str:
    """Other methods, foreign hosts and origins, lengths that are none."""
    length = chosen.choice(("-1", "x", "99999999999999", "0", "1e3", ""))
    host = chosen.choice((address, "evil.example", "", "a" * 5000))
    method = chosen.choice(("GET", "PUT", "DELETE", "TRACE", "POST", "CONNECT", "\x16\x03\x01"))
    head = f"{method} {chosen.choice(_PATHS)} HTTP/1.1\r\nHost: {host}\r\n"
    head += f"Origin: http://evil.example\r\nContent-Length: {length}\r\n\r\n"
    return _exchange(address, head.encode("latin-1"), leaves=True)


def _frames(address: str, chosen: random.Random) -> str:
    """Anything at all where gRPC is spoken."""
    beginning = chosen.choice((b"", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"))
    return _exchange(address, beginning + chosen.randbytes(chosen.randint(1, 2000)), leaves=True)


def _post(address: str, path: str, body: bytes) -> str:
    head = _HEAD.format(path=path, host=address) + f"Content-Length: {len(body)}\r\n"
    return _exchange(address, (head + "Connection: close\r\n\r\n").encode() + body)


def _exchange(address: str, message: bytes, leaves: bool = False) -> str:
    """The status of what is answered first; one who `leaves` says that nothing more will come."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), TIMEOUT_S) as connection:
            connection.sendall(message)
            if leaves:
                connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(4096)
    except TimeoutError:
        return "no answer"
    except OSError:  # the server closed before it had read everything
        return "closed"
    if not answer.startswith(b"HTTP/1.1 "):
        return "closed"
    return f"{answer[9:10].decode()}xx"
