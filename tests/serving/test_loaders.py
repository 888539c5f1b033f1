"""TensorFlow alone, TF1's loader and the C++ loader give what `tf.saved_model.load` gives."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.serving import safety

C_API = pathlib.Path(__file__).with_name("c_api.py")


def signature_defs(version_dir):
    return safety.read_graph(version_dir).meta_graphs[0].signature_def


def run_script(script, *arguments):
    command = [sys.executable, "-c", script, *map(str, arguments)]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.run(command, check=True, capture_output=True, env=environment, text=True)


@pytest.fixture(scope="module")
def requests(call, settings, model):
    """Inputs and `tf.saved_model.load`'s outputs of every signature."""
    drawn = call("sample", **settings(3))
    state = np.zeros([3, model.state_size], np.float32)
    stepped = settings(3)
    del stepped["num_steps"]
    stepped |= {"event": drawn["events"][:, 0], "has_event": np.array([True, False, True])}
    scored = {"events": drawn["events"], "lengths": drawn["lengths"], "ended": drawn["ended"]}
    prime = {"prime": drawn["events"][:, :4], "prime_lengths": np.int32([4, 0, 2])}
    inputs = {
        "serving_default": settings(3),
        "sample": settings(3),
        "continue": settings(3, num_steps=5) | {"state": state},
        "sample_primed": settings(3, num_steps=9) | prime,
        "log_prob": scored | {"state": state},
        "step": stepped | {"state": state},
    }
    return {name: (arrays, call(name, **arrays)) for name, arrays in inputs.items()}


def test_tensorflow_alone_loads_it_and_draws_the_same(version_dir, requests, tmp_path):
    script = """
import sys
import numpy as np
import tensorflow as tf
loaded = tf.saved_model.load(sys.argv[1])
with np.load(sys.argv[2]) as arrays:
    out = loaded.signatures["sample"](**{key: tf.constant(arrays[key]) for key in arrays.files})
assert "hachi_tf" not in sys.modules
np.savez(sys.argv[3], **{key: value.numpy() for key, value in out.items()})
"""
    inputs, expected = requests["sample"]
    np.savez(tmp_path / "in.npz", **inputs)
    run_script(script, version_dir, tmp_path / "in.npz", tmp_path / "out.npz")
    with np.load(tmp_path / "out.npz") as found:
        for name, value in expected.items():
            np.testing.assert_array_equal(found[name], value)


def test_tf1s_loader_gives_the_same_bits(version_dir, requests):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        meta = tf.compat.v1.saved_model.loader.load(session, ["serve"], str(version_dir))
        assert set(requests) < set(meta.signature_def) | {"__saved_model_init_op"}
        for name, (inputs, expected) in requests.items():
            signature = meta.signature_def[name]
            feeds = {signature.inputs[key].name: value for key, value in inputs.items()}
            names = {key: info.name for key, info in signature.outputs.items()}
            found = session.run(names, feeds)
            assert set(found) == set(expected)
            for key, value in expected.items():
                np.testing.assert_array_equal(found[key], value, err_msg=f"{name} {key}")


def c_run(version_dir, folder, requests):
    """Runs signatures in TensorFlow's C++ loader, in a process without Python's TensorFlow.

    Args:
        version_dir: the export.
        folder: for the arrays.
        requests: pairs of a signature's name and its inputs.

    Returns:
        Of each request the outputs by name, or what was wrong, a string.
    """
    defs, files = signature_defs(version_dir), []
    for index, (name, inputs) in enumerate(requests):
        feeds = {defs[name].inputs[key].name: value for key, value in inputs.items()}
        files += [folder / f"{index}-in.npz", folder / f"{index}-out.npz"]
        fetches = np.array([info.name for info in defs[name].outputs.values()])
        np.savez(files[-2], fetches=fetches, **feeds)
    library = pathlib.Path(tf.__file__).parent
    command = [sys.executable, C_API, library, version_dir, *files]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    results = []
    for (name, _), path in zip(requests, files[1::2], strict=True):
        with np.load(path) as found:
            outputs = defs[name].outputs.items()
            error = str(found["error"]) if "error" in found.files else None
            results.append(error or {key: found[info.name] for key, info in outputs})
    return results


def assert_same_bits(version_dir, folder, requests):
    """That the C++ loader gives what `tf.saved_model.load` does, for every signature."""
    given = [(name, inputs) for name, (inputs, _) in requests.items()]
    for (name, _), found in zip(given, c_run(version_dir, folder, given), strict=True):
        expected = requests[name][1]
        assert not isinstance(found, str) and set(found) == set(expected), (name, found)
        for key, value in expected.items():
            np.testing.assert_array_equal(found[key], value, err_msg=f"{name} {key}")


needs_library = pytest.mark.skipif(
    not list(pathlib.Path(tf.__file__).parent.glob("libtensorflow_cc.*")),
    reason="this TensorFlow has no libtensorflow_cc",
)


@needs_library
def test_the_cpp_loader_gives_the_same_bits(version_dir, requests, tmp_path):
    assert_same_bits(version_dir, tmp_path, requests)


@pytest.fixture(scope="module")
def text_requests(ask, settings, writer, writer_texts):
    """The same for a model that reads texts."""
    texts = np.array([text.encode() for text in writer_texts])
    wanted = settings(3, num_steps=40) | {"text": texts}
    styled = wanted | {"style": np.array([b"neat", b"", b"nobody's"])}
    begun = ask("sample", **styled | settings(3, num_steps=5))
    events, lengths = begun["events"], begun["lengths"]
    stepped = wanted | {"event": events[:, 0], "has_event": np.array([True, False, True])}
    del stepped["num_steps"]
    prime = {"prime": events, "prime_lengths": lengths, "prime_text": texts[::-1].copy()}
    zeros = np.zeros([3, writer.state_size], np.float32)
    scored = {"events": events, "lengths": lengths, "ended": begun["ended"], "text": texts}
    inputs = {
        "sample": styled,
        "continue": styled | {"state": begun["state"]},
        "sample_primed": wanted | prime,
        "log_prob": scored | {"state": zeros},
        "step": stepped | {"state": zeros},
    }
    return {name: (arrays, ask(name, **arrays)) for name, arrays in inputs.items()}


@needs_library
def test_the_cpp_loader_writes_texts_with_the_same_bits(writer, text_requests, tmp_path):
    assert_same_bits(writer.path, tmp_path, text_requests)


@pytest.mark.slow
def test_tf1s_loader_writes_texts_with_the_same_bits(writer, text_requests):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        meta = tf.compat.v1.saved_model.loader.load(session, ["serve"], str(writer.path))
        for name, (inputs, expected) in text_requests.items():
            signature = meta.signature_def[name]
            feeds = {signature.inputs[key].name: value for key, value in inputs.items()}
            names = {key: info.name for key, info in signature.outputs.items()}
            for key, value in session.run(names, feeds).items():
                np.testing.assert_array_equal(value, expected[key], err_msg=f"{name} {key}")


@needs_library
def test_the_graph_itself_refuses_wrong_shapes(version_dir, requests, tmp_path):
    inputs, scored = requests["continue"][0], requests["log_prob"][0]
    found = c_run(version_dir, tmp_path, [
        ("continue", inputs | {"state": inputs["state"][:1]}),
        ("continue", inputs | {"state": inputs["state"][:, 1:]}),
        ("log_prob", scored | {"events": scored["events"][..., :1]}),
    ])  # fmt: skip
    assert "as many rows in each of seed" in found[0]
    assert "not compatible with expected shape" in found[1]
    assert "not compatible with expected shape" in found[2]
