"""The head that couples all columns of an event, against NumPy in float64."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import log_expit, log_softmax, logsumexp

from hachi_tf.errors import UserError
from hachi_tf.layers.heads import Bernoulli, Categorical, EventMixture, GaussianMixture, make_head
from hachi_tf.schema import Feature, Schema
from tests.layers.heads.test_gaussian_mixture import noise, stock_mixture

HEADS = {
    "all kinds": EventMixture(2, (3, 5), 2, 4),
    "four numbers, full": EventMixture(4, (6,), 0, 3, "full"),
    "one number": EventMixture(1, (2,), 1, 3),
    "diag": EventMixture(3, (4,), 1, 3, "diag"),
    "no number": EventMixture(0, (4, 3), 1, 5),
    "no class": EventMixture(3, (), 2, 3),
}
MUSIC = Schema(
    (
        Feature("channel", "categorical", classes=("a", "b", "c")),
        Feature("pitch"),
        Feature("hour", role="known"),
        Feature("pedal", "binary"),
        Feature("velocity"),
    ),
    end_of_sequence=True,
)


def draw(head, rows, seed=0, scale=1.0):
    rng = np.random.default_rng(seed)
    params = rng.normal(0, scale, [rows, head.params_size]).astype(np.float32)
    return params, head.sample(params, noise(rows, head.noise_size, seed)).numpy()


def parts(head, params):
    """Logits [B, M], Gaussians' parameters, binary logits [B, I, M], class logits [B, K, M]."""
    size = head.num_components
    gaussians = GaussianMixture(max(head.num_dims, 1), size, head.covariance).params_size - size
    sizes = [size, gaussians if head.num_dims else 0, head.num_binary * size]
    sizes += [size * each for each in head.classes]
    assert sum(sizes) == head.params_size
    logits, raw, *rest = np.split(np.float64(params), np.cumsum(sizes)[:-1], axis=1)
    return logits, raw, *(each.reshape(len(params), -1, size) for each in rest)


def by_component(head, params, events):
    """The log probability of each component, [B, M], and of each column given it, [B, M] each."""
    logits, raw, binary, *classes = parts(head, params)
    columns = []
    if head.num_dims:
        mixture = GaussianMixture(head.num_dims, head.num_components, head.covariance)
        stock = stock_mixture(mixture, np.concatenate([logits, raw], axis=1))
        x = np.float64(events[:, None, : head.num_dims])
        columns.append(stock.components_distribution.log_prob(x).numpy())
    discrete = events[:, head.num_dims :]
    for index in range(head.num_binary):
        columns.append(log_expit(binary[:, index] * (2 * discrete[:, index, None] - 1)))
    for index, own in enumerate(classes):
        chosen = discrete[:, head.num_binary + index].astype(int)
        columns.append(log_softmax(own, axis=1)[np.arange(len(own)), chosen])
    return log_softmax(logits, axis=1), columns


@pytest.mark.parametrize("name", HEADS)
def test_log_prob_is_the_mixture_of_products(name):
    head = HEADS[name]
    params, events = draw(head, 300)
    weights, columns = by_component(head, params, events)
    expected = logsumexp(weights + sum(columns), axis=1)
    np.testing.assert_allclose(head.log_prob(params, events), expected, rtol=1e-5, atol=2e-5)
    assert head.noise_size == 1 + head.event_size == 1 + events.shape[1]


@pytest.mark.parametrize("name", HEADS)
def test_what_is_missing_is_left_out_exactly(name):
    head = HEADS[name]
    params, events = draw(head, 64)
    weights, columns = by_component(head, params, events)
    rng = np.random.default_rng(1)
    missing = rng.random(events.shape) < 0.4
    missing[0] = True
    blocks = [missing[:, : head.num_dims].any(axis=1)] if head.num_dims else []
    blocks += list(missing[:, head.num_dims :].T)
    kept = sum(np.where(out[:, None], 0, own) for out, own in zip(blocks, columns, strict=True))
    with tf.GradientTape() as tape:
        variable = tf.constant(params)
        tape.watch(variable)
        log_prob = head.log_prob(variable, np.where(missing, np.nan, events).astype(np.float32))
    expected = logsumexp(weights + kept, axis=1)
    np.testing.assert_allclose(log_prob, expected, rtol=1e-5, atol=2e-5)
    gradient = tape.gradient(log_prob, variable).numpy()
    assert np.isfinite(gradient).all()
    assert log_prob[0] == 0.0 and not gradient[0].any()
    for row, out in enumerate(np.transpose(blocks)):  # a missing column has no gradient
        own = [piece for piece in np.split(gradient[row], np.cumsum(head._sizes)[:-1])][1:]
        if head.num_dims:
            assert out[0] == (not own[0].any())


def test_marginals_are_sums_over_the_classes():
    head = EventMixture(1, (3,), 1, 4)
    params, events = draw(head, 50)
    total = 0.0
    for value in range(3):
        events[:, 2] = value
        total += np.exp(head.log_prob(params, events).numpy())
    events[:, 2] = np.nan
    np.testing.assert_allclose(np.exp(head.log_prob(params, events)), total, rtol=1e-5)
    events[:, 2] = 7.0  # a class that does not exist
    np.testing.assert_allclose(np.exp(head.log_prob(params, events)), total, rtol=1e-5)


def test_one_component_is_the_heads_apart():
    together, gaussians = EventMixture(3, (4,), 1, 1), GaussianMixture(3, 1)
    params, events = draw(together, 40)
    apart = (
        gaussians.log_prob(params[:, : gaussians.params_size], events[:, :3])
        + Bernoulli().log_prob(params[:, -5:-4], events[:, 3:4])
        + Categorical(4).log_prob(params[:, -4:], events[:, 4:])
    )
    np.testing.assert_allclose(together.log_prob(params, events), apart, rtol=1e-5, atol=1e-5)


def test_a_class_and_a_number_depend_on_each_other():
    """Two components: class 0 near -5, class 1 near 5."""
    head, rows = EventMixture(1, (2,), 0, 2), 4000
    params = np.float32([0, 1, -5, 5, 0, 0, 9, -9, -9, 9])
    events = head.sample(np.tile(params, [rows, 1]), noise(rows, head.noise_size)).numpy()
    np.testing.assert_array_equal(events[:, 0] > 0, events[:, 1] == 1)
    assert abs(events[:, 1].mean() - 1 / (1 + np.exp(-1))) < 0.03
    np.testing.assert_allclose(head.mean(params), [5 * (2 / (1 + np.exp(-1)) - 1), 1], rtol=1e-5)


def test_temperature_zero_is_the_likeliest_of_the_likeliest_component():
    head = HEADS["all kinds"]
    params, _ = draw(head, 40, scale=3.0)
    logits, raw, binary, *classes = parts(head, params)
    best, rows = logits.argmax(axis=1), np.arange(40)
    loc = raw.reshape(40, -1, head.num_components)[rows, :2, best]
    chosen = [own[rows, :, best].argmax(axis=1)[:, None] for own in classes]
    expected = np.concatenate([loc, binary[rows, :, best] > 0, *chosen], axis=1)
    drawn = head.sample(params, noise(40, head.noise_size), bias=1.0, temperature=0.0)
    np.testing.assert_allclose(drawn, expected, rtol=1e-6)


def test_the_bias_acts_on_weights_and_gaussians_and_not_on_classes():
    head, rows = EventMixture(1, (2,), 0, 2), 50_000
    params = np.float32([0.5, 0, -50, 50, 0, 1, 0.7, 0, 0, 0])
    events = head.sample(np.tile(params, [rows, 1]), noise(rows, 3), bias=1.0).numpy()
    low = events[events[:, 0] < 0]
    assert abs(len(low) / rows - 1 / (1 + np.exp(-1.0))) < 0.01
    np.testing.assert_allclose(low[:, 0].std(), np.exp(-1.0), rtol=0.02)
    assert abs(low[:, 1].mean() - 1 / (1 + np.exp(0.7))) < 0.01


def test_options_couple_the_columns_in_one_block():
    head = make_head(MUSIC, "gaussian_mixture(coupling='mixture', covariance='diag')", 7)
    ((columns, block),) = head.blocks
    assert columns == (1, 3, 2, 0) and isinstance(block, EventMixture)
    assert block.get_config() == {
        "num_dims": 2, "classes": [3], "num_binary": 1, "num_components": 7, "covariance": "diag"
    }  # fmt: skip
    assert head.params_size == 7 * (1 + 4 + 1 + 3) + 1 and head.event_size == 5
    events = np.float32([[2, 0.5, 1, -0.5, 0], [np.nan, 0.5, 1, -0.5, 1]])
    params = np.random.default_rng(0).normal(size=[2, head.params_size]).astype(np.float32)
    own = block.log_prob(params[:, :-1], events[:, columns])
    end = Bernoulli().log_prob(params[:, -1:], events[:, 4:])
    np.testing.assert_allclose(head.log_prob(params, events), own + end, rtol=1e-6)


def test_twenty_components_over_four_numbers_and_sixteen_classes():
    columns = [Feature(f"x{i}") for i in range(4)]
    schema = Schema(
        (*columns, Feature("channel", "categorical", classes=tuple("0123456789abcdef")))
    )
    assert make_head(schema, "gaussian_mixture(coupling='mixture')").params_size == 20 * 31


def test_only_numbers_need_no_coupling_and_only_classes_can_have_it():
    numbers = make_head(
        Schema((Feature("x"), Feature("y"))), "gaussian_mixture(coupling='mixture')"
    )
    assert [type(block) for _, block in numbers.blocks] == [GaussianMixture]
    pens = Schema((Feature("a", "binary"), Feature("b", "binary")))
    ((columns, block),) = make_head(pens, "gaussian_mixture(coupling='mixture')", 3).blocks
    assert columns == (0, 1) and block.get_config()["num_dims"] == 0
    apart = make_head(MUSIC, "gaussian_mixture(coupling='independent')")
    assert len(apart.blocks) == 3


@pytest.mark.parametrize(
    "config", [{"num_dims": -1}, {"classes": (0,)}, {"num_components": 0}, {"covariance": "x"},
               {"num_dims": 0, "classes": (), "num_binary": 0}]
)  # fmt: skip
def test_bad_settings_are_refused(config):
    with pytest.raises(UserError):
        EventMixture(**config)


@pytest.mark.parametrize(
    ("options", "words"),
    [("coupling='both'", "coupling"), ("coupling='mixture', num_dims=3", "num_components=20")],
)
def test_bad_options_name_what_is_allowed(options, words):
    with pytest.raises(UserError, match=words):
        make_head(MUSIC, f"gaussian_mixture({options})")
