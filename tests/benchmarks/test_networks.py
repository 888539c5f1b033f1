"""The contenders compute the same thing, or else their times say nothing."""

import numpy as np
import pytest
import tensorflow as tf

from tests.benchmarks import tensorflow_networks, text_train


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


def give_weights(torch, network, other):
    """Sets the weights of a network of PyTorch's to those of ours."""
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


def test_torch_network_and_loss_equal_ours(network, results):
    torch = pytest.importorskip("torch", reason="PyTorch comes with the extra [bench]")
    from tests.benchmarks import torch_network

    inputs, targets, want, want_log_prob = results
    other = torch_network.TorchNetwork()
    give_weights(torch, network, other)
    with torch.no_grad():
        params, _ = other(torch.tensor(inputs).transpose(0, 1))
        log_prob = torch_network.log_prob(params, torch.tensor(targets).transpose(0, 1))
    np.testing.assert_allclose(params.transpose(0, 1), want, atol=1e-5)
    np.testing.assert_allclose(log_prob.T, want_log_prob, rtol=1e-4)


def test_torch_text_network_and_loss_equal_ours():
    torch = pytest.importorskip("torch", reason="PyTorch comes with the extra [bench]")
    from tests.benchmarks import torch_text

    network = text_train.hachi_network()
    other = torch_text.TorchTextNetwork(text_train.LAYERS, text_train.UNITS, text_train.CLASSES)
    give_weights(torch, network, other)
    characters = np.random.default_rng(0).integers(text_train.CLASSES, size=(2, 9))
    inputs, targets = characters[:, :-1], characters[:, 1:]
    want, _ = network(inputs[..., None].astype("f"))
    want_nats = -network.head.log_prob(want, targets[..., None].astype("f")).numpy().mean()
    with torch.no_grad():
        logits, _ = other(torch.tensor(inputs.T))
        nats = torch_text.nats(logits, torch.tensor(targets.T))
    np.testing.assert_allclose(logits.transpose(0, 1), want, atol=1e-5)
    assert float(nats) == pytest.approx(want_nats, rel=1e-5)
