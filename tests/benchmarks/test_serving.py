import contextlib
import http.server
import json
import math
import os
import threading

import pytest

from tests.benchmarks import serving


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
