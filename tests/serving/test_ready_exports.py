"""Every ready export, and two of text, as TensorFlow Serving would load them and warm them up."""

import json
import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.serving import manifest, openapi, safety, warmup
from tests.serving.text_exports import text_export

prediction_log_pb2 = pytest.importorskip("tensorflow_serving.apis.prediction_log_pb2")

ROOT = pathlib.Path(__file__).resolve().parents[2]
C_API = pathlib.Path(__file__).with_name("c_api.py")
LIBRARY = pathlib.Path(tf.__file__).parent
READY = sorted(path.parent.name for path in (ROOT / "exports").glob("*/LICENSE"))
REFUSED = re.compile(r"PyFunc|Cudnn|Xla|Random|Multinomial")
TYPES = {"float32": "f", "int32": "i", "bool": "b", "string": "S"}


TEXTS = [pytest.param(unit, marks=pytest.mark.slow) for unit in ("char", "byte")]


@pytest.fixture(scope="module", params=[*READY, *TEXTS])
def export(request, tmp_path_factory):
    """The version directory of an export."""
    if request.param in READY:
        return manifest.find_version(ROOT / "exports" / request.param)
    return text_export(request.param, tmp_path_factory.mktemp("exports"))


def warmup_requests(version_dir):
    """The requests in the warm-up file, read with the official messages."""
    dataset = tf.data.TFRecordDataset(str(version_dir / warmup.PATH))
    logs = [prediction_log_pb2.PredictionLog.FromString(record.numpy()) for record in dataset]
    assert all(log.WhichOneof("log_type") == "predict_log" for log in logs)
    return [log.predict_log.request for log in logs]


def test_the_warmup_requests_run_in_the_cpp_loader_without_xla(export, tmp_path):
    if not list(LIBRARY.glob("libtensorflow_cc.*")):
        pytest.skip("this TensorFlow has no libtensorflow_cc")
    metadata = manifest.read(export)
    defs = safety.read_graph(export).meta_graphs[0].signature_def
    requests = warmup_requests(export)
    names = [request.model_spec.signature_name for request in requests]
    assert sorted(names) == sorted(metadata["signatures"]) and len(requests) <= 1000
    files = []
    for name, request in zip(names, requests, strict=True):
        assert set(request.inputs) == set(defs[name].inputs)
        feeds = {
            defs[name].inputs[key].name: tf.make_ndarray(value)
            for key, value in request.inputs.items()
        }
        feeds = {k: v.astype("S") if v.dtype == object else v for k, v in feeds.items()}
        fetches = np.array([info.name for info in defs[name].outputs.values()])
        files += [tmp_path / f"{name}.in.npz", tmp_path / f"{name}.out.npz"]
        np.savez(files[-2], fetches=fetches, **feeds)
    command = [sys.executable, C_API, LIBRARY, export, *files]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    answers = {}
    for name in names:
        with np.load(tmp_path / f"{name}.out.npz") as found:
            assert "error" not in found.files, (name, str(found["error"]))
            outputs = defs[name].outputs.items()
            answers[name] = {key: found[info.name] for key, info in outputs}
        for key, spec in metadata["signatures"][name]["outputs"].items():
            value = answers[name][key]
            assert value.dtype.kind == TYPES[spec["dtype"]], (name, key)
            assert value.ndim == len(spec["shape"]) and value.shape[0] == 1, (name, key)
            for size, expected in zip(value.shape[1:], spec["shape"][1:], strict=True):
                assert expected in (None, size), (name, key)
            assert value.dtype.kind != "f" or np.isfinite(value).all(), (name, key)
    for key, value in answers["sample"].items():
        np.testing.assert_array_equal(answers["serving_default"][key], value)


def test_the_graph_has_only_operations_that_every_server_has(export):
    meta = safety.read_graph(export).meta_graphs[0]
    nodes = list(meta.graph_def.node)
    nodes += [node for each in meta.graph_def.library.function for node in each.node_def]
    assert [node.op for node in nodes if REFUSED.search(node.op)] == []
    safety.check(export)
    for each in meta.graph_def.library.function:
        assert not each.attr["_XlaMustCompile"].b
    handles = [node for node in meta.graph_def.node if node.op == "VarHandleOp"]
    assert len(handles) == len(manifest.read(export)["variables"])


def test_what_lies_beside_an_export_is_what_this_version_writes(export):
    """Holds the files of ready exports to the code that made them."""
    metadata = manifest.read(export)
    dataset = tf.data.TFRecordDataset(str(export / warmup.PATH))
    assert [record.numpy() for record in dataset] == warmup.records(metadata)
    described = json.loads((export / openapi.PATH).read_text(encoding="utf-8"))
    name = metadata.get("name", "model")
    assert described == json.loads(json.dumps(openapi.describe({name: metadata})))
    pytest.importorskip("openapi_spec_validator").validate(described)
