"""Training on windows of long sequences: the state goes on, and comes back with a checkpoint."""

import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.data.dataset import Dataset
from hachi_tf.data.pipeline import Pipeline
from hachi_tf.data.sources.source import Sequence
from hachi_tf.data.windows import Windows
from hachi_tf.evaluation import scoring
from hachi_tf.layers.heads import make_head
from hachi_tf.models.prediction_network import PredictionNetwork
from hachi_tf.schema import Feature, Schema
from hachi_tf.training.optimizers import make_optimizer
from hachi_tf.training.trainer import Schedule, Trainer
from hachi_tf.transforms import Standardize

KIND = Feature("kind", "categorical", classes=("a", "b"))
SCHEMA = Schema((Feature("x", quantum=0.5), Feature("y"), KIND))
TRANSFORM = Standardize([0, 1], [1.0, -1.0], [2.0, 3.0])


def make_dataset(lengths=(57, 23), seed=0):
    random, sequences = np.random.default_rng(seed), []
    for index, n in enumerate(lengths):
        columns = [random.integers(0, 9, n) / 2, random.normal(size=n), random.random(n) < 0.4]
        sequences.append(Sequence(np.stack(columns, 1), None, str(index)))
    return Dataset.from_sequences(sequences, 3)


def make_network(cell="lstm"):
    network = PredictionNetwork(
        SCHEMA, make_head(SCHEMA, None, 3), num_layers=2, hidden_size=6, cell=cell
    )
    network.build()
    random = np.random.default_rng(1)
    network.set_weights([0.3 * random.normal(size=w.shape) for w in network.get_weights()])
    return network


def make_trainer(network, rows, rate=0.0):
    return Trainer(
        network, TRANSFORM, make_optimizer("sgd", 1.0), Schedule(rate, 0, 100, "constant"),
        carried_rows=rows,
    )  # fmt: skip


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_windows_of_a_sequence_score_as_the_sequence_in_one_piece(cell):
    """With a learning rate of 0: two rows, each a sequence, in windows of 10."""
    dataset, network = make_dataset((60, 60)), make_network(cell)
    whole = Pipeline(dataset, 2, shuffle=False).batch(0)
    cut = Pipeline(dataset, 2, 10, shuffle=False, carry=True)
    trainer, nats = make_trainer(network, 2), []
    for step in range(cut.steps_per_epoch):
        batch = cut.batch(step)
        # The same noise of quanta for a row: it follows from the step and the index.
        trainer.step, batch["index"] = 0, np.array([0, 1], np.int32)
        nats.append(trainer.train_step(batch)["nats_per_step"])
    told = make_trainer(network, 0).train_step(whole | {"index": np.array([0, 1], np.int32)})
    assert np.mean(nats) == pytest.approx(told["nats_per_step"], abs=1e-5)
    alone = make_trainer(network, 0)
    without = [
        alone.train_step(cut.batch(step) | {"begins": np.array([True, True])})["nats_per_step"]
        for step in range(cut.steps_per_epoch)
    ]
    assert abs(np.mean(without) - told["nats_per_step"]) > 1e-4


def test_a_resumed_trainer_goes_on_with_the_state():
    dataset = make_dataset()
    pipeline = Pipeline(dataset, 3, 8, carry=True)
    first, network = [], make_network()
    trainer = make_trainer(network, pipeline.rows, 0.1)
    for step in range(6):
        if step == 3:
            arrays = {name: np.array(value) for name, value in trainer.arrays().items()}
            metadata = trainer.metadata()
        first.append(trainer.train_step(pipeline.batch(step))["nats_per_step"])
    assert sum(name.startswith("state.") for name in arrays) == 4
    again = make_trainer(make_network(), pipeline.rows, 0.1)
    again.restore(arrays, metadata, "here")
    rest = [again.train_step(pipeline.batch(step))["nats_per_step"] for step in range(3, 6)]
    np.testing.assert_array_equal(rest, first[3:])


def test_a_step_that_is_not_finite_leaves_a_finite_state():
    pipeline = Pipeline(make_dataset(), 3, 8, carry=True)
    trainer = make_trainer(make_network(), pipeline.rows, 0.1)
    batch = pipeline.batch(0)
    batch["events"][0, 1, 1] = np.inf
    assert not np.isfinite(trainer.train_step(batch)["nats_per_step"])
    assert all(np.isfinite(value).all() for value in trainer.arrays().values())
    assert np.isfinite(trainer.train_step(pipeline.batch(1))["nats_per_step"])


def test_scoring_in_parts_is_scoring_in_one(monkeypatch):
    dataset, network = make_dataset((57, 23, 1)), make_network()
    whole = scoring.Scorer(network, TRANSFORM)(dataset, 2)
    monkeypatch.setattr(scoring, "PART_LENGTH", 10)
    parts = scoring.Scorer(network, TRANSFORM)(dataset, 2)
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-4)


def test_a_missing_value_leaves_every_figure_finite():
    dataset = make_dataset((20,))
    dataset.events[3, 1] = np.nan
    scores = scoring.Scorer(make_network(), TRANSFORM)(dataset, 2)
    assert all(np.isfinite(column).all() for column in scores)
    assert scores.squared_error[0] > 0


def test_the_guess_reads_columns_on_a_grid_with_noise_of_one_quantum():
    """A constant column on a grid is uniform over its cell: log(quantum) better than standard."""
    schema = Schema((Feature("x", quantum=0.5),))
    rows = [Sequence(np.full((4000, 1), 3.0), None, "a")]
    dataset = Dataset.from_sequences(rows, 1)
    guess = scoring.dataset_baseline(dataset, Standardize([0], [0.0], [1.0]), schema)(dataset)
    want = 0.5 * np.log(2 * np.pi * np.e * 0.25 / 12)
    assert guess == pytest.approx(want, abs=0.02)
    assert tf.reduce_all(tf.math.is_finite(guess))


def test_the_guess_counts_what_follows_the_context_of_windows():
    schema, dataset = Schema((Feature("x"),)), make_dataset((50,))
    dataset = Dataset.from_sequences([Sequence(dataset[0][:, :1], None, "a")], 1)
    guess = scoring.dataset_baseline(dataset, Standardize([0], [0.0], [1.0]), schema)
    last_ten = Dataset.from_sequences([Sequence(dataset[0][40:], None, "b")], 1)
    assert guess(Windows(40).cut(dataset)) == pytest.approx(guess(last_ten), rel=1e-6)
