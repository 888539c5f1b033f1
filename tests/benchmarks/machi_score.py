"""Held-out nats an event of a model of hachi machi, in data units.

`PYTHON -P machi_score.py MODEL.pt EVENTS.npy` runs in an environment that hachi machi is installed
in, and prints a line of JSON. Its model, called with events, gives a mixture of
independent Gaussians over standardized columns, the classes of the last column as numbers of 0
and 1; the class that it plays is the one with the greatest number. So the density of an event is
the mixture's over the continuous columns, and of a class, a component's chance that this class's
number is the greatest. `check` holds what is taken for means and deviations against samples.
"""

import json
import sys

import numpy as np

_NODES = 401  # of the integral over a class's number


def class_log_probs(loc, scale):
    """`[..., C]` log chances that independent Gaussians' draws are the greatest of C.

    Args:
        loc: tensor `[..., C]`, means.
        scale: tensor `[..., C]`, standard deviations.
    """
    import torch

    nodes = torch.linspace(-8.0, 8.0, _NODES, dtype=loc.dtype)
    weights = torch.exp(-0.5 * nodes**2)
    weights = weights / weights.sum()
    columns = []
    for column in range(loc.shape[-1]):
        draws = loc[..., column, None] + scale[..., column, None] * nodes
        log_chance = torch.zeros_like(draws)
        for other in range(loc.shape[-1]):
            if other != column:
                away = (draws - loc[..., other, None]) / scale[..., other, None]
                log_chance = log_chance + torch.special.log_ndtr(away)
        columns.append(torch.logsumexp(log_chance + torch.log(weights), -1))
    return torch.stack(columns, -1)


def log_probs(weights, loc, scale, targets, classes):
    """`[T]` log densities in the units of `loc`.

    Args:
        weights: tensor `[T, K]`, of the mixture's components.
        loc: tensor `[T, E, K]`, means; the last columns are the classes'.
        scale: tensor `[T, E, K]`, standard deviations.
        targets: tensor `[T, D]`, the continuous columns.
        classes: int64 tensor `[T]`, the classes that came.
    """
    import torch

    width = targets.shape[-1]
    away = (targets[..., None] - loc[:, :width]) / scale[:, :width]
    gaussian = -0.5 * away**2 - torch.log(scale[:, :width]) - 0.5 * np.log(2 * np.pi)
    chances = class_log_probs(loc[:, width:].mT, scale[:, width:].mT)  # [T, K, C]
    index = classes[:, None, None].expand(-1, chances.shape[1], 1)
    chance = torch.gather(chances, -1, index)[..., 0]
    return torch.logsumexp(torch.log(weights) + gaussian.sum(1) + chance, -1)


def forward(model, events):
    """The mixture `(weights [T, K], loc [T, E, K], scale [T, E, K])` after each event, data units.

    Args:
        model: hachi machi's.
        events: array `[T, 5]` as `machi_table.events` makes them.
    """
    import torch

    inputs = torch.tensor(np.delete(events, 3, axis=1), dtype=torch.float32)[None]
    with torch.no_grad():
        weights, loc, scale, *_ = (each[0].double() for each in model(inputs)[:3])
    standard = model.output_layer.layers[-1]
    deviation, mean = standard.std.double()[:, None], standard.mean.double()[:, None]
    return weights, loc * deviation + mean, scale * deviation


def check(model, events, draws=1000):
    """The worst distance of the sampled mean from the mixture's, in standard errors."""
    import torch

    weights, loc, scale = (each[0].numpy() for each in forward(model, events[:1]))
    inputs = torch.tensor(np.delete(events[:1], 3, axis=1), dtype=torch.float32)[None]
    samples = []
    with torch.no_grad():
        for _ in range(draws):
            model.reset()
            samples.append(model.step(inputs).flatten()[1:4].numpy())  # a delay may be cut at 0
    loc, scale = loc[1:4], scale[1:4]
    mean = (loc * weights).sum(-1)
    variance = ((scale**2 + loc**2) * weights).sum(-1) - mean**2
    return float(np.abs((np.mean(samples, 0) - mean) / np.sqrt(variance / draws)).max())


def main(model_path, events_path):
    """Prints the nats an event as JSON."""
    import hachi_machi  # noqa: F401  the classes that the file names
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = torch.load(model_path, map_location="cpu", weights_only=False).eval()
    events = np.load(events_path)
    weights, loc, scale = forward(model, events[:-1])
    classes = torch.tensor(events[1:, 4]).long() - 1
    targets = torch.tensor(events[1:, :4])
    nats = -log_probs(weights, loc, scale, targets, classes).mean()
    print(json.dumps({"nats": float(nats), "errors": check(model, events)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
