"""A model behind TensorFlow Serving's REST interface, with Python's standard library."""

import base64
import collections
import contextlib
import http.client
import json
import ssl
import time
import urllib.parse
from typing import Any

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.serving.transports import TEMPORARY, ServerError, Signatures

_CODES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    501: "UNIMPLEMENTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_TYPES = {
    "DT_FLOAT": "float32",
    "DT_INT32": "int32",
    "DT_INT64": "int64",
    "DT_BOOL": "bool",
    "DT_STRING": "string",
}
_CHUNK = 1 << 16


class RestTransport:
    """Calls of one model; connections are kept, and each serves one thread at a time.

    Args:
        url: `http://host:port` or `https://host:port`, with a path if the server is below one.
        model: the name that the model is served by.
        version: one version of it, or
        label: the label of one; by default the newest.
        token: for a server that wants one.

    Raises:
        UserError: if the address is no such address.
    """

    model = None  # none of this process

    def __init__(
        self,
        url: str,
        model: str,
        version: int | None = None,
        label: str | None = None,
        token: str | None = None,
    ):
        parts = urllib.parse.urlsplit(url)
        try:
            self._place = (parts.hostname, parts.port)
        except ValueError:
            self._place = (None, None)
        if parts.scheme not in ("http", "https") or not self._place[0]:
            raise UserError("an address like http://localhost:8501", repr(url))
        self.server, self._secure = url, parts.scheme == "https"
        self._base = parts.path.rstrip("/")
        route = f"{self._base}/v1/models/{urllib.parse.quote(model, safe='')}"
        if version is not None:
            route += f"/versions/{int(version)}"
        elif label is not None:
            route += f"/labels/{urllib.parse.quote(label, safe='')}"
        self._route, self._name = route, model
        self._headers = {"Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._idle: collections.deque[http.client.HTTPConnection] = collections.deque()

    def predict(
        self, signatures: Signatures, name: str, inputs: dict[str, np.ndarray], timeout_s: float
    ) -> dict[str, np.ndarray]:
        """Calls a signature.

        Args:
            signatures: what `signatures` returned.
            name: the signature's.
            inputs: arrays of its types, by name.
            timeout_s: how long to wait for the answer.

        Raises:
            ServerError: if there is none.
        """
        body = {"signature_name": name, "inputs": {k: _to_json(v) for k, v in inputs.items()}}
        answer = self._json("POST", f"{self._route}:predict", timeout_s, json.dumps(body).encode())
        specs = signatures[name]["outputs"]
        try:
            values = answer["outputs"]
            values = values if len(specs) > 1 else {next(iter(specs)): values}
            rows = len(next(iter(inputs.values())))
            return {key: _to_array(values[key], spec, rows) for key, spec in specs.items()}
        except (LookupError, TypeError, ValueError) as error:
            raise self._odd(answer) from error

    def signatures(self, timeout_s: float) -> Signatures:
        """The signatures' inputs and outputs.

        Raises:
            ServerError: if the server does not tell them.
        """
        answer = self._json("GET", f"{self._route}/metadata", timeout_s)
        try:
            found = answer["metadata"]["signature_def"]["signature_def"]
            return {
                name: {
                    side: {
                        key: {"dtype": _TYPES[info["dtype"]], "shape": _shape(info)}
                        for key, info in each[side].items()
                    }
                    for side in ("inputs", "outputs")
                }
                for name, each in found.items()
                if not name.startswith("__")
            }
        except (LookupError, TypeError, ValueError) as error:
            raise self._odd(answer) from error

    def status(self, timeout_s: float) -> dict[int, str]:
        """The state of each version, e.g. `{1: "AVAILABLE"}`.

        Raises:
            ServerError: if the server does not tell it.
        """
        answer = self._json("GET", self._route, timeout_s)
        try:
            return {int(each["version"]): each["state"] for each in answer["model_version_status"]}
        except (LookupError, TypeError, ValueError) as error:
            raise self._odd(answer) from error

    def description(self, timeout_s: float) -> dict[str, Any] | None:
        """What `hachi_tf.serve` tells of the model besides; None of TensorFlow Serving.

        Raises:
            ServerError: if there is no answer at all.
        """
        try:
            answer = self._json("GET", f"{self._base}/openapi.json", timeout_s)
            return answer["x-hachi_tf"][self._name]
        except ServerError as error:
            if error.code in TEMPORARY | {"DEADLINE_EXCEEDED"}:
                raise
        except (LookupError, TypeError):
            pass
        return None

    def close(self) -> None:
        """Closes the connections that nobody uses."""
        while self._idle:
            self._idle.pop().close()

    def _json(self, method: str, path: str, timeout_s: float, body: bytes | None = None) -> Any:
        deadline = time.monotonic() + timeout_s
        while True:
            used = self._connect()
            kept = used.sock is not None
            try:
                response, content = _exchange(used, method, path, body, self._headers, deadline)
                break
            except TimeoutError as error:
                used.close()
                message = f"no answer within {timeout_s:.3g} s"
                raise ServerError("DEADLINE_EXCEEDED", message, self.server) from error
            except (OSError, UnicodeError, http.client.HTTPException) as error:
                used.close()
                if not kept:  # one that was kept may just have been closed by the server
                    message = str(error) or type(error).__name__
                    raise ServerError("UNAVAILABLE", message, self.server) from error
        if not response.will_close:
            self._idle.append(used)
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError):
            answer = content.decode("utf-8", "replace")
        if response.status == 200:
            return answer
        message = answer.get("error") if isinstance(answer, dict) else answer
        code = _CODES.get(response.status, "UNKNOWN" if response.status < 500 else "INTERNAL")
        wait = response.headers.get("Retry-After", "")
        raise ServerError(
            code, str(message)[:500], self.server, float(wait if wait.isdigit() else 0)
        )

    def _connect(self) -> http.client.HTTPConnection:
        with contextlib.suppress(IndexError):
            return self._idle.pop()
        if self._secure:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(*self._place, context=context)
        return http.client.HTTPConnection(*self._place)

    def _odd(self, answer: Any) -> ServerError:
        shown = json.dumps(answer)[:80]
        return ServerError("INTERNAL", f"an answer in another form: {shown}", self.server)


def _exchange(connection, method, path, body, headers, deadline):
    """The response and its whole body; raises `TimeoutError` past the deadline."""

    def left():
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds

    connection.timeout = left()
    if connection.sock is not None:
        connection.sock.settimeout(left())
    connection.request(method, path, body, headers)
    socket = connection.sock
    socket.settimeout(left())
    response = connection.getresponse()
    parts, length = [], response.length
    while length is None or length > 0:
        socket.settimeout(left())
        # Not `read`, which waits for all of it, so that an answer that drips is given up.
        part = response.read1(_CHUNK if length is None else min(_CHUNK, length))
        parts.append(part)
        length = None if length is None else length - len(part)
        if not part and length:
            raise http.client.IncompleteRead(b"".join(parts), length)
        if not part:
            break
    response.close()  # the connection may be used again
    return response, b"".join(parts)


def _to_json(array: np.ndarray) -> Any:
    if array.dtype == object:
        coded = np.empty(array.size, object)
        coded[:] = [_string(each) for each in array.flat]
        return coded.reshape(array.shape).tolist()
    return array.tolist()


def _string(value: bytes) -> Any:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return {"b64": base64.b64encode(value).decode()}


def _to_array(value: Any, spec: dict[str, Any], rows: int) -> np.ndarray:
    if spec["dtype"] == "string":
        return np.array([_bytes(each) for each in value], object)
    array = np.asarray(value, spec["dtype"])
    if array.ndim != len(spec["shape"]) and array.size == 0:
        shape = [0 if size is None else size for size in spec["shape"]]
        array = array.reshape([rows, *shape[1:]])
    if array.ndim != len(spec["shape"]):
        raise ValueError(f"an array of {array.ndim} axes")
    return array


def _bytes(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else base64.b64decode(value["b64"])


def _shape(info: Any) -> list[int | None]:
    sizes = [int(dim["size"]) for dim in info["tensor_shape"].get("dim", [])]
    return [None if size < 0 else size for size in sizes]
