"""`python -m tests.conformance.serving REST=host:port GRPC=host:port MODEL=kanji`.

Holds a server to what TensorFlow Serving's documentation and source say of its interfaces: the
embedded server, or TensorFlow Serving itself, anywhere. What is served must be an export of
hachi_tf. Either address may be left out; TOKEN=... is sent where it is given. Prints a line a
check, with the source of what is expected; the exit status says whether all held.

Needs the package tensorflow-serving-api, from the extra `dev`.
"""

import dataclasses
import http.client
import importlib
import json
import sys
import time
from collections.abc import Callable
from typing import Any

CHECKS: dict[str, list["Check"]] = {"rest": [], "grpc": []}


class NotApplicable(Exception):
    """The server or the export has not what the check is about."""


@dataclasses.dataclass(frozen=True)
class Check:
    """One expectation.

    Attributes:
        name: what is expected.
        source: the file of TensorFlow Serving's repository that says so.
        run: takes a `Server`; raises `AssertionError` where it is not so.
    """

    name: str
    source: str
    run: Callable[["Server"], None]


def check(interface: str, source: str) -> Callable[[Callable], Callable]:
    """Adds a function to the checks of an interface, with the source of what it expects."""

    def add(function):
        CHECKS[interface].append(Check(function.__name__, source, function))
        return function

    return add


@dataclasses.dataclass
class Server:
    """A server's two addresses, `host:port` or empty, and a model that it serves."""

    rest: str
    grpc: str
    model: str
    token: str = ""

    @property
    def path(self) -> str:
        """Of the model."""
        return f"/v1/models/{self.model}"

    def ask(self, method: str, path: str, body: Any = None) -> "Answer":
        """One REST request; a body that is no string is sent as JSON."""
        connection = http.client.HTTPConnection(self.rest, timeout=60)
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if body is not None:
            body = body if isinstance(body, str) else json.dumps(body)
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read().decode()
            return Answer(response.status, response.getheader("Content-Type") or "", text)
        finally:
            connection.close()

    def get(self, path: str = "") -> "Answer":
        """GET below the model's path."""
        return self.ask("GET", self.path + path)

    def predict(self, body: Any, route: str = "") -> "Answer":
        """POST to the model's predict."""
        return self.ask("POST", f"{self.path}{route}:predict", body)

    def signature(self, name: str) -> dict[str, Any]:
        """A signature's inputs and outputs as REST's metadata has them."""
        found = self.get("/metadata").json["metadata"]["signature_def"]["signature_def"]
        return found[name]

    def version(self) -> str:
        """The newest version that is available."""
        statuses = self.get().json["model_version_status"]
        return max((s["version"] for s in statuses if s["state"] == "AVAILABLE"), key=int)

    def columns(self, name: str = "sample", rows: int = 2) -> dict[str, Any]:
        """Small inputs of a signature in column format."""
        return {
            key: [_value(key, info, row) for row in range(rows)]
            for key, info in self.signature(name)["inputs"].items()
        }


@dataclasses.dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    content_type: str
    text: str

    @property
    def json(self) -> Any:
        """The body as JSON, NaN and Infinity allowed."""
        return json.loads(self.text)

    def refused(self, status: int, *parts: str) -> None:
        """Asserts an error of this status whose message has these parts."""
        assert self.status == status, (self.status, self.text[:300])
        assert set(self.json) == {"error"}, self.text[:300]
        for part in parts:
            assert part in self.json["error"], (part, self.json["error"][:300])


_NUMBERS = {"num_steps": 4, "temperature": 1.0, "top_p": 1.0, "lengths": 2, "prime_lengths": 2}
_STRINGS = {"text": "a b", "prime_text": "a b"}


def _value(name: str, info: Any, row: int) -> Any:
    """One row of an input."""
    if name == "seed":
        return [7, row]
    value: Any = _NUMBERS.get(name, 0)
    value = {
        "DT_STRING": _STRINGS.get(name, ""),
        "DT_BOOL": False,
        "DT_FLOAT": float("nan") if name == "fixed" else float(value),
    }.get(info["dtype"], value)
    for dim in reversed(info["tensor_shape"]["dim"][1:]):
        value = [value] * (2 if dim["size"] == "-1" else int(dim["size"]))
    return value


def main(arguments: list[str]) -> int:
    """Runs what the arguments allow; returns the exit status."""
    given = dict(each.partition("=")[::2] for each in arguments)
    unknown = set(given) - {"REST", "GRPC", "MODEL", "TOKEN"}
    if unknown or not (given.get("REST") or given.get("GRPC")):
        print(__doc__, file=sys.stderr)
        return 2
    # They add their checks; only gRPC's need TensorFlow.
    for interface in ("rest", "grpc"):
        if given.get(interface.upper()):
            importlib.import_module(f"tests.conformance.serving_{interface}")
    server = Server(
        given.get("REST", ""),
        given.get("GRPC", ""),
        given.get("MODEL") or "kanji",
        given.get("TOKEN", ""),
    )
    counts = {"ok": 0, "FAIL": 0, "skip": 0}
    for interface in ("rest", "grpc"):
        for each in CHECKS[interface] if getattr(server, interface) else ():
            begin_s, note = time.perf_counter(), ""
            try:
                each.run(server)
                result = "ok"
            except NotApplicable as reason:
                result, note = "skip", str(reason)
            except Exception as error:
                result, note = "FAIL", f"{type(error).__name__}: {error}"[:400]
            counts[result] += 1
            milliseconds = 1e3 * (time.perf_counter() - begin_s)
            print(f"{result:4} {interface} {each.name} ({milliseconds:.0f} ms) [{each.source}]")
            if note:
                print(f"     {note}")
    print(json.dumps(counts))
    return 1 if counts["FAIL"] else 0


if __name__ == "__main__":
    from tests.conformance.serving import main as same  # the module that the checks import

    sys.exit(same(sys.argv[1:]))
