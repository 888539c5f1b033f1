"""The density of the next points, responsibilities and alignments, against NumPy in float64."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.evaluation.density import NextPoints, page_density
from hachi_tf.evaluation.expectations import alignment, next_points
from hachi_tf.layers.heads import make_head
from hachi_tf.models.prediction_network import PredictionNetwork
from hachi_tf.models.synthesis_network import SynthesisNetwork
from hachi_tf.schema import Feature, Schema
from hachi_tf.transforms import Chain, Standardize

STROKES = Schema((Feature("dx"), Feature("dy"), Feature("end_of_stroke", "binary")), True)
TRANSFORMS = Chain([Standardize([0, 1], [3.0, -1.0], [5.0, 7.0])])
RANDOM = np.random.default_rng(4)
EVENTS = np.column_stack([RANDOM.normal(3, 5, (12, 2)), RANDOM.integers(0, 2, 12)])


def make_network(schema=STROKES, head=None, mixtures=4, text=False):
    head = make_head(schema, head, mixtures)
    kwargs = {"num_layers": 1, "hidden_size": 8}
    if text:
        network = SynthesisNetwork(schema, head, "abc ", window_components=2, **kwargs)
    else:
        network = PredictionNetwork(schema, head, **kwargs)
    network.build()
    for index, weight in enumerate(network.weights):
        if "output" in weight.path:
            weight.assign(tf.random.stateless_normal(weight.shape, [index, 7], stddev=0.7))
    return network


def made_up(steps=5, mixtures=3):
    random = np.random.default_rng(1)
    weights = random.dirichlet(np.ones(mixtures), steps)
    loc = random.normal(0, 20, (steps, mixtures, 2))
    log_scale = random.normal(1.0, 0.5, (steps, mixtures, 2))
    r = random.normal(0, 1.0, (steps, mixtures))
    points = loc[:, 0] + random.normal(0, 3, (steps, 2))
    return NextPoints(points, np.log(weights), loc, log_scale, r)


def direct_density(predicted, at, blur=0.0):
    """The components' densities, weighted, [T, M] at a point, by covariance matrices."""
    out = np.zeros(predicted.log_weights.shape)
    for index in np.ndindex(out.shape):
        one, two = np.exp(predicted.log_scale[index])
        cross = one * two * np.tanh(predicted.atanh_correlation[index])
        covariance = np.array([[one**2, cross], [cross, two**2]]) + blur**2 * np.eye(2)
        offset = at - predicted.loc[index]
        exponent = -0.5 * offset @ np.linalg.solve(covariance, offset)
        norm = 2 * np.pi * np.sqrt(np.linalg.det(covariance))
        out[index] = np.exp(predicted.log_weights[index] + exponent) / norm
    return out


def test_points_and_mixtures_are_those_of_the_head_in_data_units():
    network = make_network()
    predicted = next_points(network, TRANSFORMS, EVENTS)
    np.testing.assert_allclose(predicted.points, np.cumsum(EVENTS[:, :2], axis=0), rtol=1e-12)

    shifted = TRANSFORMS.forward(np.concatenate([EVENTS[:1], EVENTS[:-1]]).astype(np.float32))
    shifted[0] = 0
    params = network(shifted[None])[0][0].numpy().astype(np.float64)
    logits, mu1, mu2, s1, s2, r = np.split(params[:, :24], 6, axis=1)
    origins = np.cumsum(EVENTS[:, :2], axis=0) - EVENTS[:, :2]
    loc = np.stack([origins[:, :1] + 3 + 5 * mu1, origins[:, 1:] - 1 + 7 * mu2], -1)
    np.testing.assert_allclose(predicted.loc, loc, atol=1e-4)
    scales = np.stack([s1 + np.log(5), s2 + np.log(7)], -1)
    np.testing.assert_allclose(predicted.log_scale, scales, atol=1e-5)
    np.testing.assert_allclose(predicted.atanh_correlation, r, atol=1e-5)
    weights = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(predicted.weights, weights, atol=1e-6)


@pytest.mark.parametrize("head", [None, "gaussian_mixture(covariance='diag')"])
def test_log_prob_is_that_of_the_head_with_the_transforms_part(head):
    network = make_network(head=head)
    predicted = next_points(network, TRANSFORMS, EVENTS)
    inputs = TRANSFORMS.forward(EVENTS.astype(np.float32))
    shifted = np.concatenate([np.zeros([1, 3], np.float32), inputs[:-1]])
    params, _ = network(shifted[None])
    targets = np.column_stack([inputs, np.zeros(12)]).astype(np.float32)
    block = network.head.log_probs(params[0], tf.constant(targets))[0]
    np.testing.assert_allclose(predicted.log_prob(), block - np.log(35.0), atol=1e-3)


def test_responsibilities_are_bayes_rule_and_sum_to_1():
    predicted = made_up()
    shares = predicted.responsibilities()
    np.testing.assert_allclose(shares.sum(1), 1.0, rtol=1e-12)
    for step, point in enumerate(predicted.points):
        joint = direct_density(predicted, point)[step]
        np.testing.assert_allclose(shares[step], joint / joint.sum(), rtol=1e-9)
        assert predicted.log_prob()[step] == pytest.approx(np.log(joint.sum()), rel=1e-9)


def test_responsibilities_of_a_point_that_nothing_expected_are_finite():
    predicted = made_up()
    far = dataclasses.replace(predicted, points=predicted.points + 1e6)
    np.testing.assert_allclose(far.responsibilities().sum(1), 1.0, rtol=1e-12)


@pytest.mark.parametrize("blur", [0.0, 1.5])
def test_density_of_the_page_is_the_sum_over_steps_and_components(blur):
    predicted = made_up()
    xs, ys = np.linspace(-50, 50, 9), np.linspace(-40, 60, 7)
    density = np.exp(predicted.log_density(xs, ys, blur))
    direct = [[direct_density(predicted, [x, y], blur).sum() for x in xs] for y in ys]
    np.testing.assert_allclose(density, direct, rtol=1e-8, atol=1e-12)


def test_density_has_the_mass_of_its_steps_on_a_fine_and_on_a_coarse_grid():
    predicted = made_up(steps=5)
    for step, blur in ((0.2, 0.0), (8.0, 4.0)):
        grid = np.arange(-140, 140, step)
        mass = np.exp(predicted.log_density(grid, grid, blur)).sum() * step**2
        assert mass == pytest.approx(5.0, rel=0.01), step


def test_density_is_finite_where_exponentials_are_not():
    sharp = made_up()
    sharp = dataclasses.replace(sharp, log_scale=sharp.log_scale - 150.0)
    # Components sharper than any grid: one at a grid point, the rest between two.
    x, y = sharp.loc[0, 0]
    found = sharp.log_density(np.array([x]), np.array([y]))[0, 0]
    log_scales, r = sharp.log_scale[0, 0].sum(), sharp.atanh_correlation[0, 0]
    expected = sharp.log_weights[0, 0] - np.log(2 * np.pi) - log_scales + np.log(np.cosh(r))
    assert expected > 280 and found == pytest.approx(expected, abs=1e-6)
    assert sharp.log_density(np.array([1e9]), np.array([0.0]))[0, 0] == -np.inf


def test_page_holds_the_drawing_in_square_cells_and_nearly_all_the_mass():
    page = page_density(next_points(make_network(), TRANSFORMS, EVENTS), num_cells=20_000)
    left, top, right, bottom = page.extent
    points = np.concatenate([np.zeros([1, 2]), np.cumsum(EVENTS[:, :2], axis=0)])
    assert (points > [left, top]).all() and (points < [right, bottom]).all()
    height, width = page.log_density.shape
    assert (right - left) / width == pytest.approx((bottom - top) / height, rel=1e-9)
    assert 19_000 < width * height < 21_000
    mass = np.exp(page.log_density).sum() * ((right - left) / width) ** 2
    assert 4 < mass < 12.1


def test_page_of_a_single_dot_has_a_size():
    dot = np.array([[0.0, 0.0, 1.0]])
    page = page_density(next_points(make_network(), TRANSFORMS, dot), num_cells=1000)
    left, top, right, bottom = page.extent
    assert left < 0 < right and top < 0 < bottom and np.isfinite(page.log_density).any()


def test_a_column_with_a_quantum_counts_at_the_middle_of_its_cell():
    grid = Schema((Feature("dx", quantum=2.0), Feature("dy"), Feature("end", "binary")))
    predicted = next_points(make_network(grid), TRANSFORMS, np.round(EVENTS))
    expected = np.cumsum(np.round(EVENTS)[:, :2], axis=0) + [1.0, 0.0]
    np.testing.assert_allclose(predicted.points, expected)


def test_alignment_is_the_windows_own_and_leaves_unknown_characters_out():
    network = make_network(text=True)
    found = alignment(network, TRANSFORMS, EVENTS, "ab\u00e9 c")
    assert found.text == "ab c" and found.weights.shape == (12, 4)
    inputs = TRANSFORMS.forward(EVENTS.astype(np.float32))
    shifted = np.concatenate([np.zeros([1, 3], np.float32), inputs[:-1]])[None]
    context = network.encode(tf.constant(["ab c"]))
    np.testing.assert_allclose(found.weights, network.window(shifted, context)[0], atol=1e-6)


def test_a_text_changes_what_is_expected():
    network = make_network(text=True)
    one, other = (next_points(network, TRANSFORMS, EVENTS, text) for text in ("abc", "cba"))
    assert np.abs(one.loc - other.loc).max() > 1e-3
    np.testing.assert_array_equal(one.points, other.points)


@pytest.mark.parametrize(
    "network, text, events, message",
    [
        ("plain", "abc", EVENTS, "no text"),
        ("text", None, EVENTS, "characters that the network knows"),
        ("text", "xyz", EVENTS, "characters that the network knows"),
        ("plain", None, EVENTS[:0], "rows of dx, dy, end_of_stroke"),
        ("plain", None, EVENTS[:, :2], "rows of dx, dy, end_of_stroke"),
        ("plain", None, EVENTS * np.nan, "finite events"),
        ("series", None, EVENTS[:, :1], "a network of strokes"),
        ("heavy tails", None, EVENTS, "one mixture of Gaussians.*; got StudentTMixture, Bern"),
    ],
)
def test_what_does_not_fit_is_refused(network, text, events, message):
    if network == "series":
        made = make_network(Schema((Feature("price"),)))
    else:
        head = "student_t_mixture" if network == "heavy tails" else None
        made = make_network(head=head, text=network == "text")
    with pytest.raises(UserError, match=message):
        next_points(made, Chain([]) if network == "series" else TRANSFORMS, events, text)


def test_an_alignment_needs_a_network_that_reads():
    with pytest.raises(UserError, match="reads"):
        alignment(make_network(), TRANSFORMS, EVENTS, "abc")
