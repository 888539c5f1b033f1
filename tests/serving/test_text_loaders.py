"""Exports of text in TF1's loader and the C++ loader, which TensorFlow Serving runs."""

import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.serving import safety

C_API = pathlib.Path(__file__).with_name("c_api.py")


@pytest.fixture(scope="module", params=["char", "byte"])
def requests(request, text_models, tell, text_settings):
    """An export, and for each signature its inputs and what `tf.saved_model.load` makes of them."""
    model = text_models[request.param]
    texts = np.array([b"ab\n", b"\xff\xc3\xa9a", b"xyz"])
    settings = text_settings(3, 20, top_k=4, top_p=0.9)
    state = tell(model, "sample", **settings)["state"]
    stepped = {name: value for name, value in settings.items() if name != "num_steps"}
    stepped |= {"event": np.float32([[1], [0], [3]]), "has_event": np.array([True, False, True])}
    inputs = {
        "sample": settings,
        "continue": settings | {"state": state},
        "sample_primed": settings | {"prime_text": texts},
        "log_prob": {"text": texts, "state": state},
        "step": stepped | {"state": state},
    }
    return model, {name: (arrays, tell(model, name, **arrays)) for name, arrays in inputs.items()}


def compare(found, expected, name):
    assert set(found) == set(expected)
    for key, value in expected.items():
        if value.dtype == object:  # NumPy's own strings leave NUL bytes at the end out
            found[key] = [each.rstrip(b"\0") for each in found[key].tolist()]
            value = [each.rstrip(b"\0") for each in value]
        np.testing.assert_array_equal(found[key], value, err_msg=f"{name} {key}")


def test_tf1s_loader_gives_the_same_bits(requests):
    model, requests = requests
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        meta = tf.compat.v1.saved_model.loader.load(session, ["serve"], str(model.path))
        for name, (inputs, expected) in requests.items():
            signature = meta.signature_def[name]
            feeds = {signature.inputs[key].name: value for key, value in inputs.items()}
            names = {key: info.name for key, info in signature.outputs.items()}
            compare(session.run(names, feeds), expected, name)


@pytest.mark.skipif(
    not list(pathlib.Path(tf.__file__).parent.glob("libtensorflow_cc.*")),
    reason="this TensorFlow has no libtensorflow_cc",
)
def test_the_cpp_loader_gives_the_same_bits(requests, tmp_path):
    model, requests = requests
    signatures = safety.read_graph(model.path).meta_graphs[0].signature_def
    files = []
    for name, (inputs, _) in requests.items():
        feeds = {signatures[name].inputs[key].name: value for key, value in inputs.items()}
        fetches = np.array([info.name for info in signatures[name].outputs.values()])
        files += [tmp_path / f"{name}-in.npz", tmp_path / f"{name}-out.npz"]
        np.savez(files[-2], fetches=fetches, **feeds)
    command = [sys.executable, C_API, pathlib.Path(tf.__file__).parent, model.path, *files]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    for name, (_, expected) in requests.items():
        with np.load(tmp_path / f"{name}-out.npz") as answer:
            outputs = signatures[name].outputs.items()
            compare({key: answer[info.name] for key, info in outputs}, expected, name)
