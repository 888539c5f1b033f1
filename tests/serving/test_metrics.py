"""The metrics page, as an independent parser reads it."""

import pytest

from hachi_tf.serving.metrics import Metrics

parser = pytest.importorskip("prometheus_client.parser")


def test_a_prometheus_server_can_read_the_page():
    metrics = Metrics()
    metrics.requests.add("kanji", "OK", "sample")
    metrics.requests.add("kanji", "OK", "sample")
    metrics.requests.add('odd "name"\\\n', "NOT_FOUND", "")
    for micros in (5.0, 15.0, 1e12):
        metrics.latency.add("kanji", "Predict", "REST", "sample", value=micros)
    metrics.gauge("hachi_tf_queue_length", "Requests that wait.", lambda: 3)
    families = {each.name: each for each in parser.text_string_to_metric_families(
        metrics.page().decode())}  # fmt: skip
    counts = {
        (sample.labels["model_name"], sample.labels["status"]): sample.value
        for sample in families[":tensorflow:serving:request_count"].samples
    }
    assert counts == {("kanji", "OK"): 2, ('odd "name"\\\n', "NOT_FOUND"): 1}
    latency = families[":tensorflow:serving:request_latency"]
    assert latency.type == "histogram"
    buckets = [sample for sample in latency.samples if sample.name.endswith("_bucket")]
    assert [sample.value for sample in buckets] == [1.0] + [2.0] * 32 + [3.0]
    assert buckets[0].labels == {
        "model_name": "kanji", "API": "Predict", "entrypoint": "REST", "signature": "sample",
        "le": "10",
    }  # fmt: skip
    assert buckets[-1].labels["le"] == "+Inf"
    sums = {sample.name.rpartition("_")[2]: sample.value for sample in latency.samples[-2:]}
    assert sums == {"sum": 1e12 + 20.0, "count": 3.0}
    assert families["hachi_tf_queue_length"].samples[0].value == 3
