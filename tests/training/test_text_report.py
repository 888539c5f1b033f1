"""What training tells of a text: samples, bits a character, what to do next."""

import numpy as np
import pytest

from hachi_tf.layers.heads import make_head
from hachi_tf.models.prediction_network import PredictionNetwork
from hachi_tf.schema import Feature, Schema
from hachi_tf.training import report
from hachi_tf.training.run_directory import RunDirectory
from hachi_tf.training.summaries import Summaries
from hachi_tf.training.text_report import CHARACTERS, sample_text
from hachi_tf.transforms import Chain


def network_of(classes, column="character", end=False, seed=0):
    schema = Schema((Feature(column, "categorical", classes=tuple(classes)),), end)
    network = PredictionNetwork(schema, make_head(schema), hidden_size=6)
    network.build()
    rng = np.random.default_rng(seed)
    network.set_weights([rng.normal(size=w.shape, scale=0.5) for w in network.get_weights()])
    return network


def written_by(network, folder, length=0, step=7):
    directory = RunDirectory(folder)
    directory.samples.mkdir(parents=True, exist_ok=True)
    summaries = Summaries(directory.tensorboard)
    lines = sample_text(network, Chain(), directory, step, summaries, length)
    summaries.close()
    path = directory.samples / f"step-{step:09d}.txt"
    assert path.read_bytes().decode() == "\n".join(lines) + "\n"
    return lines


def texts_of(lines):
    """By temperature, what was drawn."""
    second = lines.index("temperature 1.0:")
    assert lines[0] == "temperature 0.5:"
    parts = lines[1:second], lines[second + 1 :]
    assert all(line.startswith("    ") for part in parts for line in part)
    return ["\n".join(line[4:] for line in part) for part in parts]


def test_two_temperatures_of_some_200_characters_always_from_the_same_seeds(tmp_path):
    network = network_of("ab\n\u2028\x0b")
    texts = texts_of(written_by(network, tmp_path))
    assert [len(text) for text in texts] == [CHARACTERS] * 2 and texts[0] != texts[1]
    assert texts_of(written_by(network, tmp_path, step=8)) == texts


def test_bytes_that_are_no_utf_8_are_shown_too(tmp_path):
    texts = texts_of(written_by(network_of(["61", "c3", "ff"], "byte"), tmp_path))
    assert all("\ufffd" in text for text in texts)


@pytest.mark.parametrize("length, count", [(1, 10), (40, 5), (1000, 1)])
def test_of_short_records_there_are_several(tmp_path, length, count):
    lines = written_by(network_of("abc", end=True), tmp_path, length)
    assert [len(text.split("\n")) for text in texts_of(lines)] == [count] * 2


def test_tensorboard_gets_the_text(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    lines = written_by(network_of("ab\n"), tmp_path)
    events = EventAccumulator(str(RunDirectory(tmp_path).tensorboard)).Reload()
    (tag,) = [tag for tag in events.Tags()["tensors"] if "samples" in tag]
    (text,) = events.Tensors(tag)[0].tensor_proto.string_val
    assert text.decode() == "\n".join(f"    {line}" for line in lines)


def test_a_text_is_scored_in_bits_too():
    scores = {"nats_per_step": 1.5, "nats_per_sequence": 150.0}
    line = report.standing(10, scores, 3.0, [], "char")
    assert line.startswith("step 10: held out 1.500 nats, 2.164 bits, a character: 1.50 nats")
    assert "bits, a byte" in report.standing(10, scores, 3.0, [], "byte")
    assert "1.500 nats a step, 150.0 a sequence" in report.standing(10, scores, 3.0, [])


def test_memorising_is_said_with_the_step_whose_weights_are_kept():
    held_out = [(10, 1.2), (20, 1.0), (30, 1.1), (40, 1.4)]
    records = [{"split": "validation", "step": n, "nats_per_step": nats} for n, nats in held_out]
    records += [{"split": "train", "step": 40, "nats_per_step": 0.5}]
    line = report.standing(40, {"nats_per_step": 1.4, "nats_per_sequence": 14.0}, 3.0, records)
    assert "memorising" in line and "the weights of step 20 are kept; --patience" in line


def test_the_hint_is_one_that_the_model_can_follow():
    assert report.sample_hint(network_of("The ")) == '--prime_text="The " --temperature=0.7'
    assert report.sample_hint(network_of("the"), "--output=a.svg") == "--temperature=0.7"
    codes = [f"{byte:02x}" for byte in b"The !"]
    assert report.sample_hint(network_of(codes, "byte")).startswith('--prime_text="The "')
    strokes = Schema((Feature("dx"), Feature("dy"), Feature("end_of_stroke", "binary")))
    network = PredictionNetwork(strokes, make_head(strokes))
    assert report.sample_hint(network, "--output=a.svg") == "--output=a.svg"
    assert report.sample_hint(network) == ""
