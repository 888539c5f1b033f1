"""Streams are one call's events, and what happens to those who leave or take too long."""

import asyncio
import json
from types import SimpleNamespace

import numpy as np
import pytest

from hachi_tf.serving import warmup
from hachi_tf.serving.batching import Job
from hachi_tf.serving.core import Core
from hachi_tf.serving.failures import Failure
from hachi_tf.serving.guard import Guard
from hachi_tf.serving.limits import Limits
from hachi_tf.serving.rest import RestApp
from hachi_tf.serving.servable import Signature, Tensor
from hachi_tf.serving.streaming import stream


@pytest.fixture
def held(core):
    """A core of its own whose inference thread waits until `release` is set."""
    import threading

    release, entered = threading.Event(), threading.Event()
    made = Core(core.registry, Limits(timeout_s=5.0))

    class Gate:
        name, version, max_steps = "gate", 1, 1
        signatures = core.registry.get("small").signatures

        def run(self, signature, inputs):
            entered.set()
            release.wait(20)
            return {}

    inputs = {"seed": np.zeros([1, 2], np.int32), "num_steps": np.zeros(1, np.int32)}
    made.batcher.submit(Job(Gate(), "sample", inputs))
    assert entered.wait(10)
    yield made, release
    release.set()
    made.batcher.close()


def streamed(http, app, model, inputs, signature="sample", **options):
    """The status, and what the events `chunk` and `end` hold."""
    row = {name: [each.decode() for each in value][0] if value.dtype == object
           else value[0].tolist() for name, value in inputs.items()}  # fmt: skip
    body = {"signature_name": signature, "instances": [row]} | options
    path = f"/v1/models/{model}:stream"
    status, headers, answer = asyncio.run(http(app, "POST", path, json.dumps(body).encode()))
    assert status == 200, answer
    assert headers["content-type"] == "text/event-stream"
    events = [each.split("\n") for each in answer.decode().split("\n\n")[:-1]]
    assert all(each[0].startswith("event: ") and each[1].startswith("data: ") for each in events)
    kinds = [each[0][7:] for each in events]
    values = [json.loads(each[1][6:]) for each in events]
    assert kinds == ["chunk"] * (len(kinds) - 1) + ["end"]
    return values[:-1], values[-1]


@pytest.mark.parametrize(
    "model, signature", [("small", "sample"), ("small", "sample_primed"), ("small", "continue"),
                         ("writer", "sample"), ("writer", "continue"),
                         ("char", "sample_primed")]
)  # fmt: skip
@pytest.mark.parametrize("chunk_steps", [1, 7, 1000])
def test_a_stream_is_one_call_bit_for_bit(core, http, model, signature, chunk_steps):
    app, servable = RestApp(core, Guard("127.0.0.1")), core.registry.get(model)
    inputs = warmup.example_inputs(servable.metadata, signature, 1)
    inputs["num_steps"][:] = 60
    if "style" in inputs:
        inputs["style"][:], inputs["text"][:] = b"neat", b"bad cab"
    if signature == "continue":
        before = warmup.example_inputs(servable.metadata, "sample", 1) | {
            name: inputs[name] for name in ("text", "style") if name in inputs
        }
        inputs["state"] = servable.run("sample", before)["state"]
    expected = servable.run(signature, inputs)
    length = int(expected["lengths"][0])
    assert length > 7
    chunks, end = streamed(http, app, model, inputs, signature, chunk_steps=chunk_steps)
    assert len(chunks) == -(-length // chunk_steps)
    for name in ("events", "position") if model == "writer" else ("events",):
        joined = np.float32([step for chunk in chunks for step in chunk[name]])
        np.testing.assert_array_equal(joined, expected[name][0, :length])
    if model == "char":
        assert "".join(chunk["text"] for chunk in chunks).encode() == expected["text"][0]
    assert end["lengths"] == length and end["ended"] == bool(expected["ended"][0])
    np.testing.assert_array_equal(np.float32(end["state"]), expected["state"][0])
    for name in ("complete", "num_unknown"):
        assert name not in expected or end[name] == expected[name][0].item()


def test_nothing_to_draw_is_an_end_at_once(core, http):
    app = RestApp(core, Guard("127.0.0.1"))
    inputs = warmup.example_inputs(core.registry.get("small").metadata, "sample", 1)
    inputs["num_steps"][:] = -3
    chunks, end = streamed(http, app, "small", inputs)
    assert chunks == [] and end["lengths"] == 0 and end["ended"] is False


def test_a_reproducible_server_streams_what_it_predicts(core, http):
    made = Core(core.registry, reproducible=True)
    app = RestApp(made, Guard("127.0.0.1"))
    inputs = warmup.example_inputs(core.registry.get("small").metadata, "sample", 1)
    inputs["num_steps"][:] = 40
    body = {"inputs": {name: value.tolist() for name, value in inputs.items()}}
    _, _, answer = asyncio.run(
        http(app, "POST", "/v1/models/small:predict", json.dumps(body).encode())
    )
    predicted = json.loads(answer)["outputs"]
    chunks, end = streamed(http, app, "small", inputs, chunk_steps=9)
    joined = [step for chunk in chunks for step in chunk["events"]]
    assert joined == predicted["events"][0][: predicted["lengths"][0]]
    assert end["state"] == predicted["state"][0]
    made.batcher.close()


def test_who_leaves_gives_the_place_up(core, held, http):
    made, _ = held
    app = RestApp(made, Guard("127.0.0.1"))
    row = {"seed": [1, 2], "num_steps": 5, "bias": 0.0, "temperature": 1.0}
    body = json.dumps({"instances": [row]}).encode()

    async def leave():
        gone = asyncio.Event()
        asks = [
            asyncio.ensure_future(http(app, "POST", f"/v1/models/small:{verb}", body, gone=gone))
            for verb in ("predict", "stream")
        ]
        while made.batcher.waiting < 2:
            await asyncio.sleep(0.01)
        gone.set()
        return await asyncio.gather(*asks)

    assert [status for status, _, _ in asyncio.run(leave())] == [None, None]
    assert made.batcher.waiting == 0 and app.streams == 0 and app.running == 0
    counts = [line for line in made.metrics.requests.lines() if "small" in line]
    assert len(counts) == 1 and 'status="CANCELLED"' in counts[0] and counts[0].endswith(" 2")


def test_who_does_not_read_is_sent_nothing_more(core):
    made, sent = Core(core.registry, Limits(timeout_s=0.3)), []
    app = RestApp(made, Guard("127.0.0.1"))
    row = {"seed": [1, 2], "num_steps": 5, "bias": 0.0, "temperature": 1.0}
    body = json.dumps({"signature_name": "sample", "instances": [row]}).encode()
    path = b"/v1/models/small:stream"
    scope = {"type": "http", "method": "POST", "path": path.decode(), "raw_path": path}
    scope["headers"] = [(b"host", b"127.0.0.1:8501")]

    async def ask():
        parts = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive():
            return parts.pop() if parts else await asyncio.Event().wait()

        async def send(message):
            sent.append(message["type"])
            if len(sent) > 1:
                await asyncio.Event().wait()

        async with asyncio.timeout(10):
            await app(scope, receive, send)

    asyncio.run(ask())
    assert sent == ["http.response.start", "http.response.body"] and app.streams == 0
    made.batcher.close()


def test_chunks_get_the_known_columns_of_their_own_events():
    known, told = np.arange(10, dtype=np.float32).reshape(1, 10, 1), []
    spec = {name: Tensor(np.dtype(np.float32), 1, (None, None, 1)) for name in ("events",)}
    signature = Signature(dict.fromkeys(["num_steps", "known", "state"]), spec)
    servable = SimpleNamespace(max_steps=99, signatures=dict.fromkeys(
        ["sample", "continue"], signature))  # fmt: skip

    async def compute(servable, signature, inputs, **_):
        rows = inputs["known"][:, : inputs["num_steps"][0]]
        told.append((signature, rows.ravel().tolist()))
        lengths, ended = np.full(1, rows.shape[1]), np.zeros(1, bool)
        return {"events": rows, "lengths": lengths, "ended": ended, "state": np.zeros([1, 2])}

    async def send(message):
        pass

    inputs = {"num_steps": np.full(1, 50, np.int32), "known": known}
    made = SimpleNamespace(compute=compute, reproducible=False, limits=Limits())
    options = {"chunk_steps": 4}
    asyncio.run(stream(made, servable, "sample", inputs, options, send, []))
    assert told == [
        ("sample", [0, 1, 2, 3]), ("continue", [4, 5, 6, 7]), ("continue", [8, 9])
    ]  # fmt: skip


def test_a_request_has_a_deadline(core, held):
    made, release = held
    servable = core.registry.get("small")
    inputs = warmup.example_inputs(servable.metadata, "sample", 1)

    async def compute(timeout_s):
        return await made.compute(servable, "sample", inputs, timeout_s)

    with pytest.raises(Failure) as error:
        asyncio.run(compute(0.05))
    assert (error.value.code, error.value.http_status) == ("DEADLINE_EXCEEDED", 504)
    assert made.batcher.waiting == 0
    release.set()
    assert asyncio.run(compute(5.0))["lengths"].shape == (1,)


def test_streams_are_limited_in_number(core, http):
    app = RestApp(core, Guard("127.0.0.1"))
    app.streams = core.limits.max_streams
    row = {"seed": [1, 2], "num_steps": 5, "bias": 0.0, "temperature": 1.0}
    body = json.dumps({"instances": [row]}).encode()
    status, headers, _ = asyncio.run(http(app, "POST", "/v1/models/small:stream", body))
    assert status == 429 and headers["retry-after"] == "1"
