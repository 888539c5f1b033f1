"""Models as a page has them: their script in node or Chromium, beside the sampler in TensorFlow."""

import json
import shutil
import subprocess

import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.models import network_to_dict
from hachi_tf.samplers.reading import Style
from hachi_tf.samplers.text_sampler import make_sampler
from hachi_tf.serving import manifest, page, page_model, saved_model
from hachi_tf.transforms import transform_from_dict, transform_to_dict

MAX_STEPS = 36
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
# What a script says of samples: `model.sample` for each of some options.
RUN = """
import { readFileSync } from "node:fs";
const jobs = JSON.parse(readFileSync(0, "utf8"));
const run = ({ model, weights, styles, samples }) => {
  const own = new Model(model, weights, styles);
  return samples.map((options) => {
    const drawn = own.sample(options);
    return { ...drawn, events: drawn.events.map((event) => [...event]) };
  });
};
console.log(JSON.stringify(jobs.map(run)));
"""


def run_node(program, value):
    """What a program behind the page's modules writes as JSON, given JSON."""
    if not shutil.which("node"):
        pytest.skip("there is no node")
    command = ["node", "--input-type=module", "-"]
    # The program comes first on node's input, so what it reads goes into it as a string.
    program = program.replace('readFileSync(0, "utf8")', json.dumps(json.dumps(value)))
    text = page.script(screen=False) + program
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def halved(network):
    """The network with weights that float16 has."""
    weights = [weight.astype(np.float16).astype(np.float32) for weight in network.get_weights()]
    network.set_weights(weights)
    return network


def metadata_of(network, transforms, styles=(), name="small"):
    """What `hachi.json` of a network's export holds, as far as a page reads it."""
    return {
        "name": name,
        "schema": network.schema.to_dict(),
        "transforms": transform_to_dict(transforms),
        "network": network_to_dict(network),
        "max_steps": MAX_STEPS,
        "styles": manifest.describe_styles(styles),
    }


def page_job(metadata, weights, samples):
    """A job for `RUN`."""
    model = page_model.describe(metadata)
    return {
        "model": model,
        "weights": page._base64(page_model.half_weights(weights, model)),
        "styles": page._base64(page_model.style_events(metadata, model["numColumns"])),
        "samples": samples,
    }


def ready(name):
    """A ready export's description and weights, and a sampler with the weights as float16."""
    version_dir = manifest.find_version(f"exports/{name}")
    metadata = manifest.read(version_dir)
    network = halved(saved_model._for_inference(saved_model.load_network(version_dir)))
    styles = [Style(**each) for each in metadata.get("styles", [])]
    transforms = transform_from_dict(metadata["transforms"])
    sampler = make_sampler(
        network, transforms, network.schema, metadata["max_steps"],
        **({"styles": styles} if styles else {}))  # fmt: skip
    return metadata, network.get_weights(), sampler


def sample(sampler, samples, compiled=False):
    """What the sampler draws for the options of `model.sample`: rows of events, ended, complete."""
    rows = len(samples)

    def column(name, kind, default):
        return tf.constant([each.get(name, default) for each in samples], kind)

    seeds = [[each.get("seed", 0), each.get("row", 0)] for each in samples]
    arguments = {
        "seed": tf.constant(seeds, tf.int32),
        "num_steps": column("steps", tf.int32, MAX_STEPS),
        "bias": column("bias", tf.float32, 0.0),
        "temperature": column("temperature", tf.float32, 1.0),
    }
    function = sampler.sample
    if sampler.network.conditioned:
        arguments["text"] = column("text", tf.string, "")
        arguments["style"] = column("style", tf.string, "")
    elif hasattr(sampler, "codec"):
        arguments |= {"top_k": tf.zeros(rows, tf.int32), "top_p": tf.ones(rows)}
        arguments["prime_text"] = column("prime", tf.string, "")
        function = sampler.sample_primed
    drawn = (tf.function(function) if compiled else function)(**arguments)
    drawn = drawn if isinstance(drawn, dict) else drawn._asdict()
    drawn = {name: value.numpy() for name, value in drawn.items()}
    events = [row[:length] for row, length in zip(drawn["events"], drawn["lengths"], strict=True)]
    return events, drawn["ended"], drawn.get("complete", drawn["ended"])


def agreeing(expected, got, tolerance):
    """For how many events two sequences agree, from their beginning."""
    length = min(len(expected), len(got))
    if not length:
        return 0
    apart = np.abs(expected[:length] - np.asarray(got)[:length]).max(1) > tolerance
    return int(np.argmax(apart)) if apart.any() else length
