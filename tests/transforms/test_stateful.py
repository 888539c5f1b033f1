"""Transforms with a memory: log returns, differences, the scale of a series."""

import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.transforms import Chain, Changes, SeriesScale, Standardize, StandardizeKnown

MAKE = {
    "log returns": lambda: Changes([0, 2], log=True),
    "differences": lambda: Changes([0, 2]),
    "scale": lambda: SeriesScale([0, 2]),
    "chain": lambda: Chain(
        [StandardizeKnown([1]), Changes([2], log=True), SeriesScale([0]), Standardize([0])]
    ),
}


@pytest.fixture(params=MAKE)
def fitted(request):
    return MAKE[request.param]().fit(walks(6))


def walks(count, length=40, seed=0, missing=False):
    """Positive random walks `[T, 3]`, of sizes from 1 to 8."""
    generator = np.random.default_rng(seed)
    series = []
    for index in range(count):
        steps = generator.normal(0.001, 0.02, (length, 3))
        values = 2.0 ** (index % 4) * np.exp(np.cumsum(steps, axis=0))
        if missing:
            values[generator.random(values.shape) < 0.3] = np.nan
        series.append(values.astype(np.float32))
    return series


def whole(transform, events):
    """Values, log_det and the memory after, in one piece from the beginning."""
    memory = transform.remember(events, np.zeros(transform.state_size, np.float32))
    return transform.forward(events, memory[:-1]), transform.log_det(events, memory[:-1]), memory


@pytest.mark.parametrize("missing", [False, True])
def test_a_sequence_comes_back(fitted, missing):
    for events in walks(4, seed=1, missing=missing):
        values, _, memory = whole(fitted, events)
        np.testing.assert_array_equal(fitted.forward(events), values)
        np.testing.assert_array_equal(np.isnan(values), np.isnan(events))
        np.testing.assert_allclose(fitted.inverse(values), events, rtol=2e-5)
        np.testing.assert_allclose(fitted.inverse(values, memory[:-1]), events, rtol=2e-6)
        assert memory.shape == (len(events) + 1, fitted.state_size) and np.isfinite(memory).all()


@pytest.mark.parametrize("missing", [False, True])
def test_event_by_event_and_in_chunks_it_is_the_same(fitted, missing):
    (events,) = walks(1, seed=2, missing=missing)
    values, log_det, memories = whole(fitted, events)
    memory = np.zeros(fitted.state_size, np.float32)
    for t, event in enumerate(events):
        np.testing.assert_allclose(memory, memories[t], rtol=2e-6)
        np.testing.assert_allclose(fitted.forward(event, memory), values[t], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(fitted.log_det(event, memory), log_det[t], rtol=1e-5)
        memory = fitted.remember(event[None], memory)[-1]
    start = np.zeros(fitted.state_size, np.float32)
    for begin, end in ((0, 1), (1, 17), (17, 40)):
        part = fitted.remember(events[begin:end], start)
        np.testing.assert_allclose(part, memories[begin : end + 1], rtol=2e-6)
        start = part[-1]


def test_batches_in_a_graph_agree_with_arrays(fitted):
    events = np.stack(walks(3, missing=True))

    @tf.function(input_signature=[tf.TensorSpec([None, None, 3])])
    def graph(events):
        memory = tf.zeros([tf.shape(events)[0], fitted.state_size])
        memory = fitted.remember(events, memory)
        before = memory[:, :-1]
        values = fitted.forward(events, before)
        return values, fitted.log_det(events, before), memory, fitted.inverse(values, before)

    values, log_det, memory, back = graph(events)
    for row, own in enumerate(events):
        ours = whole(fitted, own)
        np.testing.assert_allclose(values[row], ours[0], rtol=1e-5, atol=2e-5)
        np.testing.assert_allclose(log_det[row], ours[1], rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(memory[row], ours[2], rtol=2e-6)
    np.testing.assert_allclose(back, events, rtol=2e-6)
    empty = graph(events[:, :0])
    assert empty[0].shape == (3, 0, 3) and empty[2].shape == (3, 1, fitted.state_size)
    assert graph(events[:0])[0].shape == (0, 40, 3)


def test_log_det_is_that_of_the_whole_sequence(fitted):
    """By numerical differentiation; the known column of the chain counts for nothing."""
    (events,) = walks(1, 7, seed=3)
    if not isinstance(fitted, Chain):  # `Standardize` adds its number to a missing step too
        events[3, 0] = np.nan
    _, log_det, _ = whole(fitted, events)
    columns = [0, 2] if isinstance(fitted, Chain) else [0, 1, 2]
    places = [(t, c) for t in range(7) for c in columns if not np.isnan(events[t, c])]
    jacobian = np.zeros([len(places)] * 2)
    for index, (t, column) in enumerate(places):
        step = 0.01 * events[t, column]
        up, down = events.copy(), events.copy()
        up[t, column] += step
        down[t, column] -= step
        width = np.float64(up[t, column]) - down[t, column]
        slope = (fitted.forward(up).astype(float) - fitted.forward(down)) / width
        jacobian[:, index] = [slope[place] for place in places]
    sign, expected = np.linalg.slogdet(jacobian)
    assert sign == 1.0
    np.testing.assert_allclose(log_det.sum(), expected, rtol=2e-3)
    assert np.abs(np.triu(jacobian, 1)).max() < 1e-3 * np.abs(jacobian).max()  # no future


def test_log_returns_are_what_they_are_called():
    series = walks(5)
    fitted = Changes([0], log=True).fit(series)
    returns = np.concatenate([np.diff(np.log(np.float64(each[:, 0]))) for each in series])
    levels = np.concatenate([np.log(np.float64(each[:, 0])) for each in series])
    config = fitted.get_config()
    np.testing.assert_allclose(config["loc"], returns.mean(), rtol=1e-6)
    np.testing.assert_allclose(config["scale"], returns.std(), rtol=1e-6)
    np.testing.assert_allclose(config["first_loc"], levels.mean(), rtol=1e-6)
    values = fitted.forward(series[1])
    own = np.diff(np.log(np.float64(series[1][:, 0])))
    np.testing.assert_allclose(values[1:, 0], (own - returns.mean()) / returns.std(), atol=1e-4)
    first = (np.log(series[1][0, 0]) - levels.mean()) / levels.std()
    np.testing.assert_allclose(values[0, 0], first, rtol=1e-5)
    np.testing.assert_array_equal(values[:, 1:], series[1][:, 1:])


def test_a_step_over_a_gap_is_that_from_the_last_value():
    events = np.float32([[np.nan], [2.0], [np.nan], [np.nan], [8.0], [0.0], [-1.0], [4.0]])
    fitted = Changes([0], True, [0.0], [1.0], [0.0], [1.0])
    values = fitted.forward(events)[:, 0]
    log2 = np.log(2.0)
    np.testing.assert_allclose(
        values, [np.nan, log2, np.nan, np.nan, 2 * log2, np.nan, np.nan, -log2], rtol=1e-6
    )
    assert fitted.log_det(events)[[0, 2, 5, 6]].tolist() == [0.0] * 4


def test_nothing_that_a_network_says_makes_a_price_infinite_or_negative():
    for fitted in (Changes([0], log=True).fit(walks(4)), Changes([0]).fit(walks(4))):
        wild = np.float32([[0.0], [1e4], [1e6], [-1e30], [1e30], [3e38], [-3e38], [np.nan]])
        memory = fitted.remember(np.float32([[5.0]]), np.zeros(2, np.float32))[-1]
        prices = fitted.inverse(wild, np.tile(memory, [len(wild), 1]))[:, 0]
        assert np.isfinite(prices[:-1]).all() and np.isnan(prices[-1])
        if fitted.log:
            assert (prices[:-1] > 0).all() and fitted.ranges() == {0: (0.0, np.inf)}


def test_the_scale_is_the_mean_of_what_came_before():
    series = walks(4)
    fitted = SeriesScale([0]).fit(series)
    values = fitted.forward(series[2])[:, 0]
    x = np.float64(series[2][:, 0])
    before = np.cumsum(x)[:-1] / np.arange(1, len(x))
    np.testing.assert_allclose(values[1:], x[1:] / before, rtol=1e-5)
    typical = np.exp(np.mean([np.log(np.float64(each[:, 0]).mean()) for each in series]))
    np.testing.assert_allclose(values[0], np.arcsinh(x[0] / typical), rtol=1e-5)


def test_a_series_of_zeros_has_a_scale():
    fitted = SeriesScale([0]).fit([np.ones([5, 1])])
    values = fitted.forward(np.zeros([5, 1], np.float32))
    assert (values == 0.0).all() and (fitted.inverse(values) == 0.0).all()
    assert np.isfinite(fitted.log_det(np.zeros([5, 1], np.float32))).all()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Changes([0], False, [0.0]),
        lambda: Changes([0], False, [0.0], [0.0], [0.0], [1.0]),
        lambda: Changes([0, 0]),
        lambda: SeriesScale([0], [1.0]),
        lambda: SeriesScale([0], [1.0], [0.0]),
        lambda: Changes([0]).fit([np.array([[1.0], [np.inf]])]),
        lambda: SeriesScale([0]).fit([np.array([[1.0], [np.inf]])]),
    ],
)
def test_what_does_not_fit_together_is_refused(make):
    with pytest.raises(UserError):
        make()


def test_a_constant_column_has_scale_one():
    config = Changes([0]).fit([np.full([9, 1], 5.0)]).get_config()
    assert config["scale"] == [1.0] and config["first_scale"] == [1.0]
