"""A model that writes zigzags, for tests of what is done with a model's lines."""

import types

import numpy as np

from hachi_tf.alphabet import Alphabet
from hachi_tf.rendering.save import STROKES

HEIGHT, ADVANCE = 10.0, 8.0
# Highest and lowest point of a character, above and below its baseline.
SHAPES = {**dict.fromkeys("gjpqy,", (-10.0, 6.0)), **dict.fromkeys("-'\"", (-9.0, -7.0))}


class FakeModel:
    """Draws a zigzag a character; a row's bits depend on its seed, its place and the batch size.

    Attributes:
        calls: the keyword arguments of every call of `sample`.
    """

    def __init__(self, failing=0.0, jitter=0.3, slope=0.0, advance=ADVANCE):
        self.alphabet = Alphabet("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLM .,-'\"!?0123456789")
        self.scale = {"line_height": HEIGHT, "point_spacing": 4.0, "advance": ADVANCE}
        self.schema = STROKES
        self.calls, self.max_steps = [], 10_000
        self._failing, self._jitter, self._slope = failing, jitter, slope
        self._advance = advance

    def sample(self, num_samples, num_steps=None, bias=0.0, temperature=1.0, seed=None, **given):
        self.calls.append({"num_samples": num_samples, "seed": np.array(seed), **given})
        rows = [
            self._row(given["text"][row], [*seed[row].view(np.uint32), row, num_samples])
            for row in range(num_samples)
        ]
        events, position, complete, ended = zip(*rows, strict=True)
        return types.SimpleNamespace(
            events=list(events),
            position=list(position),
            complete=np.array(complete),
            ended=np.array(ended),
            seed=seed,
        )

    def _row(self, text, entropy):
        rng = np.random.default_rng([int(word) for word in entropy])
        fails = rng.random() < self._failing
        written = text[: rng.integers(1, len(text) + 1)] if fails else text
        points, lifts = [[0.0, -3.0]], []
        for index, character in enumerate(written):
            if character != " ":
                high, low = SHAPES.get(character, (-10.0, 0.0))
                left = self._advance * index
                steps = np.array([[1, low], [3, high], [5, low], [6, low]]) + [left, 0.0]
                steps = steps + self._jitter * rng.normal(size=[4, 2])
                points += (steps + [[0.0, self._slope * x] for x in steps[:, 0]]).tolist()
                lifts += [0, 0, 0, 1]
        events = np.column_stack([np.diff(points, axis=0), lifts]).astype(np.float32)
        return events, np.linspace(1, len(written), len(lifts)), not fails, not fails
