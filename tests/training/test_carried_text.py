"""Text in windows scores as the text in one piece; what is unknown in it costs nothing."""

import numpy as np
import pytest

from hachi_tf.data import load_datasets, make_source
from hachi_tf.data.pipeline import Pipeline
from hachi_tf.evaluation.scoring import Scorer, dataset_baseline
from hachi_tf.layers.heads import make_head
from hachi_tf.models.prediction_network import PredictionNetwork
from hachi_tf.schema import Feature, Schema
from hachi_tf.training.optimizers import make_optimizer
from hachi_tf.training.trainer import Schedule, Trainer
from hachi_tf.transforms import Chain

TEXT = "Röslein, Röslein, Röslein rot, Röslein auf der Heiden.\n"


@pytest.fixture
def text(tmp_path):
    """A function from contents to the whole text as a data set, and its columns."""

    def text(*contents, options="text", model=None):
        for index, content in enumerate(contents):
            (tmp_path / f"{index}.txt").write_text(content, encoding="utf-8")
        source = make_source(options, tmp_path)
        if model:
            source.use_schema(model)
        return load_datasets(source, 0.0)["train"], source.schema

    return text


def make_network(schema, cell="lstm"):
    network = PredictionNetwork(schema, make_head(schema), num_layers=2, hidden_size=8, cell=cell)
    network.build()
    random = np.random.default_rng(1)
    network.set_weights([0.5 * random.normal(size=w.shape) for w in network.get_weights()])
    return network


def losses(network, pipeline, carried=True):
    """Nats and events of each step, nothing learned."""
    trainer = Trainer(
        network, Chain(), make_optimizer("sgd", 1.0), Schedule(0.0, 0, 100, "constant"),
        carried_rows=pipeline.rows if carried else 0,
    )  # fmt: skip
    found = [trainer.train_step(pipeline.batch(n)) for n in range(pipeline.steps_per_epoch)]
    return np.array([[step["nats_per_step"] * step["num_events"], step["num_events"]]
                     for step in found])  # fmt: skip


@pytest.mark.parametrize(
    "options, cell", [("text", "lstm"), ("text", "gru"), ("text(unit='byte')", "lstm")]
)
def test_windows_score_as_the_text_in_one_piece(text, options, cell):
    dataset, schema = text(TEXT * 6, options=options)
    network = make_network(schema, cell)
    whole = losses(network, Pipeline(dataset, 1, shuffle=False), False)
    windows = losses(network, Pipeline(dataset, 1, 17, shuffle=False, carry=True))
    assert whole.shape == (1, 2) and len(windows) == -(-len(dataset[0]) // 17)
    per_character = windows.sum(0) / len(dataset[0])
    np.testing.assert_allclose(per_character, whole[0] / len(dataset[0]), atol=1e-5)
    scores = Scorer(network, Chain())(dataset, 4)
    assert scores.nats[0] / len(dataset[0]) == pytest.approx(per_character[0], abs=1e-5)
    alone = losses(network, Pipeline(dataset, 1, 17, shuffle=False), False)
    assert abs(alone.sum(0)[0] - whole[0, 0]) / len(dataset[0]) > 1e-3


def test_several_files_side_by_side_score_as_each_in_one_piece(text):
    dataset, schema = text(TEXT * 5, (TEXT * 6)[4 : 4 + len(TEXT * 5)])
    network = make_network(schema)
    windows = losses(network, Pipeline(dataset, 2, 25, shuffle=False, carry=True))
    scores = Scorer(network, Chain())(dataset, 2)
    wanted = scores.nats.sum() / scores.num_events.sum()
    assert windows.sum(0)[0] / windows.sum(0)[1] == pytest.approx(wanted, abs=1e-5)


def test_a_reset_after_some_windows_is_the_zero_state(text):
    dataset, schema = text(TEXT * 3)
    network = make_network(schema)
    reset = losses(network, Pipeline(dataset, 1, 10, shuffle=False, carry=True, reset_every=3))
    length, scorer = len(dataset[0]), Scorer(network, Chain())
    for number, start in enumerate(range(0, length, 30)):
        part = dataset.between(np.array([start]), np.array([min(start + 30, length)]))
        found = reset[3 * number : 3 * number + 3, 0].sum()
        assert found == pytest.approx(scorer(part, 1).nats[0], rel=1e-5)


def test_what_a_model_does_not_know_costs_nothing_and_breaks_nothing(text):
    known = tuple(sorted(set(TEXT) - {"ö", "H"}))
    model = Schema((Feature("character", "categorical", classes=known),))
    dataset, schema = text(TEXT * 3, model=model)
    assert np.isnan(dataset[0]).sum() == 3 * 5
    network = make_network(schema)
    windows = losses(network, Pipeline(dataset, 1, 17, shuffle=False, carry=True))
    scores = Scorer(network, Chain())(dataset, 1)
    assert windows.sum(0)[0] == pytest.approx(scores.nats[0], rel=1e-5)
    assert np.isfinite(scores.nats).all() and np.isfinite(windows).all()
    guess = dataset_baseline(dataset, Chain(), schema)(dataset)
    counts = np.array([TEXT.count(name) for name in known]) * 3
    wanted = -(counts * np.log((counts + 1) / (counts + 1).sum())).sum() / len(dataset[0])
    assert guess == pytest.approx(wanted)


def test_a_learned_step_is_finite_where_all_is_unknown(text):
    model = Schema((Feature("character", "categorical", classes=("x", "y")),))
    dataset, schema = text(TEXT, model=model)
    network = make_network(schema)
    trainer = Trainer(
        network, Chain(), make_optimizer("adam", 0.1), Schedule(0.1, 0, 100, "constant")
    )
    step = trainer.train_step(Pipeline(dataset, 1).batch(0))
    assert step["nats_per_step"] == 0.0 and step["gradient_norm"] == 0.0 and trainer.skipped == 0
