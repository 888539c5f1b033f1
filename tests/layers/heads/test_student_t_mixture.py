"""The head with heavy tails, against SciPy in float64."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats
from scipy.special import log_softmax, logsumexp, softmax

from hachi_tf.errors import UserError
from hachi_tf.layers.heads import StudentTMixture, make_head
from hachi_tf.schema import Feature, Schema
from tests.layers.heads.test_gaussian_mixture import noise


def parts(head, params):
    """Logits [B, M], then locations, scales and degrees of freedom [B, D, M], float64."""
    size, dims = head.num_components, head.num_dims
    logits, raw = np.float64(params)[:, :size], np.float64(params)[:, size:]
    loc, log_scale, log_df = np.split(raw.reshape(len(raw), 3 * dims, size), 3, axis=1)
    df = 2.0 + 4.0 * np.exp(np.clip(log_df, -5.0, 5.0))
    return logits, loc, np.exp(np.clip(log_scale, -7.0, 7.0)), df


def draw(head, rows, seed=0, scale=1.0):
    rng = np.random.default_rng(seed)
    params = rng.normal(0.0, scale, [rows, head.params_size]).astype(np.float32)
    return params, head.sample(params, noise(rows, head.noise_size, seed)).numpy()


@pytest.mark.parametrize(("dims", "size", "scale"), [(1, 1, 1.0), (1, 5, 3.0), (3, 4, 1.0)])
def test_log_prob_is_that_of_scipy(dims, size, scale):
    head = StudentTMixture(dims, size)
    params, events = draw(head, 500, scale=scale)
    logits, loc, spread, df = parts(head, params)
    x = np.float64(events)[:, :, None]
    columns = stats.t.logpdf(x, df, loc, spread).sum(1)
    expected = logsumexp(log_softmax(logits, axis=1) + columns, axis=1)
    np.testing.assert_allclose(head.log_prob(params, events), expected, rtol=2e-6, atol=4e-6)
    assert head.params_size == size * (1 + 3 * dims) and head.noise_size == 1 + 2 * dims


def test_the_tails_and_all_degrees_of_freedom_are_exact():
    head = StudentTMixture(1, 1)
    z, log_df = np.meshgrid([0.0, 1e-3, 1.0, 30.0, 1e4, 1e7], np.linspace(-6.0, 6.0, 49))
    params = np.stack([0 * z, 0 * z, 0 * z, log_df], -1).reshape(-1, 4).astype(np.float32)
    events = z.reshape(-1, 1).astype(np.float32)
    df = parts(head, params)[3][:, 0, 0]
    expected = stats.t.logpdf(np.float64(events[:, 0]), df)
    np.testing.assert_allclose(head.log_prob(params, events), expected, rtol=2e-6, atol=3e-7)
    assert df.min() == pytest.approx(2.027, abs=1e-3) and df.max() == pytest.approx(595.7, abs=0.1)


@pytest.mark.parametrize("log_df", [-5.0, 0.0, 5.0])
def test_two_uniform_numbers_make_a_student_t(log_df):
    head, rows = StudentTMixture(1, 1), 200_000
    params = np.tile(np.float32([[0.0, 3.0, 0.5, log_df]]), [rows, 1])
    drawn = head.sample(params, noise(rows, 3, 5)).numpy()[:, 0]
    df = 2.0 + 4.0 * np.exp(log_df)
    assert stats.kstest(drawn, stats.t(df, 3.0, np.exp(0.5)).cdf).pvalue > 1e-3
    for share in (0.001, 0.05, 0.95, 0.999):  # far out too
        below = (drawn < stats.t.ppf(share, df, 3.0, np.exp(0.5))).mean()
        assert abs(below - share) < 4.0 * np.sqrt(share * (1 - share) / rows)


def test_columns_of_a_component_are_independent_and_the_mixture_ties_them():
    head, rows = StudentTMixture(2, 2), 100_000
    # Two components of equal weight at (-3, -3) and (3, 3).
    raw = [0.0, 0.0, -3.0, 3.0, -3.0, 3.0, 0.0, 0.0, 0.0, 0.0, 2.0, 2.0, 2.0, 2.0]
    params = np.tile(np.float32([raw]), [rows, 1])
    drawn = head.sample(params, noise(rows, 5, 2)).numpy()
    assert np.corrcoef(drawn.T)[0, 1] > 0.8
    own = drawn[drawn.sum(1) > 0]
    assert abs(np.corrcoef(own.T)[0, 1]) < 0.02


def test_bias_and_temperature_act_on_weights_and_scales():
    head = StudentTMixture(1, 3)
    params, _ = draw(head, 1)
    bias, temperature, rows = 0.7, 0.5, 100_000
    logits, loc, scale, df = (part[0] for part in parts(head, params))
    weights = softmax(logits * (1 + bias) / temperature)
    scale = scale[0] * np.exp(-bias) * np.sqrt(temperature)
    own = np.tile(params, [rows, 1])
    drawn = head.sample(own, noise(rows, 3, 1), bias, temperature).numpy()[:, 0]

    def cdf(x):
        return sum(w * stats.t.cdf(x, v, m, s) for w, v, m, s in
                   zip(weights, df[0], loc[0], scale, strict=True))  # fmt: skip

    assert stats.kstest(drawn, cdf).pvalue > 1e-3
    zero = head.sample(own[:1], noise(1, 3), 0.0, 0.0).numpy()[0, 0]
    assert zero == np.float32(loc[0, np.argmax(logits)])


def test_a_fixed_column_says_which_component_it_is():
    head, rows = StudentTMixture(2, 3), 100_000
    params, _ = draw(head, 1, seed=4)
    logits, loc, scale, df = (part[0] for part in parts(head, params))
    fixed = np.tile(np.float32([[0.8, np.nan]]), [rows, 1])
    own = np.tile(params, [rows, 1])
    drawn = head.sample(own, noise(rows, 5, 3), 0.2, 1.3, fixed=tf.constant(fixed)).numpy()
    scale = scale * np.exp(-0.2) * np.sqrt(1.3)
    seen = stats.t.logpdf(np.float64(np.float32(0.8)), df[0], loc[0], scale[0])
    weights = softmax(logits * 1.2 / 1.3 + seen)

    def cdf(x):
        return sum(w * stats.t.cdf(x, v, m, s) for w, v, m, s in
                   zip(weights, df[1], loc[1], scale[1], strict=True))  # fmt: skip

    assert stats.kstest(drawn[:, 1], cdf).pvalue > 1e-3
    assert (drawn[:, 0] == np.float32(0.8)).all()


def test_a_schema_gets_it_for_its_continuous_columns():
    schema = Schema((Feature("open"), Feature("weekday", role="known"), Feature("close")))
    head = make_head(schema, "student_t_mixture", 7)
    ((columns, block),) = head.blocks
    assert columns == (0, 1) and type(block) is StudentTMixture
    assert (block.num_dims, block.num_components) == (2, 7)


@pytest.mark.parametrize("options", [{"num_dims": 0}, {"num_components": 0}])
def test_numbers_out_of_range_are_refused(options):
    with pytest.raises(UserError, match="at least 1"):
        StudentTMixture(**options)
