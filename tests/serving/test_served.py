"""A real process of the embedded server: conformance, the client, the example clients, OpenAPI."""

import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import urllib.request
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.serving.client import Client
from hachi_tf.serving.transports import ServerError
from tests.benchmarks import hostile
from tests.conformance import serving as conformance
from tests.serving.text_exports import text_export

pytest.importorskip("tensorflow_serving.apis.predict_pb2")
from tests.conformance import serving_grpc, serving_rest  # noqa: E402, F401  They add the checks.

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLIENTS = ROOT / "configs" / "serving" / "clients"
CHECKS = [(side, each) for side, checks in conformance.CHECKS.items() for each in checks]
READY = re.compile(r"REST at http://([\d.]+:\d+)/.* gRPC at ([\d.]+:\d+)")


@pytest.fixture(scope="module")
def addresses(version_dir, writer, tmp_path_factory):
    """REST's and gRPC's address of a process that serves three models."""
    char = text_export("char", tmp_path_factory.mktemp("exports"))
    paths = {"small": version_dir, "writer": writer.path, "char": char}
    command = [sys.executable, "-m", "hachi_tf.serve", "--rest_port=0", "--grpc_port=0"]
    command += [f"--export_dir={name}={path.parent}" for name, path in paths.items()]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        said = []
        for line in process.stderr:
            said.append(line)
            if match := READY.search(line):
                break
        else:
            raise AssertionError("".join(said))
        yield match.groups()
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_what_no_honest_client_sends_is_refused_and_others_are_answered(addresses):
    def honest():
        for target in map("{}://{}".format, ("http", "grpc"), addresses):
            with Client(target, "small") as client:
                yield client.sample(seed=3, num_steps=9).events[0]

    chosen, before = random.Random(1), list(honest())
    statuses = {hostile.send(addresses, chosen) for _ in range(150)}
    assert statuses <= {"2xx", "4xx", "closed"} and {"4xx", "closed"} <= statuses
    np.testing.assert_array_equal(list(honest()), before)


@pytest.fixture(params=["http", "grpc"])
def connect(addresses, request):
    """Makes a client for a model: `connect(name)`."""
    rest, grpc = addresses
    target = f"http://{rest}" if request.param == "http" else f"grpc://{grpc}"
    with contextlib.ExitStack() as stack:
        yield lambda name, **options: stack.enter_context(Client(target, name, **options))


@pytest.mark.parametrize(("side", "each"), CHECKS, ids=[f"{s}-{c.name}" for s, c in CHECKS])
def test_conforms_to_tensorflow_serving(addresses, side, each):
    try:
        each.run(conformance.Server(*addresses, "writer"))
    except conformance.NotApplicable as reason:
        pytest.skip(str(reason))


def test_every_expectation_has_a_source():
    assert len(CHECKS) > 40
    for _, each in CHECKS:
        assert re.match(r"tensorflow(_serving)?/[\w/.]+\.(md|cc|proto)\b", each.source), each.name


def test_the_suite_is_a_program(addresses):
    command = [sys.executable, "-m", "tests.conformance.serving"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and "REST=host:port" in done.stderr
    given = [f"REST={addresses[0]}", "MODEL=small"]
    done = subprocess.run([*command, *given], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout.splitlines()[-1])["FAIL"] == 0
    given[1] = "MODEL=nobody"
    assert subprocess.run([*command, *given], cwd=ROOT, capture_output=True).returncode == 1


def test_a_client_gets_the_bits_of_this_process(connect, model, version_dir):
    client = connect("small")
    assert client.status() == {1: "AVAILABLE"}
    drawn = [each.sample(1, num_steps=9, seed=3, bias=0.5) for each in (client, model)]
    went_on = [each.continue_(drawn[0].state, num_steps=5, seed=3) for each in (client, model)]
    for found, expected in (drawn, went_on):
        np.testing.assert_array_equal(found.events, expected.events)
        np.testing.assert_array_equal(found.state, expected.state)
        assert found.ended == expected.ended
    stepped = [each.step(drawn[0].state, seed=3) for each in (client, model)]
    np.testing.assert_array_equal(stepped[0].params, stepped[1].params)
    event = [[1.0, 2.0, 0.0]]
    stepped = [each.step(drawn[0].state, event=event, seed=3) for each in (client, model)]
    np.testing.assert_array_equal(stepped[0].event, stepped[1].event)
    sequences = [drawn[0].events[0], drawn[0].events[0][:0]]
    scores = [each.log_prob(sequences, ended=False) for each in (client, model)]
    np.testing.assert_allclose(scores[0].log_prob, scores[1].log_prob, rtol=1e-5, atol=1e-5)
    assert [len(each) for each in scores[0].step_log_prob] == [len(each) for each in sequences]
    primed = [each.sample(1, num_steps=5, seed=3, prime=sequences[0]) for each in (client, model)]
    np.testing.assert_array_equal(primed[0].events, primed[1].events)
    events = np.concatenate(
        [each.events[0] for each in client.stream(9, chunk=4, seed=3, bias=0.5)]
    )
    np.testing.assert_array_equal(events, drawn[0].events[0])
    described = connect("small", description=version_dir / "assets" / "hachi.json")
    assert described.model.schema.names == ["dx", "dy", "end_of_stroke"]
    with pytest.raises(UserError, match="num_steps from 0 to 64"):
        described.sample(num_steps=65)


def test_a_client_of_a_writer(connect, writer):
    client = connect("writer")
    options = {"num_steps": 40, "text": "bad cab é\N{GRINNING FACE}", "style": "neat", "seed": 5}
    found, expected = (each.sample(1, **options) for each in (client, writer))
    np.testing.assert_array_equal(found.events, expected.events)
    np.testing.assert_array_equal(found.position, expected.position)
    assert found.num_unknown == expected.num_unknown == 1
    scores = [each.log_prob(found.events, text=options["text"]) for each in (client, writer)]
    np.testing.assert_allclose(scores[0].log_prob, scores[1].log_prob, rtol=1e-5, atol=1e-5)
    with pytest.raises(UserError, match="one text"):
        client.sample(1)


def test_a_client_of_a_model_of_text(connect):
    client = connect("char")
    drawn = client.sample(2, num_steps=12, seed=1, prime_text="abé", top_k=3)
    assert set("".join(drawn.texts)) <= set("\n abcé") and drawn.num_unknown.tolist() == [0, 0]
    again = client.sample(2, num_steps=12, seed=1, prime_text="abé", top_k=3)
    assert again.texts == drawn.texts
    whole = client.sample(1, num_steps=20, seed=2).texts[0]
    assert "".join(client.stream(20, chunk=6, seed=2)) == whole
    scores = client.log_prob([whole, "a?b"])
    assert scores.num_unknown.tolist() == [0, 1] and len(scores.step_log_prob[1]) == 2
    assert client.step(seed=1).texts[0] in ["", *"\n abcé"]


def test_over_rest_the_server_tells_names_and_limits(addresses):
    with Client(f"http://{addresses[0]}", "writer") as client:
        assert client.model.schema.names == ["dx", "dy", "end_of_stroke"]
        assert client.model.styles == {"neat": "bed ", "wild": "ha?"}
        assert client.model.max_steps == 150
        with pytest.raises(UserError, match="a style of neat, wild"):
            client.sample(text="a", style="nobody")


def test_a_deadline_and_an_unknown_model(connect):
    with pytest.raises(ServerError) as caught:
        connect("nobody").sample()
    assert caught.value.code == "NOT_FOUND"
    client = connect("small")
    assert client.signatures
    with pytest.raises(ServerError) as caught:
        client.within(1e-4).predict("sample", **settings())
    assert caught.value.code == "DEADLINE_EXCEEDED"
    said = str(caught.value)  # the client's or the server's own, whichever was first
    assert re.search(r"no answer within [\d.e-]+ s|the request took longer than it may", said)


def settings(rows=1):
    """Inputs of `sample`."""
    ones = np.ones(rows)
    seeds = [[3, row] for row in range(rows)]
    return {"seed": seeds, "num_steps": [9] * rows, "bias": ones * 0.5, "temperature": ones}


def run_example(name, *arguments):
    tool = {"sample.sh": ["sh"], "sample.mjs": ["node"], "sample.go": ["go", "run"]}[name]
    needed = [tool[0], "curl", "awk"] if name == "sample.sh" else [tool[0]]
    missing = [each for each in needed if shutil.which(each) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed")
    command = [*tool, CLIENTS / name, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("name", ["sample.sh", "sample.mjs", "sample.go"])
def test_example_clients_draw_what_the_model_draws(addresses, name, tmp_path):
    url = f"http://{addresses[0]}"
    for served, text in (("small", ""), ("writer", "bad")):
        file = tmp_path / f"{served}.svg"
        done = run_example(name, url, served, file, "7", *[text] * bool(text))
        assert done.returncode == 0, done.stderr
        path = ElementTree.parse(file).getroot().find("{http://www.w3.org/2000/svg}path")
        found = re.findall(r"([ML]) ?(-?[\d.e+-]+) (-?[\d.e+-]+)", path.get("d"))
        with Client(url, served) as client:
            (events,) = client.sample(
                1, seed=[[7, 0]], bias=0.5, **{"text": text} if text else {}
            ).events
        points = np.array([[float(x), float(y)] for _, x, y in found])
        np.testing.assert_allclose(points[1:], events[:, :2].cumsum(0), rtol=1e-4, atol=0.02)
        ups = ["M", *np.where(events[:-1, 2] > 0.5, "M", "L")]
        assert [command for command, *_ in found[1:]] == ups
    done = run_example(name, url, "nobody", tmp_path / "none.svg")
    assert done.returncode == 1 and "Servable not found" in done.stderr
    assert not (tmp_path / "none.svg").exists()


def test_what_openapi_describes_is_what_is_served(addresses):
    validator = pytest.importorskip("openapi_spec_validator")
    jsonschema = pytest.importorskip("jsonschema")
    with urllib.request.urlopen(f"http://{addresses[0]}/openapi.json") as answer:
        description = json.load(answer)
    validator.validate(description)
    server = conformance.Server(*addresses, "small")
    for model, signature in (("small", "sample"), ("writer", "log_prob"), ("char", "step")):
        server.model = model
        body = {"signature_name": signature, "inputs": server.columns(signature)}
        for name, value in (("request", body), ("answer", server.predict(body).json)):
            schema = {"$ref": f"#/components/schemas/{model}.{name}"}
            schema |= {"components": description["components"]}
            jsonschema.Draft202012Validator(schema).validate(value)
        del body["inputs"][next(iter(body["inputs"]))]
        schema["$ref"] = f"#/components/schemas/{model}.request"
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.Draft202012Validator(schema).validate(body)
    for path, methods in description["paths"].items():
        if "{" not in path and "get" in methods:
            assert server.ask("GET", path).status == 200, path
