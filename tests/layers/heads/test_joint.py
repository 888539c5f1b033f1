"""The head of a schema: blocks, order, missing values, the end of the sequence."""

import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.layers import heads
from hachi_tf.layers.heads import (
    Bernoulli,
    Categorical,
    GaussianMixture,
    Head,
    JointHead,
    head_from_dict,
    head_to_dict,
    make_head,
)
from hachi_tf.samplers.noise import uniforms_numpy
from hachi_tf.schema import Feature, Schema

STROKES = (Feature("dx"), Feature("dy"), Feature("end_of_stroke", "binary"))
MIXED = Schema(
    (
        Feature("channel", "categorical", classes=("a", "b", "c")),
        Feature("pitch"),
        Feature("hour", role="known"),
        Feature("pedal", "binary"),
        Feature("velocity"),
    ),
    end_of_sequence=True,
)


def noise(rows, size, seed=1):
    seeds = np.stack([np.full(rows, seed), np.arange(rows)], axis=1)
    return uniforms_numpy(seeds, np.zeros(rows), 1, size)[:, 0]


def mixed(rows=20):
    head = make_head(MIXED, num_components=4)
    rng = np.random.default_rng(0)
    params = rng.normal(0, 1, [rows, head.params_size]).astype(np.float32)
    return head, params, head.sample(params, noise(rows, head.noise_size)).numpy()


def test_strokes_get_the_121_outputs_of_graves():
    head = make_head(Schema(STROKES))
    assert (head.params_size, head.event_size, head.noise_size) == (121, 3, 4)
    head = make_head(Schema(STROKES, end_of_sequence=True))
    assert (head.params_size, head.event_size, head.noise_size) == (122, 4, 5)


def test_parameters_and_noise_stand_in_block_order_and_events_in_column_order():
    head, params, events = mixed()
    kinds = [(columns, type(block)) for columns, block in head.blocks]
    assert kinds == [((1, 3), GaussianMixture), ((2,), Bernoulli), ((0,), Categorical)]
    assert head.params_size == 24 + 1 + 3 + 1 and head.noise_size == 3 + 1 + 1 + 1
    gaussians, pedal, channel, end = np.split(params, [24, 25, 28], axis=1)
    uniform = np.split(noise(20, head.noise_size), [3, 4, 5], axis=1)
    expected = GaussianMixture(2, 4).sample(gaussians, uniform[0])
    np.testing.assert_array_equal(events[:, [1, 3]], expected)
    np.testing.assert_array_equal(events[:, 2:3], Bernoulli().sample(pedal, uniform[1]))
    np.testing.assert_array_equal(events[:, 0:1], Categorical(3).sample(channel, uniform[2]))
    np.testing.assert_array_equal(events[:, 4:5], Bernoulli().sample(end, uniform[3]))
    expected = (
        GaussianMixture(2, 4).log_prob(gaussians, events[:, [1, 3]])
        + Bernoulli().log_prob(pedal, events[:, 2:3])
        + Categorical(3).log_prob(channel, events[:, 0:1])
        + Bernoulli().log_prob(end, events[:, 4:5])
    )
    np.testing.assert_allclose(head.log_prob(params, events), expected, rtol=1e-6)
    np.testing.assert_allclose(sum(head.log_probs(params, events)), expected, rtol=1e-6)
    mean = head.mean(params).numpy()
    np.testing.assert_allclose(mean[:, [1, 3]], GaussianMixture(2, 4).mean(gaussians), rtol=1e-6)
    np.testing.assert_allclose(mean[:, 4:5], Bernoulli().mean(end))


def test_distribution_agrees_whatever_the_order_of_the_columns():
    head, params, events = mixed()
    distribution = head.distribution(params)
    assert distribution.event_shape == (5,) and distribution.batch_shape == (20,)
    np.testing.assert_allclose(
        distribution.log_prob(events), head.log_prob(params, events), rtol=1e-4, atol=1e-5
    )
    sample = distribution.sample(1000, seed=(1, 2)).numpy()
    assert sample.shape == (1000, 20, 5)
    assert set(np.unique(sample[..., 0])) <= {0, 1, 2}
    assert set(np.unique(sample[..., 2])) == set(np.unique(sample[..., 4])) == {0, 1}
    straight = make_head(Schema(STROKES, True), num_components=3)
    params = np.random.default_rng(1).normal(size=[7, straight.params_size]).astype(np.float32)
    events = straight.sample(params, noise(7, straight.noise_size))
    np.testing.assert_allclose(
        straight.distribution(params).log_prob(events),
        straight.log_prob(params, events),
        rtol=1e-4,
        atol=1e-5,
    )


def test_the_end_ignores_bias_and_temperature():
    head, params, _ = mixed(2000)
    params[:, -1] = 0.7
    uniform = noise(2000, head.noise_size)
    plain = head.sample(params, uniform).numpy()
    for bias, temperature in [(0.0, 0.0), (3.0, 0.2), (np.full(2000, 5.0, np.float32), 4.0)]:
        steered = head.sample(params, uniform, bias, temperature).numpy()
        np.testing.assert_array_equal(steered[:, -1], plain[:, -1])
        assert (steered[:, :-1] != plain[:, :-1]).any(axis=0).all()
        distribution = head.distribution(params[:1], np.ravel(bias)[:1], temperature)
        ends = distribution.sample(4000, seed=(1, 1))[..., -1].numpy()
        assert abs(ends.mean() - 1 / (1 + np.exp(-0.7))) < 0.03
    assert abs(plain[:, -1].mean() - 1 / (1 + np.exp(-0.7))) < 0.04


def test_bias_acts_on_gaussians_only_and_temperature_on_all_but_the_end():
    head, params, _ = mixed(2000)
    uniform = noise(2000, head.noise_size)
    plain, biased = (head.sample(params, uniform, bias).numpy() for bias in (0.0, 2.0))
    np.testing.assert_array_equal(plain[:, [0, 2, 4]], biased[:, [0, 2, 4]])
    assert (plain[:, [1, 3]] != biased[:, [1, 3]]).all()


@pytest.mark.parametrize(
    ("missing", "kept"),
    [([0], [0, 1, 3]), ([1], [1, 2, 3]), ([1, 3], [1, 2, 3]), ([2, 4], [0, 2]), (range(5), [])],
)
def test_a_missing_column_takes_its_block_out_of_value_and_gradient(missing, kept):
    head, params, events = mixed()
    parts = [part.numpy() for part in head.log_probs(params, events)]
    events[:, list(missing)] = np.nan
    with tf.GradientTape() as tape:
        variable = tf.constant(params)
        tape.watch(variable)
        log_prob = head.log_prob(variable, events)
    expected = sum((parts[index] for index in kept), np.zeros(20, np.float32))
    np.testing.assert_allclose(log_prob, expected, rtol=1e-6)
    gradient = np.split(tape.gradient(log_prob, variable).numpy(), [24, 25, 28], axis=1)
    for index, part in enumerate(gradient):
        assert np.isfinite(part).all() and (part != 0).any() == (index in kept)


def test_config_survives_json():
    head, params, events = mixed()
    written = json.loads(json.dumps(head_to_dict(head)))
    again = head_from_dict(written)
    assert head_to_dict(again) == written
    np.testing.assert_array_equal(again.log_prob(params, events), head.log_prob(params, events))
    np.testing.assert_array_equal(again.sample(params, noise(20, again.noise_size)), events)


@pytest.mark.parametrize(
    "value", [{}, {"name": "joint"}, {"name": "bernoulli", "config": {"x": 1}}, {"name": "nobody"}]
)
def test_a_broken_config_is_refused(value):
    with pytest.raises(UserError):
        head_from_dict(value)


def test_options_choose_the_head_of_their_kind():
    head = make_head(MIXED, "gaussian_mixture(covariance='diag')", num_components=7)
    assert head.blocks[0][1].get_config() == {
        "num_dims": 2,
        "num_components": 7,
        "covariance": "diag",
    }
    head = make_head(MIXED, "gaussian_mixture(num_components=3)", num_components=7)
    assert head.blocks[0][1].num_components == 3
    assert isinstance(make_head(MIXED, "bernoulli").blocks[1][1], Bernoulli)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("gaussian_mixtur", "did you mean gaussian_mixture?"),
        ("gaussian_mixture(num_dims=3)", "gaussian_mixture(num_components=20"),
        ("gaussian_mixture(num_components='x')", "num_components of gaussian_mixture to be int"),
        ("gaussian_mixture(num_components=0)", "at least 1"),
        ("categorical(num_classes=3)", "a head for binary or continuous columns"),
        ("gaussian_mixture(", "name(key=literal, ...)"),
    ],
)
def test_wrong_options_are_refused_with_what_is_allowed(options, words):
    with pytest.raises(UserError) as error:
        make_head(Schema(STROKES), options)
    assert words in str(error.value)


def test_a_schema_with_nothing_to_predict_is_refused():
    with pytest.raises(UserError):
        make_head(Schema((Feature("hour", role="known"),)))


@pytest.mark.parametrize(
    "blocks", [[], [((0, 2), GaussianMixture(2, 1))], [((0,), Bernoulli())] * 2]
)
def test_blocks_must_cover_each_column_once(blocks):
    with pytest.raises(UserError):
        JointHead(blocks)


def test_a_block_must_have_its_heads_number_of_columns():
    with pytest.raises(UserError):
        JointHead([((0, 1), Bernoulli())])


class Laplace(Head):
    """What a head from outside looks like."""

    kind = "continuous"

    def __init__(self, num_dims: int = 1, floor: float = 0.1):
        self.num_dims, self.floor = num_dims, floor
        self.params_size, self.event_size, self.noise_size = 2 * num_dims, num_dims, num_dims

    def log_prob(self, params, events):
        loc, scale = tf.split(params, 2, axis=-1)
        scale = tf.exp(scale) + self.floor
        return -tf.reduce_sum(abs(events - loc) / scale + tf.math.log(2.0 * scale), axis=-1)

    def get_config(self):
        return {"num_dims": self.num_dims, "floor": self.floor}


def test_a_head_from_outside_needs_one_line_in_the_registry(monkeypatch):
    with pytest.raises(UserError, match="register it"):
        head_to_dict(Laplace())
    monkeypatch.setitem(heads.HEADS, "laplace", Laplace)
    head = make_head(MIXED, "laplace(floor=0.5)")
    assert head.blocks[0][1].get_config() == {"num_dims": 2, "floor": 0.5}
    assert head_to_dict(head_from_dict(head_to_dict(head))) == head_to_dict(head)


@pytest.mark.slow
def test_sampling_and_log_prob_do_not_import_tensorflow_probability():
    program = """
import sys
from hachi_tf.layers.heads import HEADS
assert "tensorflow" not in sys.modules
from hachi_tf.layers.heads import make_head
from hachi_tf.schema import Feature, Schema
head = make_head(Schema((Feature("x"), Feature("y"), Feature("e", "binary")), True))
import tensorflow as tf
params = tf.zeros([2, head.params_size])
head.log_prob(params, head.sample(params, tf.fill([2, head.noise_size], 0.5)))
assert not [name for name in sys.modules if name.startswith(("tensorflow_probability", "tf_keras"))]
"""
    root = pathlib.Path(heads.__file__).parents[3]
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, capture_output=True, text=True, cwd=root)
    assert result.returncode == 0, result.stderr
