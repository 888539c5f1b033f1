"""`python -m tests.benchmarks.gpu_check`: a GPU beside the CPU and beside PyTorch on it.

- values: parameters, gradients and the losses of 20 steps, on the GPU and on the CPU;
- speed: training of the 3 x 400 network, beside `torch.nn.LSTM` on the same GPU, both in float32
  and with bfloat16 products, and `train`'s own steps, several of which the input must not slow;
- exports: what was trained and exported on the GPU is loaded where none is seen, and scores and
  draws what it did there.

The last line printed is a JSON object; the exit status is 1 if a value is off, and 2 where
TensorFlow sees no GPU. `--rehearse` does it all with the CPU in the GPU's place, to try the check
itself.
"""

import argparse
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOLERANCE = 2e-3  # of values of the order of 1, after 200 steps of a recurrent network
BATCH, STEPS, ROUNDS = 64, 200, 20
_SCORE = """
import json, sys
import numpy as np
import hachi_tf
model = hachi_tf.load(sys.argv[1])
events = np.random.default_rng(0).normal(size=(16, 50, len(model.schema))).astype("f")
events[..., -1] = events[..., -1] > 1
scores = model.call("log_prob", dict(events=events, lengths=np.full(16, 50, np.int32),
                    state=np.zeros((16, model.metadata["state_size"]), "f"),
                    **({"ended": np.zeros(16, bool)} if model.schema.end_of_sequence else {})))
drawn = model.sample(num_samples=16, seed=1)
print(json.dumps([scores["log_prob"].tolist(), [len(each) for each in drawn.events]]))
"""


def values(device: str, cell: str, precision: str) -> dict[str, np.ndarray]:
    """Parameters, gradients and losses of a small network on a device."""
    import keras
    import tensorflow as tf

    from hachi_tf.layers.heads import make_head
    from hachi_tf.models.prediction_network import PredictionNetwork
    from hachi_tf.schema import Feature, Schema

    schema = Schema((Feature("dx"), Feature("dy"), Feature("end_of_stroke", "binary")))
    random = np.random.default_rng(0)
    events = random.normal(size=(16, STEPS + 1, 3)).astype("f")
    events[..., 2] = events[..., 2] > 1.5
    lengths = random.integers(1, STEPS + 1, 16).astype("i")
    with tf.device(device):
        keras.utils.set_random_seed(0)
        head = make_head(schema, num_components=5)
        network = PredictionNetwork(schema, head, 2, 64, cell=cell, precision=precision)
        network.build()
        optimizer = keras.optimizers.SGD(0.05)
        optimizer.build(network.trainable_variables)

        @tf.function(autograph=False)
        def step():
            with tf.GradientTape() as tape:
                params, _ = network(events[:, :-1], lengths=lengths, training=True)
                mask = tf.sequence_mask(lengths, STEPS, tf.float32)
                loss = -tf.reduce_sum(head.log_prob(params, events[:, 1:]) * mask)
                loss /= tf.reduce_sum(mask)
            gradients = tape.gradient(loss, [each.value for each in network.trainable_variables])
            optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
            return loss, params * mask[..., None], gradients

        losses = []
        for number in range(20):
            loss, params, gradients = step()
            losses.append(float(loss))
            if not number:
                found = {"params": params.numpy()}
                found["gradients"] = np.concatenate([np.ravel(each) for each in gradients])
    return {**found, "losses": np.array(losses)}


def compare(device: str) -> dict[str, float]:
    """The largest differences between a device and the CPU, by cell and what is compared."""
    result = {}
    for cell in ("lstm", "peephole_lstm", "gru"):
        there, here = (values(each, cell, "float32") for each in (device, "/cpu:0"))
        for name, value in there.items():
            result[f"{cell} {name}"] = float(np.abs(value - here[name]).max())
    return result


def ours(device: str, precision: str):
    """A step of training with hachi_tf."""
    import keras
    import tensorflow as tf

    from tests.benchmarks import tensorflow_networks, train

    with tf.device(device):
        network = tensorflow_networks.hachi_network(precision)
        variables = network.trainable_variables
        optimizer = keras.optimizers.Adam(train.LEARNING_RATE)
        optimizer.build(variables)
        batch = [
            tf.tile(tf.constant(each), [BATCH // train.BATCH, 1, 1]) for each in train.strokes()
        ]

        @tf.function(autograph=False)
        def step(inputs, targets):
            with tf.GradientTape() as tape:
                params, _ = network(inputs, training=True)
                loss = -tf.reduce_mean(network.head.log_prob(params, targets))
            gradients = tape.gradient(loss, [variable.value for variable in variables])
            gradients, _ = tf.clip_by_global_norm(gradients, train.CLIP_NORM)
            optimizer.apply_gradients(zip(gradients, variables, strict=True))
            return loss

    return lambda: step(*batch).numpy()


def theirs(device: str, precision: str):
    """The same with PyTorch."""
    import torch

    from tests.benchmarks import train
    from tests.benchmarks.torch_network import TorchNetwork, log_prob

    network = TorchNetwork().to(device)
    optimizer = torch.optim.Adam(network.parameters(), train.LEARNING_RATE, fused=True)
    batch = [torch.tensor(each).repeat(BATCH // train.BATCH, 1, 1) for each in train.strokes()]
    inputs, targets = (each.transpose(0, 1).contiguous().to(device) for each in batch)
    low = precision != "float32"

    def step():
        optimizer.zero_grad()
        with torch.autocast(device, torch.bfloat16) if low else contextlib.nullcontext():
            params = network(inputs)[0]
        loss = -log_prob(params.float(), targets).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), train.CLIP_NORM)
        optimizer.step()
        return loss.item()

    return step


def speed(device: str, torch_device: str, rounds: int) -> dict[str, float]:
    """Events a second of each, by turns."""
    steps = {}
    for precision in ("float32", "mixed_bfloat16"):
        steps[f"hachi_tf {precision}"] = ours(device, precision)
        with contextlib.suppress(ImportError, RuntimeError, AssertionError):
            steps[f"torch {precision}"] = theirs(torch_device, precision)
    seconds = {name: [] for name in steps}
    for _ in range(rounds + 1):
        for name, step in steps.items():
            begin_s = time.perf_counter()
            step()
            seconds[name].append(time.perf_counter() - begin_s)
    return {name: BATCH * STEPS / statistics.median(each[1:]) for name, each in seconds.items()}


def exported(device: str, folder: pathlib.Path) -> dict[str, float]:
    """Trains and exports on the device, and compares the export there with it on the CPU."""
    run, export = folder / "run", folder / "export"
    for arguments in (
        ["train", "--source=kanji", f"--run_dir={run}", f"--device={device}", "--epochs=0.1"],
        ["export", f"--run_dir={run}", f"--export_dir={export}"],
    ):
        command = [sys.executable, "-m", f"hachi_tf.{arguments[0]}", *arguments[1:]]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    found = []
    for visible in (None, "-1"):
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        if visible:
            environment["CUDA_VISIBLE_DEVICES"] = visible
        command = [sys.executable, "-c", _SCORE, str(export)]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        found.append(json.loads(done.stdout.splitlines()[-1]))
    (there, _), (here, lengths) = found
    difference = np.abs(np.array(there) - here).max() / np.abs(here).max()
    return {"log_prob, relative": float(difference), "drawn on the CPU": sum(map(bool, lengths))}


def main(arguments: list[str]) -> int:
    """Runs everything; prints the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rehearse", action="store_true", help="with the CPU in its place")
    given = parser.parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if not gpus and not given.rehearse:
        print("expected a GPU that TensorFlow sees; got none; see BUILD.md, GPU", file=sys.stderr)
        return 2
    device, name = ("/cpu:0", "cpu") if given.rehearse else ("/gpu:0", "gpu")
    tf.config.experimental.enable_tensor_float_32_execution(False)
    details = {} if given.rehearse else tf.config.experimental.get_device_details(gpus[0])
    result = {"device": details.get("device_name", name)}
    with tempfile.TemporaryDirectory() as folder:
        result["export"] = exported(name, pathlib.Path(folder))
    print(result["export"], file=sys.stderr)
    result["values"] = compare(device)
    print(result["values"], file=sys.stderr)
    tf.config.experimental.enable_tensor_float_32_execution(True)
    torch_device = "cpu" if given.rehearse else "cuda"
    result["events_a_second"] = speed(device, torch_device, 1 if given.rehearse else ROUNDS)
    worst = max(*result["values"].values(), result["export"]["log_prob, relative"])
    result["passed"] = worst < TOLERANCE and result["export"]["drawn on the CPU"] > 0
    print(json.dumps(result))
    return 0 if result["passed"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
