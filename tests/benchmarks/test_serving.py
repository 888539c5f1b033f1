import contextlib
import http.server
import json
import math
import os
import threading

import numpy as np
import pytest

from tests.benchmarks import serving, soak


@contextlib.contextmanager
def stub():
    """A server that answers each second request; yields its address and the bodies it got."""
    bodies = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            page = f':tensorflow:serving:runtime_latency_sum{{a="b"}} {500.0 * len(bodies)}\n'
            page += f':tensorflow:serving:runtime_latency_count{{a="b"}} {len(bodies) / 2}\n'
            status, content = 200, page.encode()
            if self.command == "POST":
                bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                status, content = (200, b"{}") if len(bodies) % 2 else (503, b"{}")
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}", bodies
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_clients_are_counted_as_the_server_sees_them():
    with stub() as (address, bodies):
        load = serving.measure(address, "m", 2, 0.5, serving.Sequences("", 9), os.getpid())
    assert load.clients == 2 and load.failed == len(bodies) // 2 > 0
    assert load.rate_hz * 0.5 <= len(bodies) - load.failed
    assert 0 < load.p50_ms <= load.p99_ms
    assert load.model_ms == pytest.approx(1.0)  # 500 us a request, two requests a call
    assert load.memory_mib > 10 or math.isnan(load.memory_mib)
    seeds = [json.loads(body)["inputs"]["seed"][0][1] for body in bodies]
    assert sorted(seeds) == list(range(len(bodies)))
    figures = serving.summary([load, load])
    assert figures["most_over_one_client"] == 1.0


def test_a_server_of_texts_gets_one():
    inputs = json.loads(serving.Sequences("fox", 9).next())["inputs"]
    assert inputs["text"] == ["fox"] and inputs["style"] == [""] and inputs["num_steps"] == [9]


def test_soak_holds_answers_against_others_in_each_bit():
    right = {"events": np.float32([[1, 2, 0]]), "lengths": np.int32([2])}
    assert soak.equal({"events": np.float32([[1, 2, 0]]), "lengths": np.int32([2])}, right)
    # Alone a request has only as many steps as it needs.
    assert soak.equal({"events": np.float32([[1, 2]]), "lengths": np.int32([2])}, right)
    assert not soak.equal({"events": np.float32([[1]]), "lengths": np.int32([2])}, right)
    off = np.nextafter(np.float32([[1, 2, 0]]), np.float32(3))
    assert not soak.equal({"events": off, "lengths": np.int32([2])}, right)
    assert not soak.equal({"lengths": np.int32([2])}, right)


@pytest.mark.parametrize("change", ["none", "wrong", "lost", "5xx", "no answer", "memory"])
def test_soak_fails_for_what_is_wrong_or_lost_and_for_growth(change):
    tally = soak.Tally()
    for _ in range(50):
        tally.answered(True, 0.1)
        tally.refused("4xx")
    if change == "wrong":
        tally.answered(False, 0.1)
    elif change == "lost":
        tally.lose(OSError("reset"))
    elif change in ("5xx", "no answer"):
        tally.refused(change)
    memory = [400.0, 500.0, 510.0, 505.0, 510.0, 640.0 if change == "memory" else 515.0]
    memory[4] = memory[5]
    assert soak.result(tally, memory, versions=3)["passed"] == (change == "none")
