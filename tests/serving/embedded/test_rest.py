"""The REST interface in this process: every signature, every error, who may ask, limits."""

import asyncio
import json

import numpy as np
import pytest

from hachi_tf.serving import warmup
from hachi_tf.serving.core import Core
from hachi_tf.serving.guard import Guard
from hachi_tf.serving.limits import Limits
from hachi_tf.serving.merging import merge
from hachi_tf.serving.rest import RestApp

SIGNATURES = ["serving_default", "sample", "continue", "log_prob", "sample_primed", "step"]
SAMPLE = {"seed": [1, 2], "num_steps": 5, "bias": 0.0, "temperature": 1.0}
PREDICT = "/v1/models/small:predict"


@pytest.fixture(scope="module")
def app(core):
    return RestApp(core, Guard("127.0.0.1", origins=frozenset({"https://fine.example"})))


@pytest.fixture(scope="module")
def get(app, http):
    """Asks the application for a path, with the JSON of the answer."""

    def get(path, value=None, app=app, **options):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        method = "GET" if value is None else "POST"
        body = b"" if value is None else body
        status, headers, answer = asyncio.run(http(app, method, path, body, **options))
        assert headers["content-length"] == str(len(answer))
        return status, json.loads(answer) if headers[
            "content-type"
        ] == "application/json" else answer

    return get


def plain(inputs):
    """Arrays as JSON has them."""
    return {
        name: [each.decode() for each in value] if value.dtype == object else value.tolist()
        for name, value in inputs.items()
    }


@pytest.mark.parametrize("model", ["small", "writer", "char"])
@pytest.mark.parametrize("signature", SIGNATURES)
def test_predict_on_every_signature_in_rows_and_columns(core, get, model, signature):
    servable = core.registry.get(model)
    inputs = warmup.example_inputs(servable.metadata, signature, 2)
    expected = servable.run(signature, inputs)
    columns = plain(inputs)
    rows = [{name: column[row] for name, column in columns.items()} for row in range(2)]
    path = f"/v1/models/{model}/versions/1:predict"
    status, by_column = get(path, {"signature_name": signature, "inputs": columns})
    assert status == 200, by_column
    status, by_row = get(path, {"signature_name": signature, "instances": rows})
    assert status == 200, by_row
    assert set(by_column["outputs"]) == set(expected)
    for name, value in expected.items():
        if value.dtype == object:
            assert by_column["outputs"][name] == [each.decode() for each in value]
            continue
        if name in ("events", "position") and model == "writer":
            value = value[:, : expected["lengths"].max()]
        found = np.array(by_column["outputs"][name], value.dtype)
        np.testing.assert_array_equal(found.reshape(value.shape), value)
        again = [row[name] for row in by_row["predictions"]]
        assert json.dumps(again) == json.dumps(by_column["outputs"][name])


def test_requests_at_the_same_time_get_what_they_would_get_at_a_padded_size(core, app, http):
    servable = core.registry.get("small")
    bodies = [{"instances": [SAMPLE | {"seed": [7, i], "num_steps": 20}]} for i in range(16)]

    async def together():
        calls = [http(app, "POST", PREDICT, json.dumps(body).encode()) for body in bodies]
        return await asyncio.gather(*calls)

    rows = merge([{
        "seed": np.int32([[7, i] for i in range(16)]),
        "num_steps": np.full(16, 20, np.int32),
        "bias": np.zeros(16, np.float32),
        "temperature": np.ones(16, np.float32),
    }], servable.signatures["sample"], 16)  # fmt: skip
    padded = servable.run("sample", rows)["events"]
    merged = 0
    for i, (status, _, answer) in enumerate(asyncio.run(together())):
        events = np.float32(json.loads(answer)["predictions"][0]["events"])
        assert status == 200 and events.shape == (20, 3)
        merged += np.array_equal(events, padded[i])
    assert merged >= 14  # the first may have been alone


def test_status_and_metadata(core, get):
    expected = {
        "model_version_status": [
            {
                "version": "1",
                "state": "AVAILABLE",
                "status": {"error_code": "OK", "error_message": ""},
            }
        ]
    }
    for path in ("", "/versions/1", "/labels/best"):
        assert get(f"/v1/models/small{path}") == (200, expected)
        status, metadata = get(f"/v1/models/small{path}/metadata")
        assert status == 200
        assert metadata["model_spec"] == {"name": "small", "signature_name": "", "version": "1"}
        found = metadata["metadata"]["signature_def"]["signature_def"]
        assert set(SIGNATURES) <= set(found)
        seed = found["sample"]["inputs"]["seed"]
        assert seed["dtype"] == "DT_INT32" and seed["tensor_shape"]["unknown_rank"] is False
        assert [dim["size"] for dim in seed["tensor_shape"]["dim"]] == ["-1", "2"]
        assert found["sample"]["method_name"] == "tensorflow/serving/predict"


@pytest.mark.parametrize(
    "path, value, status, message",
    [
        (PREDICT.replace("small", "x"), {}, 404, "Servable not found for request: Latest(x)"),
        ("/v1/models/small/versions/7:predict", {}, 404,
         "Servable not found for request: Specific(small, 7)"),
        ("/v1/models/small/labels/x:predict", {}, 400, "Unrecognized servable version label: x"),
        (PREDICT, {"signature_name": "s"}, 400,
         'Serving signature name: "s" not found in signature def'),
        (PREDICT, {"signature_name": 1}, 400, "'signature_name' key must be a string value."),
        (PREDICT, b'{"x": NaN, "signature_name": "\\ud800"}', 400, 'name: "?" not found'),
        (PREDICT.replace("small", "x"), b"{", 400, "JSON Parse error: "),
        (PREDICT, {"inputs": {}}, 400, "Missing named input: "),
        (PREDICT, {"instances": [SAMPLE | {"num_steps": 5.0}]}, 400, "not of expected type: int32"),
        (PREDICT, {"inputs": {k: [v] * (1 + (k == "bias")) for k, v in SAMPLE.items()}}, 400,
         "expected as many rows in each input"),
        (PREDICT, {"instances": [SAMPLE] * 65}, 400, "expected at most 64 rows; got 65"),
        ("/v1/models/small:classify", {}, 400, "Expected a signature to classify"),
        ("/v1/models/small/versions/99999999999999999999:predict", {}, 400, "to numeric"),
        (f"/v1/models/small/versions/{'0' * 20}{'9' * 5000}", None, 400, "to numeric"),
        ("/v1/models/small:nope", {}, 400, "Malformed request: POST /v1/models/small:nope"),
        ("/v1/models", None, 400, "Missing model name in request."),
        ("/v1/models/x", None, 404, "Could not find any versions of model x"),
        ("/v1/models/small/versions/7", None, 404, "Could not find version 7 of model small"),
        ("/v1/models/x/metadata", None, 404, "Servable not found for request: Latest(x)"),
        ("/v1/models/small/x", None, 400, "Malformed request: GET"),
        ("/v1/models/%2e%2e%2fsmall", None, 404, "Could not find any versions of model ../small"),
        ("/etc/passwd", None, 404, "no such route"),
        ("/v1/models/small:stream", {"instances": [SAMPLE] * 2}, 400, "expected one row"),
        ("/v1/models/small:stream", {"signature_name": "step"}, 400, "Missing 'inputs'"),
        ("/v1/models/small:stream", {"instances": [SAMPLE], "chunk_steps": 0}, 400, "chunk_steps"),
    ],
)  # fmt: skip
def test_errors(get, path, value, status, message):
    found, answer = get(path, value)
    assert (found, set(answer)) == (status, {"error"}) and message in answer["error"]


def test_who_may_ask(get, core, app, http):
    assert get("/v1/models/small", headers={"host": "evil.example"})[0] == 403
    assert get("/v1/models/small", headers={"host": None})[0] == 403
    body = {"instances": [SAMPLE]}
    for origin in ("http://evil.example", "null"):
        headers = {"origin": origin, "content-type": "application/json"}
        assert get(PREDICT, body, headers=headers)[0] == 403
    assert get(PREDICT, body, headers={"content-type": "text/plain"})[0] == 415
    assert get(PREDICT, body, headers={"sec-fetch-site": "cross-site"})[0] == 415
    fine = {"origin": "https://fine.example", "content-type": "application/json"}
    status, headers, _ = asyncio.run(http(app, "POST", PREDICT, json.dumps(body).encode(), fine))
    assert (status, headers["access-control-allow-origin"]) == (200, "https://fine.example")
    status, headers, _ = asyncio.run(http(app, "OPTIONS", PREDICT, b"", fine))
    assert status == 204 and "Authorization" in headers["access-control-allow-headers"]
    foreign = {"origin": "https://evil.example"}
    status, headers, _ = asyncio.run(http(app, "OPTIONS", PREDICT, b"", foreign))
    assert status == 403 and "access-control-allow-origin" not in headers


def test_the_token_opens_all_but_health_and_metrics(core, get):
    app = RestApp(core, Guard("127.0.0.1", token="t0ken"))
    knows = {"authorization": "Bearer t0ken"}
    for path in ("/healthz", "/readyz", "/monitoring/prometheus/metrics"):
        assert get(path, app=app)[0] == 200
    for path in ("/v1/models/small", "/v1/models/small/metadata", "/openapi.json", "/x"):
        assert get(path, app=app)[0] == 401
    assert get(PREDICT, {"instances": [SAMPLE]}, app=app)[0] == 401
    assert get(PREDICT, {"instances": [SAMPLE]}, app=app, headers=knows)[0] == 200
    assert get("/openapi.json", app=app, headers=knows)[1]["openapi"] == "3.1.0"


def test_health_says_when_the_server_is_ending(core, get):
    app = RestApp(core, Guard("127.0.0.1"))
    assert get("/readyz", app=app) == (200, {"status": "ok"})
    app.is_draining = True
    assert get("/readyz", app=app)[0] == 503 and get("/healthz", app=app)[0] == 200


def test_metrics_count_what_was_asked(core, get):
    before = core.metrics.page().decode()
    get(PREDICT, {"instances": [SAMPLE]})
    get(PREDICT, {"signature_name": "s"})
    status, page = get("/monitoring/prometheus/metrics")
    lines = set(page.decode().splitlines()) - set(before.splitlines())
    names = [line.rpartition(" ")[0] for line in lines]
    count = ':tensorflow:serving:request_count{model_name="small",'
    assert status == 200
    assert count + 'status="OK",signature="serving_default"}' in names
    assert count + 'status="INVALID_ARGUMENT",signature=""}' in names


def test_bodies_are_limited_in_size_and_time(core, http):
    small = Core(core.registry, Limits(max_body_bytes=1000, max_buffered_bytes=1500, timeout_s=0.2))
    app = RestApp(small, Guard("127.0.0.1"))

    async def ask(**options):
        status, _, body = await http(app, "POST", PREDICT, **options)
        return status, json.loads(body)["error"]

    for options in ({"body": b" " * 1001}, {"chunks": [b" " * 600] * 2},
                    {"headers": {"content-length": "9" * 30}}):  # fmt: skip
        status, message = asyncio.run(ask(**options))
        assert status == 413 and "at most 1000 bytes" in message
    assert app.buffered.now == 0
    app.buffered.now = 1000
    assert asyncio.run(ask(body=b" " * 600))[0] == 429
    app.buffered.now = 0
    assert asyncio.run(ask(chunks=[b"{", None]))[0] == 408 and app.buffered.now == 0
    small.batcher.close()
