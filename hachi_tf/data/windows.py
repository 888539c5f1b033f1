"""Many to one: windows of sequences, of which only the last events count."""

from typing import NamedTuple

import numpy as np

from hachi_tf.data.dataset import Dataset
from hachi_tf.errors import UserError


class Windows(NamedTuple):
    """How sequences are cut into windows that overlap.

    Attributes:
        context: how many events of a window are only read, from the zero state.
        horizon: how many follow that count.
        stride: from one window's end to the next one's.
    """

    context: int
    horizon: int = 1
    stride: int = 1

    def count(self, dataset: Dataset, phase: int = 0) -> np.ndarray:
        """How many windows each sequence has, `[n]`."""
        first = self._first_ends(dataset) + phase
        return np.maximum(-(-(dataset.lengths + 1 - first) // self.stride), 0)

    def cut(self, dataset: Dataset, phase: int = 0) -> Dataset:
        """The windows as sequences of their own, which share their events.

        A sequence shorter than a window gives one of what it has, if that is more than the
        horizon. Where events lead a sequence, those are the first windows' context.

        Args:
            dataset: the sequences.
            phase: how much later than the first that can be a sequence's first window ends.

        Raises:
            UserError: if there is none.
        """
        counts = self.count(dataset, phase)
        if not counts.any():
            raise UserError(
                f"a sequence of more than --horizon={self.horizon} events",
                f"at most {int(dataset.lengths.max(initial=0))}",
                "shorten --horizon",
            )
        sequences = np.repeat(np.arange(len(counts)), counts)
        number = np.arange(len(sequences)) - np.repeat(np.cumsum(counts) - counts, counts)
        stops = (self._first_ends(dataset) + phase)[sequences] + number * self.stride
        leads = np.minimum(stops - self.horizon, self.context)
        return dataset.parts(sequences, stops - self.horizon - leads, stops, leads)

    def epoch(self, dataset: Dataset, seed: int, epoch: int) -> Dataset:
        """The windows of an epoch, as many in each, with ends of its own if they are apart."""
        most = min(self.stride, int((dataset.lengths - self._first_ends(dataset)).max()) + 1)
        random = np.random.Generator(np.random.Philox(key=[seed, epoch]))
        phases = range(max(most, 1))
        fewest = min(int(self.count(dataset, phase).sum()) for phase in phases)
        windows = self.cut(dataset, int(random.integers(len(phases))))
        return windows.subset(np.sort(random.permutation(len(windows))[:fewest]))

    def _first_ends(self, dataset: Dataset) -> np.ndarray:
        """Where the first window of each sequence ends, `[n]`; past its end if it has none."""
        lengths, leads = dataset.lengths, dataset.leads
        ends = np.maximum(np.where(leads > 0, leads, self.context), 1) + self.horizon
        short = (leads == 0) & (ends > lengths) & (lengths > self.horizon)
        return np.where(short, lengths, ends)
