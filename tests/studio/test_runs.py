"""Trainings in processes of their own, which outlive the server."""

import os
import signal
import time

import pytest

from tests.studio.server import ROOT, StudioServer

TEXT = "the cat sat on the mat, and the dog ran to the log.\n" * 800
SMALL = {"layers": 1, "hidden_size": 16, "batch_size": 16, "sequence_length": 50}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("studio")


def serve(folder):
    return StudioServer(folder, f"--export_dir={ROOT / 'exports' / 'kanji'}")


def wait(server, name, states, seconds=200, step=0):
    """Waits until a run is in one of some states, and has done so many steps."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        run = server.get(f"runs/{name}")
        if run["state"] in states and run["step"] >= step:
            return run
        assert run["state"] in ("queued", "running"), run
        time.sleep(0.2)
    raise AssertionError(server.get(f"runs/{name}"))


def pid_of(folder, name):
    import json

    return json.loads((folder / "runs" / name / "process.json").read_text())["pid"]


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="stops and continues a process")
def test_a_training_outlives_a_server_that_is_killed(folder):
    server = serve(folder)
    try:
        assert server.ask("PUT", "data/cat.txt", TEXT.encode())[0] == 201
        asked = {"data": "cat.txt", "options": SMALL | {"epochs": 2, "validate_every": 20}}
        status, run = server.ask("POST", "runs", asked)
        assert status == 201 and run["name"] == "cat" and run["state"] == "running"
        waiting = {"name": "next", "data": "cat.txt", "options": SMALL | {"epochs": 0.05}}
        assert server.ask("POST", "runs", waiting)[1]["state"] == "queued"
        assert server.ask("POST", "runs", waiting)[0] == 400  # the name is taken
        status, answer = server.ask("DELETE", "runs/cat")
        assert status == 400 and "stop it first" in answer["error"]
        assert wait(server, "cat", ["running"], step=10)["loss"] > 0
        pid = pid_of(folder, "cat")
        os.kill(pid, signal.SIGSTOP)
    finally:
        server.kill()
    server = serve(folder)
    try:
        states = {run["name"]: run["state"] for run in server.get("runs")["runs"]}
        assert states == {"cat": "running", "next": "queued"}
        os.kill(pid, signal.SIGCONT)
        run = wait(server, "cat", ["finished"])
        assert pid_of(folder, "cat") == pid and run["step"] == run["of_steps"] == 94
        assert run["validation_loss"] < run["baseline"] and run["unit"] == "character"
        rows = server.get("runs/cat/metrics?after=80")["rows"]
        assert {row["step"] for row in rows} == {90, 94}
        samples = server.get("runs/cat/samples")["samples"]
        assert samples[0] == "step-000000020.txt"
        content = server.request("GET", f"/studio/api/runs/cat/samples/{samples[0]}")
        assert content[0] == 200 and b"temperature" in content[2]
        assert wait(server, "next", ["running", "finished"])
        assert server.end() == 0  # the next one goes on
    finally:
        server.kill()
    os.kill(pid_of(folder, "next"), signal.SIGKILL)


@pytest.mark.slow
def test_a_run_is_stopped_resumed_exported_written_with_and_deleted(folder):
    server = serve(folder)
    try:
        server.ask("PUT", "data/dog.txt", TEXT.encode())
        asked = {"data": "dog.txt", "options": SMALL | {"epochs": 200}}
        assert server.ask("POST", "runs", asked)[0] == 201
        step = wait(server, "dog", ["running"], step=20)["step"]
        assert server.ask("POST", "runs/dog/stop", {})[0] == 200
        stopped = wait(server, "dog", ["stopped"])
        assert stopped["step"] >= step and stopped["of_steps"] == 9400
        assert server.ask("POST", "runs/dog/resume", {"max_minutes": 0.05})[0] == 200
        again = wait(server, "dog", ["stopped"], step=stopped["step"] + 1)
        assert again["elapsed_s"] > stopped["elapsed_s"]
        assert server.ask("POST", "runs/dog/export", {"name": "kanji"})[0] == 400
        status, model = server.ask("POST", "runs/dog/export", {"name": "dog"})
        assert status == 201 and (model["state"], model["version"]) == ("AVAILABLE", 1)
        status, drawn = server.ask("POST", "models/dog/write", {"text": "the ", "num_steps": 40})
        assert status == 200 and len(drawn["samples"][0]["text"]) == 40
        status, model = server.ask("POST", "runs/dog/export", {"name": "dog"})
        assert status == 201 and model["version"] == 2
        asked = {"data": "dog.txt", "options": {"init_from": "dog", "epochs": 0.02}}
        assert server.ask("POST", "runs", asked | {"name": "puppy"})[0] == 201
        wait(server, "puppy", ["finished"])
        for path in ("runs/dog", "runs/puppy", "models/dog", "data/dog.txt"):
            assert server.ask("DELETE", path)[0] == 200
        assert [run["name"] for run in server.get("runs")["runs"]] == ["next", "cat"]
    finally:
        server.kill()
