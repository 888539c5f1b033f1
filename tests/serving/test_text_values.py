"""The numbers of models of text: against NumPy in float64, and as they have always been."""

import numpy as np
import pytest

from hachi_tf.samplers.noise import uniforms_numpy

GOLDEN = {
    "char": " ec \n\né\n\U0001f600c\n\n\n\U0001f600c\n\n\n\nedcc\U0001f600",
    "byte": b"\n\xc3\xa9b\nb\xffb\xff\xff\x00\n\x00\xff\xa9a\n\x00\n\xc3\xff\xc3\xa9\xff",
    "records": "affb bfagd   gd    ffeff",
}


def logistic(x):
    return 1.0 / (1.0 + np.exp(-x))


class Reference:
    """A stack of two LSTM layers over one-hot classes, in NumPy, float64."""

    def __init__(self, network):
        self.weights = [np.float64(weight) for weight in network.get_weights()]
        self.size = self.weights[1].shape[0]
        self.num_classes = len(network.schema.features[0].classes)
        self.h, self.c = np.zeros([2, self.size]), np.zeros([2, self.size])

    def step(self, last):
        """The parameters after one more class, None at the beginning."""
        inputs = np.zeros(self.num_classes)
        if last is None:
            inputs[0] = 1.0  # an event of zeros is one of the first class
        else:
            inputs[last] = 1.0
        below = inputs
        for layer in range(2):
            kernel, recurrent, bias = self.weights[3 * layer : 3 * layer + 3]
            i, f, g, o = np.split(below @ kernel + self.h[layer] @ recurrent + bias, 4)
            self.c[layer] = logistic(f) * self.c[layer] + logistic(i) * np.tanh(g)
            self.h[layer] = logistic(o) * np.tanh(self.c[layer])
            below = np.concatenate([inputs, self.h[layer]])
        kernel, bias = self.weights[6:]
        return self.h.reshape(-1) @ kernel + bias

    def log_probs(self, classes, ended=None):
        """The log probability of each class, and of going on or ending."""
        scores, last = [], None
        for t, index in enumerate(classes):
            params = self.step(last)
            logits, last = params[: self.num_classes], index
            score = logits[index] - np.log(np.exp(logits).sum())
            if ended is not None:
                sign = 1 if ended and t == len(classes) - 1 else -1
                score += np.log(logistic(sign * params[-1]))
            scores.append(score)
        return np.array(scores)


@pytest.mark.parametrize("kind", GOLDEN)
def test_log_prob_equals_numpy_in_float64(text_models, text_networks, kind):
    model, classes = text_models[kind], text_models[kind].schema.features[0].classes
    numbers = np.random.default_rng(2).integers(len(classes), size=25)
    names = [classes[number] for number in numbers]
    text = bytes.fromhex("".join(names)) if kind == "byte" else "".join(names)
    for ended in (True, False):
        reference = Reference(text_networks[kind])
        wanted = reference.log_probs(numbers, ended if kind == "records" else None)
        scores = model.log_prob(text=text, ended=ended)
        np.testing.assert_allclose(scores.step_log_prob[0], wanted, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(scores.log_prob[0], wanted.sum(), rtol=1e-5)


@pytest.mark.parametrize("temperature, top_k, top_p", [(1.0, 0, 1.0), (0.7, 3, 1.0), (1.3, 0, 0.8)])
def test_a_sample_is_replayed_in_numpy(text_models, text_networks, temperature, top_k, top_p):
    """Temperature, then the likeliest classes, then the nucleus, then the noise."""
    model, reference = text_models["char"], Reference(text_networks["char"])
    classes = model.schema.features[0].classes
    drawn = model.sample(1, 40, 0.0, temperature, 5, top_k=top_k, top_p=top_p)
    noise, text, last = uniforms_numpy(drawn.seed, [0], 40, 1)[0, :, 0], "", None
    for number in noise:
        logits = reference.step(last) / temperature
        probabilities = np.exp(logits) / np.exp(logits).sum()
        order = np.argsort(-probabilities, kind="stable")
        order = order[:top_k] if top_k else order
        sums = np.cumsum(probabilities[order]) / probabilities[order].sum()
        order = order[: np.searchsorted(sums, top_p) + 1]
        kept = np.where(np.isin(np.arange(len(classes)), order), probabilities, 0.0)
        last = int(np.searchsorted(np.cumsum(kept) / kept.sum(), number, side="right"))
        text += classes[last]
    assert text == drawn.texts[0]


@pytest.mark.parametrize("kind, golden", GOLDEN.items())
def test_what_was_drawn_once_is_drawn_for_ever(text_models, kind, golden):
    assert text_models[kind].sample(1, 24, seed=3).texts[0] == golden


def test_temperature_zero_takes_the_likeliest(text_models, text_networks):
    model, reference = text_models["char"], Reference(text_networks["char"])
    last, wanted = None, ""
    for _ in range(20):
        last = int(np.argmax(reference.step(last)))
        wanted += model.schema.features[0].classes[last]
    for settings in ({}, {"top_k": 2}, {"top_p": 0.1}, {"seed": 9}):
        assert model.sample(1, 20, temperature=0.0, **settings).texts == [wanted]
