"""The text network in PyTorch, with the same loss."""

import torch


class TorchTextNetwork(torch.nn.Module):
    """`nn.LSTM` layers with skip connections, one-hot characters in, logits out; time first."""

    def __init__(self, layers, units, classes):
        super().__init__()
        self.classes = classes
        self.lstms = torch.nn.ModuleList(
            torch.nn.LSTM(classes + (units if index else 0), units) for index in range(layers)
        )
        self.output = torch.nn.Linear(layers * units, classes)

    def forward(self, characters, states=None):
        """Characters int64 `[T, B]` -> logits `[T, B, K]` and the state of each layer."""
        inputs = torch.nn.functional.one_hot(characters, self.classes).float()
        outputs, after = [], []
        for index, lstm in enumerate(self.lstms):
            below = torch.cat([inputs, outputs[-1]], -1) if outputs else inputs
            output, state = lstm(below, states and states[index])
            outputs.append(output)
            after.append(state)
        return self.output(torch.cat(outputs, -1)), after


def nats(logits, targets):
    """Nats a character of targets int64 `[T, B]` under logits `[T, B, K]`."""
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
