"""Teacher forcing of series: memories of transforms, known columns, events that only lead."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from hachi_tf.data.dataset import Dataset
from hachi_tf.data.sources.source import Sequence
from hachi_tf.data.windows import Windows
from hachi_tf.evaluation.scoring import Scorer, dataset_baseline
from hachi_tf.evaluation.teacher_forcing import teacher_forcing
from hachi_tf.layers.heads import make_head
from hachi_tf.models.prediction_network import PredictionNetwork
from hachi_tf.schema import Feature, Schema
from hachi_tf.transforms import Chain, Changes, SeriesScale, Standardize, StandardizeKnown

SCHEMA = Schema((Feature("price", missing=True), Feature("promo", role="known")))


def prices(length, seed=0):
    generator = np.random.default_rng(seed)
    price = 20 * np.exp(np.cumsum(generator.normal(0.01, 0.05, length)))
    return np.stack([price, np.arange(length) % 5], axis=1).astype(np.float32)


def returns():
    return Chain([StandardizeKnown([1]), Changes([0], log=True)]).fit([prices(300, seed=9)])


def force(events, transforms, **settings):
    rows = len(events)
    lengths = settings.pop("lengths", tf.fill([rows], events.shape[1]))
    return teacher_forcing(
        tf.constant(events),
        lengths,
        tf.zeros([rows], tf.bool),
        SCHEMA,
        transforms,
        tf.zeros([rows, 2], tf.int32),
        **settings,
    )


def test_the_input_holds_the_last_value_and_what_is_known_of_the_next():
    events, transforms = prices(30), returns()
    forced = force(events[None], transforms)
    values = transforms.forward(events)
    np.testing.assert_allclose(forced.targets[0, :, 0], values[:, 0], atol=2e-5)
    np.testing.assert_allclose(forced.inputs[0, 1:, 0], values[:-1, 0], atol=2e-5)
    assert forced.inputs[0, 0, 0] == 0.0
    np.testing.assert_allclose(forced.inputs[0, :, 1], values[:, 1], atol=1e-6)
    np.testing.assert_allclose(forced.log_det[0], transforms.log_det(events), atol=1e-5)


def test_a_window_goes_on_where_the_one_before_stopped():
    events, transforms = np.stack([prices(40), prices(40, seed=1)]), returns()
    events[1, 7:9, 0] = np.nan
    whole = force(events, transforms)
    memory, found = None, []
    for start, stop in ((0, 8), (8, 9), (9, 40)):
        previous = tf.constant(events[:, max(start - 1, 0)])
        begins = tf.fill([2], start == 0)
        part = force(
            events[:, start:stop], transforms, begins=begins, previous=previous, memory=memory
        )
        memory = part.memory
        found.append(part)
    for name in ("inputs", "targets", "log_det"):
        joined = np.concatenate([getattr(part, name) for part in found], axis=1)
        np.testing.assert_allclose(joined, getattr(whole, name), atol=2e-5)
    np.testing.assert_allclose(memory, whole.memory, rtol=1e-6)
    np.testing.assert_allclose(memory[:, 1], events[:, -2, 0])  # the price before the last one


def test_padding_is_not_remembered_and_what_leads_does_not_count():
    events, transforms = np.stack([prices(12), prices(12, seed=1)]), returns()
    lengths, skip = tf.constant([12, 5]), tf.constant([3, 0])
    spoiled = events.copy()
    spoiled[1, 5:] = np.nan
    forced = force(spoiled, transforms, lengths=lengths, skip=skip)
    alone = force(events[1:, :5], transforms)
    np.testing.assert_allclose(forced.memory[1], alone.memory[0])
    np.testing.assert_allclose(forced.inputs[1, :5], alone.inputs[0], atol=1e-6)
    assert np.isfinite(forced.inputs).all()
    expected = [[False] * 3 + [True] * 9, [True] * 5 + [False] * 7]
    np.testing.assert_array_equal(forced.mask, expected)


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(3)
    network = PredictionNetwork(SCHEMA, make_head(SCHEMA, "student_t_mixture", 3), hidden_size=8)
    network.build()
    return network


def dataset(*lengths):
    parts = [Sequence(prices(n, seed=i), None, f"s{i}") for i, n in enumerate(lengths)]
    return Dataset.from_sequences(parts, 2)


@pytest.mark.parametrize(
    "transforms",
    [
        returns(),
        Chain([SeriesScale([0]), Standardize([0])]).fit([prices(300, seed=9)]),
    ],
    ids=["returns", "scale"],
)
def test_long_series_score_the_same_in_parts_and_windows_as_themselves(network, transforms):
    series = dataset(500, 130)
    scorer = Scorer(network, transforms)
    whole = scorer(series, 2)
    held_out = series.between(np.array([400, 100]), np.array([500, 130]), lead=1000)
    late = scorer(held_out, 4)
    assert late.num_events.tolist() == [100, 30]
    early = scorer(series.between(np.array([0, 0]), np.array([400, 100])), 4)
    np.testing.assert_allclose(early.nats + late.nats, whole.nats, rtol=2e-4)
    np.testing.assert_allclose(
        early.nats_data_units + late.nats_data_units, whole.nats_data_units, rtol=2e-4
    )
    windows = Windows(20, 1).cut(held_out)
    scores = scorer(windows, 16)
    assert scores.num_events.tolist() == [1] * 130
    one = scorer(Dataset.from_sequences([Sequence(windows[7], None, "w")], 2), 1)
    lead = scorer(Dataset.from_sequences([Sequence(windows[7][:-1], None, "w")], 2), 1)
    np.testing.assert_allclose(scores.nats[7], one.nats[0] - lead.nats[0], atol=1e-4)


def test_the_trivial_baseline_knows_the_steps_of_each_series(network):
    series, transforms = dataset(300, 200), returns()
    held_out = series.between(np.array([250, 150]), np.array([300, 200]), lead=100)
    train = series.between(np.array([0, 0]), np.array([250, 150]))
    steps = np.concatenate([transforms.forward(each)[:, 0] for each in train])
    fresh = [transforms.forward(each)[lead:, 0] for each, lead in
             zip(held_out, held_out.leads, strict=True)]  # fmt: skip
    expected = -stats.norm.logpdf(np.concatenate(fresh), steps.mean(), steps.std()).mean()
    guess = dataset_baseline(train, transforms, SCHEMA)(held_out)
    np.testing.assert_allclose(guess, expected, rtol=1e-3)
