"""`serve` as a process, driven with curl and with TensorFlow Serving's own stubs."""

import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

grpc = pytest.importorskip("grpc")

ROOT = pathlib.Path(__file__).parents[1]
SIGNATURES = ["serving_default", "sample", "continue", "log_prob", "sample_primed", "step"]
LABELS = ["--version_label=tiny:second=2"]
SAMPLE = {"seed": [[1, 2]], "num_steps": [30], "bias": [0.0], "temperature": [1.0]}
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    """A directory with version 1, and a network to export more versions of."""
    from hachi_tf.layers.heads import make_head
    from hachi_tf.models.prediction_network import PredictionNetwork
    from hachi_tf.schema import Feature, Schema
    from hachi_tf.serving import saved_model
    from hachi_tf.transforms import Standardize

    schema = Schema((Feature("dx"), Feature("dy"), Feature("pen", "binary")))
    network = PredictionNetwork(
        schema, make_head(schema, num_components=2), num_layers=1, hidden_size=8
    )
    network.build()
    folder = tmp_path_factory.mktemp("exports") / "tiny"
    transforms = Standardize([0, 1], [0.0, 0.0], [2.0, 2.0])
    saved_model.export(network, transforms, schema, folder, 2000)
    return folder


class Process:
    """A running `serve`."""

    def __init__(self, *flags):
        command = [sys.executable, "-m", "hachi_tf.serve", "--rest_port=0", "--grpc_port=0"]
        self.child = subprocess.Popen(
            [*command, "--poll_s=0.1", *map(str, flags)], cwd=ROOT, stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(ROOT)}, text=True,
        )  # fmt: skip
        self.said = []
        for line in self.child.stderr:
            self.said.append(line)
            if match := re.search(r"REST at http://[^ ]*:(\d+)/.*gRPC at .*:(\d+);", line):
                self.rest, self.grpc = map(int, match.groups())
                break
        else:
            raise AssertionError("".join(self.said))
        self.reader = threading.Thread(target=lambda: self.said.extend(self.child.stderr))
        self.reader.start()

    def ask(self, path, value=None):
        """The status, and the answer, from JSON if it is that."""
        connection = http.client.HTTPConnection("127.0.0.1", self.rest, timeout=120)
        with contextlib.closing(connection):
            body = None if value is None else json.dumps(value)
            connection.request("POST" if body else "GET", path, body)
            response = connection.getresponse()
            text = response.read().decode()
            return response.status, json.loads(text) if text[:1] == "{" else text

    def end(self):
        """The exit status."""
        self.child.send_signal(signal.SIGTERM)
        status = self.child.wait(250)
        self.reader.join(10)
        return status


@pytest.fixture(scope="module")
def server(export):
    process = Process(f"--export_dir=tiny={export}", "--grace_s=200", *LABELS)
    yield process
    if process.child.poll() is None:
        process.child.kill()


@pytest.fixture(scope="module")
def reference(export):
    """The same export in this process."""
    from hachi_tf.serving.servable import Servable

    return Servable(export / "1", "tiny", 1)


def curl(server, path, *arguments):
    """The status, and the JSON of the answer."""
    command = ["curl", "-sS", "-w", "\n%{http_code}", *arguments]
    done = subprocess.run(
        [*command, f"http://127.0.0.1:{server.rest}{path}"], capture_output=True, text=True,
        timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    body, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(body)


@needs_curl
def test_curl_as_tensorflow_servings_documents_have_it(server, reference):
    status, answer = curl(server, "/v1/models/tiny")
    assert status == 200 and answer["model_version_status"][0]["state"] == "AVAILABLE"
    status, answer = curl(server, "/v1/models/tiny/versions/1/metadata")
    assert status == 200 and set(SIGNATURES) <= set(
        answer["metadata"]["signature_def"]["signature_def"]
    )
    status, answer = curl(server, "/v1/models/tiny:predict", "-d", json.dumps({"inputs": SAMPLE}))
    assert status == 200
    events = reference.run("sample", {
        "seed": np.int32(SAMPLE["seed"]), "num_steps": np.int32([30]),
        "bias": np.float32([0]), "temperature": np.float32([1]),
    })["events"]  # fmt: skip
    np.testing.assert_array_equal(np.float32(answer["outputs"]["events"]), events)
    row = {name: value[0] for name, value in SAMPLE.items()}
    stream = json.dumps({"instances": [row], "chunk_steps": 8})
    done = subprocess.run(
        ["curl", "-sSN", "-d", stream, f"http://127.0.0.1:{server.rest}/v1/models/tiny:stream"],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    data = [json.loads(line[6:]) for line in done.stdout.splitlines() if line[:6] == "data: "]
    joined = np.float32([event for chunk in data[:-1] for event in chunk["events"]])
    np.testing.assert_array_equal(joined, events[0])
    assert [len(chunk["events"]) for chunk in data[:-1]] == [8, 8, 8, 6]


@needs_curl
def test_curl_is_told_what_is_wrong(server):
    for path, body, status, message in [
        ("/v1/models/x:predict", "{}", 404, "Servable not found for request: Latest(x)"),
        ("/v1/models/tiny:predict", "nope", 400, "JSON Parse error"),
        ("/v1/models/tiny:predict", '{"signature_name": "s"}', 400, "not found in signature def"),
        ("/v1/models/tiny:predict", '{"inputs": {}}', 400, "Missing named input"),
    ]:
        found, answer = curl(server, path, "-d", body)
        assert found == status and message in answer["error"]
    assert curl(server, "/v1/models/tiny", "-H", "Host: evil.example")[0] == 403
    assert curl(server, "/v1/models/tiny", "-H", "Origin: http://evil.example")[0] == 403
    found, _ = curl(server, "/v1/models/tiny:predict", "-H", "Content-Type: text/plain", "-d", "{}")
    assert found == 415


def test_the_official_stubs(server, reference):
    import tensorflow as tf
    from tensorflow_serving.apis import (
        get_model_metadata_pb2,
        get_model_status_pb2,
        model_service_pb2_grpc,
        predict_pb2,
        prediction_service_pb2_grpc,
    )

    from hachi_tf.serving import warmup

    def predict(signature, inputs, model="tiny", **fields):
        request = predict_pb2.PredictRequest(**fields)
        request.model_spec.name, request.model_spec.signature_name = model, signature
        for name, value in inputs.items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
        return stub.Predict(request, timeout=120)

    def refused(*arguments, **fields):
        with pytest.raises(grpc.RpcError) as error:
            predict(*arguments, **fields)
        return error.value.code().name, error.value.details()

    with grpc.insecure_channel(f"127.0.0.1:{server.grpc}") as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        for signature in SIGNATURES:
            inputs = warmup.example_inputs(reference.metadata, signature, 2)
            response = predict(signature, inputs)
            expected = reference.run(signature, inputs)
            assert set(response.outputs) == set(expected)
            for name, value in expected.items():
                np.testing.assert_array_equal(tf.make_ndarray(response.outputs[name]), value)
            assert response.model_spec.version.value == 1
            assert response.model_spec.signature_name == signature
        some = predict(signature, inputs, output_filter=["state"])
        assert set(some.outputs) == {"state"}

        assert refused("", {}, "x") == ("NOT_FOUND", "Servable not found for request: Latest(x)")
        assert refused("s", {}) == ("FAILED_PRECONDITION", 'Serving signature key "s" not found.')
        code, details = refused("step", {"seed": inputs["seed"]})
        assert code == "INVALID_ARGUMENT" and "Missing but required: {bias," in details
        code, details = refused("step", inputs | {"bias": np.int32([0, 0])})
        assert code == "INVALID_ARGUMENT" and "bias" in details
        code, _ = refused("step", inputs, output_filter=["x"])
        assert code == "INVALID_ARGUMENT"

        request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
        request.model_spec.name = "tiny"
        signatures = get_model_metadata_pb2.SignatureDefMap()
        assert stub.GetModelMetadata(request).metadata["signature_def"].Unpack(signatures)
        assert set(SIGNATURES) <= set(signatures.signature_def)

        status = get_model_status_pb2.GetModelStatusRequest()
        status.model_spec.name = "tiny"
        (found,) = (
            model_service_pb2_grpc.ModelServiceStub(channel)
            .GetModelStatus(status)
            .model_version_status
        )
        assert found.version == 1 and found.state == found.AVAILABLE


def test_odd_connections_hurt_nobody(server):
    for sent in (b"\x00" * 1000, b"GET / HTTP/9\r\n\r\n", b"GET /" + b"x" * 100_000, b"PRI * "):
        with socket.create_connection(("127.0.0.1", server.rest), timeout=20) as connection:
            with contextlib.suppress(ConnectionError):
                connection.sendall(sent)
                connection.shutdown(socket.SHUT_WR)
                answer = connection.recv(1000)
                assert not answer or b" 400 " in answer.splitlines()[0]
    idle = [socket.create_connection(("127.0.0.1", server.rest)) for _ in range(50)]
    assert server.ask("/readyz") == (200, {"status": "ok"})
    for connection in idle:
        connection.close()
    assert not any("Traceback" in line for line in server.said)


def test_a_new_version_takes_over_under_load(server, export):
    statuses, stop = set(), threading.Event()

    def load():
        while not stop.is_set():
            statuses.add(server.ask("/v1/models/tiny:predict", {"inputs": SAMPLE})[0])

    def states():
        _, answer = server.ask("/v1/models/tiny")
        return {each["version"]: each["state"] for each in answer["model_version_status"]}

    threads = [threading.Thread(target=load) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        aside, until = export.parent / "aside", time.monotonic() + 300
        shutil.copytree(export / "1", aside)
        aside.rename(export / "2")
        while states().get("2") != "AVAILABLE" and time.monotonic() < until:
            time.sleep(0.1)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    while states()["1"] != "END" and time.monotonic() < until:
        time.sleep(0.1)
    assert statuses == {200} and states() == {"2": "AVAILABLE", "1": "END"}
    for path, status in (("versions/1", 404), ("versions/2", 200)):
        path = f"/v1/models/tiny/{path}:predict"
        assert server.ask(path, {"inputs": SAMPLE})[0] == status
    assert server.ask("/v1/models/tiny/labels/second:predict", {"inputs": SAMPLE})[0] == 200


def test_the_end_finishes_what_runs(server):
    slow = {"inputs": {name: value * 16 for name, value in SAMPLE.items()}}
    slow["inputs"]["num_steps"] = [500] * 16
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(server.ask, "/v1/models/tiny:predict", slow) for _ in range(6)]
        until = time.monotonic() + 60
        while time.monotonic() < until:
            _, page = server.ask("/monitoring/prometheus/metrics")
            if re.search(r"hachi_tf_queue_length [1-9]", page):
                break
        assert server.end() == 0
        for each in asked:
            status, answer = each.result()
            assert status == 200 and len(answer["outputs"]["events"]) == 16
    with pytest.raises(ConnectionError):
        server.ask("/healthz")
    assert not any("Traceback" in line for line in server.said)


def test_others_than_this_machine_need_a_token(export, failing_program, tmp_path, monkeypatch):
    monkeypatch.delenv("HACHI_TF_TOKEN", raising=False)
    done = failing_program("serve", f"--export_dir={export}", "--host=0.0.0.0")
    assert done.returncode == 2 and "--token_file" in done.stderr
    (tmp_path / "empty").write_text("\n")
    done = failing_program("serve", export, f"--token_file={tmp_path / 'empty'}")
    assert done.returncode == 2 and "an empty file" in done.stderr
