"""What `TF_CONFIG` may say."""

import json

import pytest

from hachi_tf.errors import UserError
from hachi_tf.training.workers import Cluster, read_cluster, wanted_cluster


def config(cluster, kind="worker", index=0):
    return json.dumps({"cluster": cluster, "task": {"type": kind, "index": index}})


@pytest.mark.parametrize(
    ("text", "cluster"),
    [
        (None, None),
        ("", None),
        ("{}", None),
        (config({"worker": ["a:1", "b:2"]}, index=1), Cluster(("a:1", "b:2"), 1)),
        (config({"chief": ["c:1"], "worker": ["a:1", "b:2"]}, index=1),
         Cluster(("c:1", "a:1", "b:2"), 2)),
        (config({"worker": ["a:1"], "chief": ["c:1"]}, "chief"), Cluster(("c:1", "a:1"), 0)),
    ],
)  # fmt: skip
def test_workers_are_read_with_the_chief_first(text, cluster):
    assert read_cluster(text) == cluster


@pytest.mark.parametrize(
    "text",
    ["[", "[" * 5000, "[]", "7", "null",
     '{"cluster": {}}', config({"worker": []}), config({"ps": ["a:1"]}),
     config({"worker": ["a:1"]}, index=1), config({"worker": ["a:1"]}, index=-1),
     config({"worker": ["a:1"], "ps": ["b:1"]}), config({"worker": ["a:1"]}, "evaluator"),
     config({"worker": 7}), config({"worker": ["a:1"]}, index="x")],
)  # fmt: skip
def test_anything_else_is_refused(text):
    with pytest.raises(UserError, match="TF_CONFIG as JSON of workers"):
        read_cluster(text)


def test_workers_are_wanted_where_there_are_several(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert wanted_cluster("auto") is None
    with pytest.raises(UserError, match="TF_CONFIG in the environment"):
        wanted_cluster("multi_worker")
    monkeypatch.setenv("TF_CONFIG", config({"worker": ["a:1"]}))
    assert wanted_cluster("multi_worker") is None
    monkeypatch.setenv("TF_CONFIG", config({"worker": ["a:1", "b:1"]}))
    assert wanted_cluster("auto") == wanted_cluster("multi_worker") == Cluster(("a:1", "b:1"), 0)
    assert wanted_cluster("one") is None and wanted_cluster("mirrored") is None


def test_workers_have_to_share_a_run_directory(monkeypatch, failing_program, sketches):
    monkeypatch.setenv("TF_CONFIG", config({"worker": ["a:1", "b:1"]}))
    done = failing_program("train", sketches)
    assert done.returncode == 2 and "--run_dir, a folder that all workers share" in done.stderr
    monkeypatch.setenv("TF_CONFIG", "{")
    done = failing_program("train", sketches)
    assert done.returncode == 2 and "TF_CONFIG as JSON of workers" in done.stderr
