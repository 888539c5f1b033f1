"""Promises that every head in HEADS keeps; an entry in the registry is enough to be tested."""

import json
import zlib

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from hachi_tf import options
from hachi_tf.layers.heads import HEADS, JointHead, head_from_dict, head_to_dict, make_head
from hachi_tf.samplers.noise import uniforms_numpy
from hachi_tf.schema import KINDS, Feature, Schema


@pytest.fixture(scope="module", params=sorted(HEADS))
def name(request):
    return request.param


@pytest.fixture(scope="module")
def head(name):
    return options.construct(name, HEADS, "head")


def random_params(head, *shape, scale=0.7):
    rng = np.random.default_rng(zlib.crc32(type(head).__name__.encode()))
    return tf.constant(rng.normal(0.0, scale, [*shape, head.params_size]), tf.float32)


def noise(head, rows, seed=1):
    seeds = np.stack([np.full(rows, seed), np.arange(rows)], axis=1)
    return tf.constant(uniforms_numpy(seeds, np.zeros(rows), 1, head.noise_size)[:, 0])


def draw(head, params, rows, seed=1, **settings):
    params = tf.broadcast_to(params, [rows, head.params_size])
    return head.sample(params, noise(head, rows, seed), **settings)


def discrete(head, events):
    """Which columns hold classes."""
    whole = (events.numpy() == np.round(events)).all(axis=0)
    return whole if head.kind == "mixed" else np.full(len(whole), head.kind != "continuous")


def test_sizes_and_kind_are_declared(head):
    assert head.kind in (*KINDS, "mixed")
    for size in (head.params_size, head.event_size, head.noise_size):
        assert isinstance(size, int) and size >= 1


def test_config_survives_json(head):
    written = json.loads(json.dumps(head_to_dict(head)))
    again = head_from_dict(written)
    assert type(again) is type(head) and head_to_dict(again) == written
    params = random_params(head, 5)
    events = head.sample(params, noise(head, 5))
    np.testing.assert_array_equal(again.log_prob(params, events), head.log_prob(params, events))


def test_a_schema_gets_it_by_name(name, head):
    kinds = ["binary", "continuous"] if head.kind == "mixed" else [head.kind] * 2
    features = tuple(
        Feature(f"x{i}", kind, classes=("a", "b") if kind == "categorical" else ())
        for i, kind in enumerate(kinds)
    )
    joint = make_head(Schema(features), name)
    assert {type(block) for _, block in joint.blocks} == {type(head)}
    assert sorted(index for columns, _ in joint.blocks for index in columns) == [0, 1]
    assert joint.event_size == 2


def test_shapes_are_kept_eagerly_and_in_a_graph_of_unknown_shape(head):
    params = random_params(head, 4, 3)
    flat = tf.reshape(params, [12, -1])
    events = head.sample(flat, noise(head, 12))
    assert events.shape == (12, head.event_size) and events.dtype == tf.float32
    events = tf.reshape(events, [4, 3, -1])
    log_prob = head.log_prob(params, events)
    assert log_prob.shape == (4, 3) and log_prob.dtype == tf.float32
    assert head.mean(params).shape == (4, 3, head.event_size)

    def spec(*shape):
        return tf.TensorSpec(shape, tf.float32)

    signature = [spec(None, None, head.params_size), spec(None, None, head.event_size)]
    graph = tf.function(head.log_prob, input_signature=signature)
    np.testing.assert_allclose(graph(params, events), log_prob, rtol=1e-5, atol=1e-5)
    signature = [spec(None, head.params_size), spec(None, head.noise_size), spec(None), spec(None)]
    graph = tf.function(head.sample, input_signature=signature)
    bias, temperature = tf.linspace(0.0, 2.0, 12), tf.linspace(0.0, 2.0, 12)
    np.testing.assert_allclose(
        graph(flat, noise(head, 12), bias, temperature),
        head.sample(flat, noise(head, 12), bias, temperature),
        rtol=1e-4,
        atol=1e-5,
    )
    assert graph(flat[:0], noise(head, 12)[:0], bias[:0], temperature[:0]).shape[0] == 0


def test_half_precision_parameters_are_computed_in_float32(head):
    params = tf.cast(random_params(head, 6), tf.bfloat16)
    events = head.sample(params, noise(head, 6))
    log_prob = head.log_prob(params, events)
    assert events.dtype == log_prob.dtype == tf.float32
    expected = head.log_prob(tf.cast(params, tf.float32), events)
    np.testing.assert_array_equal(log_prob, expected)


SLOW = [pytest.param(*each, marks=pytest.mark.slow) for each in ((0.7, 1.0), (0.0, 0.5))]


@pytest.mark.parametrize(("bias", "temperature"), [(0.0, 1.0), (0.3, 1.7), *SLOW])
def test_samples_follow_the_distribution(head, bias, temperature):
    rows = 100_000
    params = random_params(head)
    settings = {"bias": bias, "temperature": temperature}
    ours = draw(head, params, rows, **settings)
    distribution = head.distribution(params, **settings)
    theirs = distribution.sample(rows, seed=(3, 4))
    assert theirs.shape == ours.shape
    assert distribution.event_shape == (head.event_size,) and distribution.batch_shape == ()
    for column in range(head.event_size):
        values = ours[:, column].numpy(), theirs[:, column].numpy()
        if not discrete(head, ours)[column]:
            assert stats.ks_2samp(*values).pvalue > 1e-3
        else:
            classes = np.unique(np.concatenate(values))
            table = [[(side == value).sum() for value in classes] for side in values]
            assert len(classes) == 1 or stats.chi2_contingency(table).pvalue > 1e-3
    scores = distribution.log_prob(ours).numpy(), distribution.log_prob(theirs).numpy()
    error = np.sqrt(sum(side.var() / rows for side in scores))
    assert abs(scores[0].mean() - scores[1].mean()) < 4.0 * error + 1e-6


def test_log_prob_and_mean_agree_with_samples(head):
    rows = 100_000
    params = random_params(head)
    events = draw(head, params, rows, seed=2)
    classed = discrete(head, events)
    if not classed.all():  # E[q(x) / p(x)] = 1 for a density q that p dominates
        numbers = tf.boolean_mask(events, ~classed, axis=1)
        loc, scale = tf.reduce_mean(numbers, 0), 0.5 * tf.math.reduce_std(numbers, 0)
        z = (numbers - loc) / scale
        log_q = -0.5 * tf.reduce_sum(z**2, -1) - tf.reduce_sum(
            tf.math.log(scale) + 0.5 * np.log(2 * np.pi)
        )
        log_q -= sum(np.log(len(np.unique(column))) for column in events.numpy().T[classed])
        log_p = head.log_prob(tf.broadcast_to(params, [rows, head.params_size]), events)
        ratio = tf.exp(log_q - log_p).numpy()
        assert abs(ratio.mean() - 1.0) < 4.0 * ratio.std() / np.sqrt(rows)
        error = np.std(events, axis=0) / np.sqrt(rows)
        close = np.abs(np.mean(events, axis=0) - head.mean(params)) < 4.0 * error
        assert close[~classed].all()
    else:
        classes, counts = np.unique(events.numpy(), axis=0, return_counts=True)
        own = tf.broadcast_to(params, [len(classes), head.params_size])
        expected = np.exp(head.log_prob(own, tf.constant(classes)).numpy().astype(np.float64))
        assert abs(expected.sum() - 1.0) < 1e-5
        assert stats.chisquare(counts, rows * expected / expected.sum()).pvalue > 1e-3


@pytest.mark.parametrize("scale", [0.3, 2.0])
def test_distribution_and_log_prob_agree(head, scale):
    params = random_params(head, 40, 5, scale=scale)
    events = head.sample(tf.reshape(params, [200, -1]), noise(head, 200))
    events = tf.reshape(events, [40, 5, -1])
    np.testing.assert_allclose(
        head.log_prob(params, events),
        head.distribution(params).log_prob(events),
        rtol=1e-4,
        atol=1e-5,
    )


EXTREMES = np.array([-1e4, -90.0, -40.0, 0.0, 40.0, 90.0, 1e4], np.float32)


def test_values_and_gradients_are_finite_at_extremes(head):
    rng = np.random.default_rng(5)
    params = tf.constant(rng.choice(EXTREMES, [2000, head.params_size]))
    constant = np.repeat(EXTREMES[:, None], head.params_size, axis=1)
    params = tf.concat([params, tf.constant(constant)], axis=0)
    rows = params.shape[0]
    events = head.sample(params, noise(head, rows))
    assert np.isfinite(events).all()
    for bias, temperature in [(5.0, 1e-30), (0.0, 0.0), (100.0, 1e4)]:
        assert np.isfinite(head.sample(params, noise(head, rows), bias, temperature)).all()
    edge = tf.concat([tf.fill([rows, 1], 2.0**-24), tf.fill([rows, 1], 1.0 - 2.0**-24)], axis=1)
    edge = tf.tile(edge, [1, head.noise_size])[:, : head.noise_size]
    assert np.isfinite(head.sample(params, edge)).all()
    if not discrete(head, events).all():
        far = tf.where(discrete(head, events), events, rng.choice(EXTREMES, events.shape))
        events, params = tf.concat([events, far], 0), tf.concat([params, params], 0)
    with tf.GradientTape() as tape:
        tape.watch([params, events])
        log_prob = head.log_prob(params, events)
    assert np.isfinite(log_prob).all()
    for gradient in tape.gradient(log_prob, [params, events]):
        assert gradient is None or np.isfinite(gradient).all()


def test_gradient_is_that_of_log_prob(head):
    params = random_params(head, 8)
    events = head.sample(params, noise(head, 8))
    with tf.GradientTape() as tape:
        tape.watch(params)
        log_prob = head.log_prob(params, events)
    gradient = tape.gradient(log_prob, params).numpy()
    rng = np.random.default_rng(0)
    for _ in range(5):  # along random directions
        direction = rng.normal(size=params.shape).astype(np.float32)
        step = 3e-3
        up = head.log_prob(params + step * direction, events)
        down = head.log_prob(params - step * direction, events)
        slope = (up - down).numpy() / (2 * step)
        np.testing.assert_allclose((gradient * direction).sum(-1), slope, rtol=1e-2, atol=1e-2)


def test_temperature_zero_ignores_the_noise_and_is_the_limit(head):
    params = random_params(head, 50)
    first = head.sample(params, noise(head, 50, seed=1), temperature=0.0)
    second = head.sample(params, noise(head, 50, seed=2), temperature=tf.zeros(50))
    np.testing.assert_array_equal(first, second)
    near = head.sample(params, noise(head, 50, seed=3), temperature=1e-8)
    np.testing.assert_allclose(near, first, atol=1e-2)
    assert np.isfinite(head.log_prob(params, first)).all()


def test_a_row_depends_on_its_own_bias_temperature_and_noise_only(head):
    params, uniform = random_params(head, 6), noise(head, 6)
    bias = tf.constant([0.0, 0.5, 0.0, 2.0, 0.0, np.nan])
    temperature = tf.constant([1.0, 1.0, 0.0, 0.3, np.inf, 1.0])
    together = head.sample(params, uniform, bias, temperature)
    for row in range(5):
        alone = head.sample(
            params[row : row + 1], uniform[row : row + 1], float(bias[row]), float(temperature[row])
        )
        np.testing.assert_allclose(together[row], alone[0], rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(head.sample(params, uniform)[0], together[0])


def test_a_missing_event_is_skipped_and_leaks_nowhere(head):
    joint = JointHead([(tuple(range(head.event_size)), head)])
    params = random_params(head, 3)
    events = head.sample(params, noise(head, 3)).numpy()
    events[1, -1] = np.nan
    with tf.GradientTape() as tape:
        tape.watch(params)
        log_prob = joint.log_prob(params, tf.constant(events))
    gradient = tape.gradient(log_prob, params).numpy()
    expected = head.log_prob(params, tf.constant(events)).numpy()
    if not head.handles_missing:
        assert log_prob[1] == 0.0 and (gradient[1] == 0.0).all()
    np.testing.assert_array_equal(log_prob.numpy()[[0, 2]], expected[[0, 2]])
    assert np.isfinite(gradient).all() and (gradient[[0, 2]] != 0.0).any(axis=-1).all()


def test_fixed_columns_are_as_given_and_free_rows_as_without(head):
    params, uniform = random_params(head, 60), noise(head, 60)
    free = head.sample(params, uniform, 0.3, 0.8)
    fixed = np.full(free.shape, np.nan, np.float32)
    fixed[::2, -1] = head.sample(params, noise(head, 60, seed=9)).numpy()[::2, -1]
    drawn = head.sample(params, uniform, 0.3, 0.8, fixed=tf.constant(fixed)).numpy()
    np.testing.assert_array_equal(drawn[1::2], free[1::2])
    np.testing.assert_array_equal(drawn[::2, -1], fixed[::2, -1])
    assert np.isfinite(drawn).all()
    everything = head.sample(params, noise(head, 60, seed=3))
    np.testing.assert_array_equal(head.sample(params, uniform, fixed=everything), everything)


def test_maximum_likelihood_recovers_a_known_distribution(head):
    rows = 2000
    true = random_params(head, scale=1.0)
    data = draw(head, true, rows, seed=7)
    rng = np.random.default_rng(3)
    params = tf.Variable(rng.normal(0.0, 0.1, head.params_size).astype(np.float32))
    moments = [tf.Variable(tf.zeros_like(params)) for _ in range(2)]

    @tf.function
    def fit(steps):  # Adam
        for step in tf.range(1.0, steps + 1.0):
            with tf.GradientTape() as tape:
                own = tf.broadcast_to(params, [rows, head.params_size])
                loss = -tf.reduce_mean(head.log_prob(own, data))
            gradient = tape.gradient(loss, params)
            moments[0].assign(0.9 * moments[0] + 0.1 * gradient)
            moments[1].assign(0.99 * moments[1] + 0.01 * gradient**2)
            scale = tf.sqrt(moments[1] / (1.0 - 0.99**step)) + 1e-8
            params.assign_sub(0.03 * moments[0] / (1.0 - 0.9**step) / scale)

    fit(tf.constant(400.0))
    fresh = draw(head, true, rows, seed=8)
    scores = [
        head.log_prob(tf.broadcast_to(own, [rows, head.params_size]), fresh).numpy()
        for own in (true, params)
    ]
    assert 0.0 <= np.mean(scores[0] - scores[1]) + 0.02 < 0.12  # a divergence in nats
