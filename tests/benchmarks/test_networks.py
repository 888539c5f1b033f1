"""The contenders compute the same thing, or else their times say nothing."""

import numpy as np
import pytest
import tensorflow as tf

from tests.benchmarks import tensorflow_networks


@pytest.fixture(scope="module")
def network():
    """Ours, with biases other than zero."""
    network = tensorflow_networks.hachi_network()
    random = np.random.default_rng(0)
    network.set_weights([w + random.normal(size=w.shape) / 20 for w in network.get_weights()])
    return network


@pytest.fixture(scope="module")
def results(network):
    """Inputs and targets `[B, T, 3]`, our params and our log-likelihoods."""
    events = np.random.default_rng(1).normal(size=(2, 9, 3)).astype("f")
    events[..., 2] = events[..., 2] > 0
    inputs, targets = events[:, :-1], events[:, 1:]
    params, _ = network(inputs)
    return inputs, targets, params.numpy(), network.head.log_prob(params, targets).numpy()


def test_keras_network_equals_ours(network, results):
    inputs, _, want, _ = results
    keras_network = tensorflow_networks.KerasNetwork()
    for variable, own in zip(
        keras_network.trainable_variables, network.trainable_variables, strict=True
    ):
        variable.assign(own)
    params, _ = keras_network(tf.constant(inputs), training=False)
    np.testing.assert_allclose(params, want, atol=1e-5)


def test_torch_network_and_loss_equal_ours(network, results):
    torch = pytest.importorskip("torch", reason="PyTorch comes with the extra [bench]")
    from tests.benchmarks import torch_network

    inputs, targets, want, want_log_prob = results
    other = torch_network.TorchNetwork()
    *recurrent, kernel, bias = network.get_weights()
    with torch.no_grad():
        for index, lstm in enumerate(other.lstms):
            weights = recurrent[3 * index : 3 * index + 3]
            lstm.weight_ih_l0.copy_(torch.tensor(weights[0].T))
            lstm.weight_hh_l0.copy_(torch.tensor(weights[1].T))
            lstm.bias_ih_l0.copy_(torch.tensor(weights[2]))
            lstm.bias_hh_l0.zero_()
        other.output.weight.copy_(torch.tensor(kernel.T))
        other.output.bias.copy_(torch.tensor(bias))
        params, _ = other(torch.tensor(inputs).transpose(0, 1))
        log_prob = torch_network.log_prob(params, torch.tensor(targets).transpose(0, 1))
    np.testing.assert_allclose(params.transpose(0, 1), want, atol=1e-5)
    np.testing.assert_allclose(log_prob.T, want_log_prob, rtol=1e-4)
