import numpy as np
import pytest

from hachi_tf.data.dataset import Dataset
from hachi_tf.data.sources import Sequence
from hachi_tf.data.windows import Windows
from hachi_tf.evaluation.baselines import trivial_baseline
from hachi_tf.evaluation.repetition import repetition_baseline
from hachi_tf.schema import Feature, Schema
from hachi_tf.transforms import Chain, Standardize


def walks(factor, lengths, seed, quantum=0.0):
    random = np.random.default_rng(seed)
    sequences = []
    for index, length in enumerate(lengths):
        events = np.cumsum(random.normal(size=(length, len(factor))) @ factor.T, axis=0)
        if quantum:
            events = np.floor(events / quantum) * quantum
        sequences.append(Sequence(events, None, f"{index:03}"))
    return Dataset.from_sequences(sequences, len(factor))


def schema(columns, quantum=None):
    return Schema(tuple(Feature(f"x{index}", quantum=quantum) for index in range(columns)))


FACTOR = np.array([[1.0, 0.0], [0.9, 0.1]])


def test_of_a_random_walk_it_is_the_entropy_of_its_steps():
    train, held_out = walks(FACTOR, [5000], 0), walks(FACTOR, [5000], 1)
    baseline = repetition_baseline(train, Chain(), schema(2))
    entropy = 1 + np.log(2 * np.pi) + np.log(np.abs(np.linalg.det(FACTOR)))
    assert baseline(held_out) == pytest.approx(entropy, abs=0.05)


def test_it_is_in_network_space():
    train = walks(FACTOR, [3000], 0)
    transforms = Chain([Standardize([0, 1])]).fit(train)
    plain, scaled = (
        repetition_baseline(train, each, schema(2))(train) for each in (Chain(), transforms)
    )
    assert scaled - plain == pytest.approx(transforms.log_det(train[0][:1])[0], abs=0.01)


def test_nothing_changes_between_sequences_and_first_events_count():
    train = walks(FACTOR, [50] * 40, 0)
    apart = repetition_baseline(train, Chain(), schema(2))(train)
    entropy = 1 + np.log(2 * np.pi) + np.log(np.abs(np.linalg.det(FACTOR)))
    assert entropy < apart < entropy + 0.2  # one in fifty is a first event
    one = repetition_baseline(walks(FACTOR, [1] * 30, 0), Chain(), schema(2))
    assert np.isfinite(one(walks(FACTOR, [1] * 5, 1)))


def test_a_grid_has_its_noise_and_no_spike():
    train = walks(np.eye(1) * 1e-3, [2000], 0, quantum=1.0)  # stands still on the grid
    nats = repetition_baseline(train, Chain(), schema(1, 1.0))(train)
    uniform_as_gaussian = 0.5 * np.log(2 * np.pi * np.e / 12)
    assert nats == pytest.approx(uniform_as_gaussian, abs=0.05)


def test_what_leads_a_window_is_not_predicted():
    train, held_out = walks(FACTOR, [900], 0), walks(FACTOR, [300], 1)
    baseline = repetition_baseline(train, Chain(), schema(2))
    windows = Windows(40, 2, 2).cut(held_out)
    assert windows.lengths.tolist() == [42] * 130
    steps = np.diff(held_out[0][39:], axis=0)
    changes = trivial_baseline(np.diff(train[0], axis=0), schema(2))
    assert baseline(windows) == pytest.approx(-changes.log_prob(steps).mean(), abs=1e-4)
