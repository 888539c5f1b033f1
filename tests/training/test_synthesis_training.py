"""Training the synthesis network: texts in the loss, endless data, resuming, new characters."""

import json
import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.data.sources import make_source
from hachi_tf.errors import UserError
from hachi_tf.layers.heads import make_head
from hachi_tf.models.synthesis_network import SynthesisNetwork
from hachi_tf.schema import Feature, Schema
from hachi_tf.train import TrainConfig, train
from hachi_tf.training.checkpoints import Checkpoints
from hachi_tf.training.optimizers import make_optimizer
from hachi_tf.training.run import load_run
from hachi_tf.training.trainer import Schedule, Trainer
from hachi_tf.transforms import Standardize

SOURCE = "hershey(lines=32, characters='ascii', spacing=10)"
RANDOM = {"dropout": 0.2, "weight_noise": "adaptive", "optimizer": "graves_rmsprop",
          "clip_norm": 0.0, "clip_derivatives": "10,100", "learning_rate": 0.001}  # fmt: skip


class Killed(Exception):
    """What ends a run in the middle of a step."""


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Few lines to validate on, and no pictures."""
    monkeypatch.setattr("hachi_tf.data.sources.hershey._VALIDATION_LINES", 4)
    monkeypatch.setattr("hachi_tf.training.report.picture", lambda *arguments: [])


def run(run_dir, **flags):
    """Trains for three epochs of four steps unless the flags say otherwise."""
    values = {"source": SOURCE, "network": "synthesis", "layers": 2, "hidden_size": 6,
              "mixtures": 2, "window_components": 2, "batch_size": 8, "epochs": 3.0,
              "validate_every": 3, "device": "cpu"}  # fmt: skip
    train(TrainConfig(run_dir=str(run_dir), **values | flags))
    return run_dir


@pytest.fixture
def spy(monkeypatch):
    """The texts of all steps; `spy.kill_at` makes a step of that number fail."""

    class Spy:
        texts, kill_at = {}, None

    step = Trainer.train_step

    def train_step(self, batch, *wishes):
        if self.step == Spy.kill_at:
            raise Killed
        Spy.texts[self.step] = sorted(text.decode() for text in batch["text"].numpy())
        return step(self, batch)

    monkeypatch.setattr(Trainer, "train_step", train_step)
    return Spy


def assert_same(run_dir, other):
    """That two runs ended with the same bits, in the network and in the optimizer."""
    (arrays, metadata), (expected, expected_metadata) = (
        Checkpoints(pathlib.Path(each) / "checkpoints").latest() for each in (run_dir, other)
    )
    assert metadata == expected_metadata and len(arrays) == len(expected)
    for (name, value), wanted in zip(arrays.items(), expected.values(), strict=True):
        np.testing.assert_array_equal(value, wanted, err_msg=name)
    metrics = [pathlib.Path(each, "metrics.jsonl").read_text() for each in (run_dir, other)]
    assert metrics[0] == metrics[1]


def test_loss_is_that_of_each_line_alone_with_its_own_text():
    schema = Schema((Feature("dx"), Feature("dy"), Feature("end_of_stroke", "binary")), True)
    transforms = Standardize([0, 1], [2.0, -1.0], [4.0, 5.0])
    keras.utils.set_random_seed(0)
    head = make_head(schema, None, 2)
    network = SynthesisNetwork(schema, head, "abc ", 2, 3.0, num_layers=2, hidden_size=6)
    network.build()
    random = np.random.default_rng(0)
    events = random.normal(size=(3, 7, 3), scale=4.0).astype(np.float32)
    events[..., 2] = events[..., 2] > 0
    lengths, texts, ends = [7, 4, 2], ["a cab", "b", "ca"], [True, False, True]
    total = 0.0
    for row, length in enumerate(lengths):
        targets = transforms.forward(events[row, :length])
        inputs = np.concatenate([np.zeros((1, 3)), targets[:-1]]).astype(np.float32)
        end = np.zeros((length, 1))
        end[-1] = ends[row]
        params, _ = network(inputs[None], context=network.encode([texts[row]]))
        targets = np.concatenate([targets, end], -1)[None].astype(np.float32)
        total -= float(tf.reduce_sum(head.log_prob(params, targets)))
    batch = {
        "events": tf.where(tf.sequence_mask(lengths, 7)[..., None], events, np.nan),
        "lengths": tf.constant(lengths), "ends": tf.constant(ends), "text": tf.constant(texts),
        "index": tf.range(3), "sequence": tf.range(3), "offset": tf.zeros([3], tf.int32),
        "begins": tf.fill([3], True), "previous": tf.zeros([3, 3]),
        "skip": tf.zeros([3], tf.int32),
    }  # fmt: skip
    trainer = Trainer(
        network, transforms, make_optimizer("sgd", 0.1), Schedule(0.1, 0, 10, "constant")
    )
    told = trainer.train_step(batch)
    assert told["nats_per_step"] == pytest.approx(total / sum(lengths), rel=1e-5)
    batch["text"] = tf.constant(["b", "b", "ca"])
    assert trainer.train_step(batch)["nats_per_step"] != told["nats_per_step"]
    assert trainer.skipped == 0


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_bits_through_epochs_that_never_repeat(tmp_path, spy):
    whole = run(tmp_path / "whole", **RANDOM)
    texts = dict(spy.texts)
    broken = tmp_path / "broken"
    for kill_at in (5, 10):  # checkpoints are at 0, 3, 6 and 9, epochs begin at 0, 4 and 8
        spy.kill_at = kill_at
        with pytest.raises(Killed):
            run(broken, **RANDOM)
    spy.texts.clear()
    spy.kill_at = None
    run(broken, **RANDOM)
    assert sorted(spy.texts) == [9, 10, 11] and spy.texts == {n: texts[n] for n in spy.texts}
    assert_same(broken, whole)
    # Each epoch has lines of its own, those that the source makes for it.
    source = make_source(SOURCE)
    for epoch in range(3):
        seen = sorted(sum((texts[step] for step in range(4 * epoch, 4 * epoch + 4)), []))
        assert seen == sorted(sequence.text for sequence in source.epoch(epoch))


def test_a_run_learns_and_says_what_it_can_write(tmp_path, caplog):
    caplog.set_level("INFO")
    run_dir = run(tmp_path / "run", learning_rate=0.02)
    records = [json.loads(line) for line in (run_dir / "metrics.jsonl").read_text().splitlines()]
    nats = [each["nats_per_step"] for each in records if each["split"] == "validation"]
    assert len(nats) == 4 and nats[-1] < nats[0] - 0.3
    assert "characters: " in caplog.text and "used less than 20 times" in caplog.text
    trained = load_run(run_dir)
    texts = [sequence.text for sequence in make_source(SOURCE).epoch(0)]
    assert trained.network.alphabet == "".join(sorted(set("".join(texts))))
    lengths = [len(sequence.events) for sequence in make_source(SOURCE).epoch(0)]
    pace = sum(lengths) / sum(map(len, texts))
    assert trained.network.events_per_character == pytest.approx(pace, abs=0.01)
    assert trained.trained_on["scale"]["line_height"] > 5.0


@pytest.fixture(scope="module")
def old_run(tmp_path_factory):
    """A run on ASCII, whose weights have left their beginning."""
    with pytest.MonkeyPatch.context() as patch:
        small.__wrapped__(patch)
        return run(tmp_path_factory.mktemp("runs") / "old", epochs=1.0, learning_rate=0.01)


def rows_of(network, characters):
    """The rows of the first kernel that belong to characters."""
    kernel = network.weights[0].numpy()
    assert kernel.shape[0] == 4 + len(network.alphabet)
    return kernel[[4 + network.alphabet.index(character) for character in characters]]


NEW = "hershey(lines=32, characters='latin', spacing=10, seed=1)"


def test_starting_from_a_run_keeps_what_it_knows_and_adds_rows_for_new_characters(
    tmp_path, old_run
):
    flags = {"init_from": str(old_run), "source": NEW, "epochs": 0.25, "learning_rate": 1e-9}
    old, new = load_run(old_run), load_run(run(tmp_path / "new", **flags))
    added = set(new.network.alphabet) - set(old.network.alphabet)
    texts = [sequence.text for sequence in make_source(NEW).epoch(0)]
    assert added == set("".join(texts)) - set(old.network.alphabet) and len(added) > 3
    assert set(old.network.alphabet) < set(new.network.alphabet)
    kept = old.network.alphabet
    np.testing.assert_allclose(
        rows_of(new.network, kept), rows_of(old.network, kept), rtol=0, atol=1e-6
    )
    assert np.abs(rows_of(new.network, added)).min(1).max() > 0
    assert old.transforms.get_config() == new.transforms.get_config()
    events = np.random.default_rng(0).normal(size=(1, 9, 3)).astype(np.float32)
    params = [
        run.network(events, context=run.network.encode(["".join(kept)[:9]]))[0]
        for run in (old, new)
    ]
    np.testing.assert_allclose(*params, atol=1e-5)


@pytest.mark.slow
def test_training_on_from_a_run_changes_all_rows_and_can_be_resumed(tmp_path, old_run, spy):
    flags = {"init_from": str(old_run), "source": NEW, "epochs": 2.0, "learning_rate": 0.01,
             "dropout": 0.1}  # fmt: skip
    still = run(tmp_path / "still", **flags | {"epochs": 0.25, "learning_rate": 1e-9})
    whole = run(tmp_path / "whole", **flags)
    before, after = load_run(still).network, load_run(whole).network
    moved = np.abs(rows_of(after, after.alphabet) - rows_of(before, after.alphabet)).max(1)
    used = {c for text in sum(spy.texts.values(), []) for c in text} & set(after.alphabet)
    for character, distance in zip(after.alphabet, moved, strict=True):
        assert character not in used or distance > 1e-4, character
    spy.kill_at = 5
    with pytest.raises(Killed):
        run(tmp_path / "broken", **flags)
    spy.kill_at = None
    run(tmp_path / "broken", **flags)
    assert_same(tmp_path / "broken", whole)


@pytest.mark.slow
def test_a_fraction_held_out_of_endless_data_makes_it_finite(tmp_path, spy):
    """The source's own lines for validation then belong to training too."""
    run(tmp_path / "run", validation_fraction=0.25, epochs=2.0)
    steps = len(spy.texts)
    assert steps % 2 == 0
    first, second = (
        sorted(sum((spy.texts[step] for step in part), []))
        for part in (range(steps // 2), range(steps // 2, steps))
    )
    assert first == second and 20 < len(first) < 36


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"source": "kanji"}, "a source with texts for --network=synthesis"),
        ({"cell": "gru"}, "with an LSTM cell"),
        ({"sequence_length": 100}, "--sequence_length=0"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, flags, said):
    with pytest.raises(UserError, match=said):
        run(tmp_path / "run", **flags)
