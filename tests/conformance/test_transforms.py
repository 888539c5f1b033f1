"""Promises that every registered transform keeps."""

import json

import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.transforms import (
    TRANSFORMS,
    Standardize,
    StandardizeKnown,
    Transform,
    transform_from_dict,
    transform_to_dict,
)

# The arguments with which a transform is made when it has some without a default.
ARGUMENTS = {
    "chain": {"transforms": [Standardize([0]), Standardize([1, 0])]},
    "standardize": {"columns": [0, 1]},
    "standardize_known": {"columns": [0, 1]},
    "changes": {"columns": [0, 2], "log": True},
    "series_scale": {"columns": [0, 2]},
    "delay": {"columns": [0, 2]},
    "decorrelate": {"columns": [2, 1], "quantum": 0.1},
    "bounded": {"columns": [0, 2], "low": [0, 0], "high": [20, 30], "quantum": [1, 0]},
}


@pytest.fixture(params=sorted(TRANSFORMS))
def fitted(request) -> Transform:
    return TRANSFORMS[request.param](**ARGUMENTS.get(request.param, {})).fit(data())


def data() -> list[np.ndarray]:
    """Positive numbers up to 20, with and without fractions."""
    generator = np.random.default_rng(3)
    lengths = (1, 30, 8)
    return [generator.gamma(2, 2, (length, 3)).clip(0, 20).astype(np.float32) for length in lengths]


def test_inverse_inverts(fitted):
    for events in data():
        back = fitted.inverse(fitted.forward(events))
        assert back.dtype == np.float32
        np.testing.assert_allclose(back, events, atol=1e-5)


def test_numpy_and_tensorflow_agree(fitted):
    for method in (fitted.forward, fitted.inverse, fitted.log_det):
        graph = tf.function(method, input_signature=[tf.TensorSpec([None, 3])])
        for events in data():
            # Logarithms and exponentials may differ in the last bit or two, sums in a few.
            values, rtol = events, 3e-7
            if fitted.state_size:
                values, rtol = fitted.forward(events) if method == fitted.inverse else events, 3e-6
            np.testing.assert_allclose(graph(values).numpy(), method(values), rtol=rtol, atol=1e-6)


def test_log_det_is_that_of_the_jacobian(fitted):
    for events in data():
        with tf.GradientTape(persistent=True) as tape:
            point = tf.constant(events[0])
            tape.watch(point)
            value = fitted.forward(point)
        jacobian = tape.jacobian(value, point, experimental_use_pfor=False).numpy()
        if isinstance(fitted, StandardizeKnown):  # of what is never predicted there is no density
            jacobian = np.eye(len(jacobian))
        expected = np.linalg.slogdet(jacobian.astype(np.float64))[1]
        log_det = fitted.log_det(events)
        assert log_det.shape == events.shape[:-1]
        np.testing.assert_allclose(log_det[0], expected, rtol=1e-5, atol=1e-6)


def test_json_round_trip_is_exact(fitted):
    text = json.dumps(transform_to_dict(fitted), allow_nan=False)
    again = transform_from_dict(json.loads(text))
    assert transform_to_dict(again) == transform_to_dict(fitted)
    for events in data():
        np.testing.assert_array_equal(again.forward(events), fitted.forward(events))


def test_what_is_missing_stays_missing_and_spoils_nothing(fitted):
    events = data()[1].copy()
    whole = fitted.forward(events)
    events[::2, 0] = np.nan
    for call in (lambda method: method, tf.function):
        forward = np.asarray(call(fitted.forward)(tf.constant(events)))
        np.testing.assert_array_equal(np.isnan(forward), np.isnan(events))
        np.testing.assert_allclose(forward[:, 1:], whole[:, 1:], rtol=3e-7, atol=1e-6)
        assert np.isfinite(call(fitted.log_det)(tf.constant(events))).all()
        inverse = np.asarray(call(fitted.inverse)(tf.constant(forward)))
        np.testing.assert_array_equal(np.isnan(inverse), np.isnan(events))
    np.testing.assert_array_equal(np.isnan(fitted.forward(events)), np.isnan(events))
    assert np.isfinite(fitted.log_det(events)).all()
