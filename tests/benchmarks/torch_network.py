"""Graves's prediction network in PyTorch, with the same closed-form loss."""

import math

import torch

LAYERS, UNITS, COMPONENTS = 3, 400, 20


class TorchNetwork(torch.nn.Module):
    """3 x 400 `nn.LSTM` layers with skip connections and 121 outputs; time first."""

    def __init__(self):
        super().__init__()
        self.lstms = torch.nn.ModuleList(
            torch.nn.LSTM(3 + (UNITS if index else 0), UNITS) for index in range(LAYERS)
        )
        self.output = torch.nn.Linear(LAYERS * UNITS, 6 * COMPONENTS + 1)

    def forward(self, inputs, states=None):
        """`[T, B, 3]` -> params `[T, B, 121]` and the state of each layer."""
        outputs, after = [], []
        for index, lstm in enumerate(self.lstms):
            below = torch.cat([inputs, outputs[-1]], -1) if outputs else inputs
            output, state = lstm(below, states and states[index])
            outputs.append(output)
            after.append(state)
        return self.output(torch.cat(outputs, -1)), after


def log_prob(params, events):
    """Of events `[..., 3]` under params `[..., 121]`, as in `hachi_tf.layers.heads`."""
    logits, mu1, mu2, log_scale1, log_scale2, r = params[..., :-1].chunk(6, -1)
    log_scale1, log_scale2 = log_scale1.clamp(-7, 7), log_scale2.clamp(-7, 7)
    r = r.clamp(-15, 15)
    z1 = (events[..., 0:1] - mu1) * torch.exp(-log_scale1)
    z2 = (events[..., 1:2] - mu2) * torch.exp(-log_scale2)
    u, v = z1 - z2, z1 + z2
    a, b = 1 + torch.exp(2 * r), 1 + torch.exp(-2 * r)
    log_component = 0.5 * torch.log(0.25 * a * b) - log_scale1 - log_scale2
    log_component = log_component - 0.125 * (u * u * a + v * v * b) - math.log(2 * math.pi)
    log_mixture = torch.logsumexp(torch.log_softmax(logits, -1) + log_component, -1)
    pen = torch.nn.functional.binary_cross_entropy_with_logits(
        params[..., -1], events[..., 2], reduction="none"
    )
    return log_mixture - pen


def sample(params):
    """Events `[B, 3]` from params `[B, 121]`."""
    logits, mu1, mu2, log_scale1, log_scale2, r = (
        params[:, :-1].reshape(-1, 6, COMPONENTS).unbind(1)
    )
    component = torch.multinomial(torch.softmax(logits, -1), 1)
    mu1, mu2, log_scale1, log_scale2, r = (
        each.gather(1, component)[:, 0] for each in (mu1, mu2, log_scale1, log_scale2, r)
    )
    rho = torch.tanh(r)
    e1, e2 = torch.randn(2, len(params))
    x1 = mu1 + torch.exp(log_scale1) * e1
    x2 = mu2 + torch.exp(log_scale2) * (rho * e1 + torch.sqrt(1 - rho**2) * e2)
    pen = torch.bernoulli(torch.sigmoid(params[:, -1]))
    return torch.stack([x1, x2, pen], -1)
