"""A clock that a test turns by hand, and a model without a network."""

import dataclasses

import numpy as np
import pytest

from hachi_tf.performing.clock import Clock
from hachi_tf.performing.manner import Manner
from hachi_tf.performing.voice import Voice
from hachi_tf.schema import Feature, Schema
from hachi_tf.serving.results import Step


class ToyClock(Clock):
    """Stands still until `advance`."""

    def __init__(self):
        self.seconds = 100.0
        super().__init__(lambda: self.seconds)

    def advance(self, seconds: float) -> None:
        """Goes on, and does what is due, each at its time."""
        end = self.seconds + seconds
        while (due := self.next_due()) is not None and due <= end + 1e-9:
            self.seconds = max(self.seconds, due)
            self.run_due()
        self.seconds = end


@dataclasses.dataclass
class ToyModel:
    """Its state counts steps; events come from a list, or are (delay, the count, 0.5, class 1)."""

    schema: Schema
    delay_s: float = 0.25
    clock: ToyClock | None = None
    step_s: float = 0.0
    ends_after: int = 10**9

    def __post_init__(self):
        self.calls = []

    def step(self, state, event, bias, temperature, seed, fixed=None):
        count = 0 if state is None else int(state[0, 0])
        self.calls.append((count, None if event is None else event[0].tolist(), bias, temperature,
                           seed.tolist()[0], fixed))  # fmt: skip
        if self.clock is not None:
            self.clock.seconds += self.step_s
        if event is not None and (event == 1313).any():
            raise RuntimeError("thirteen")
        row = [self.delay_s, float(count), 0.5, 1.0]
        if event is not None and (event == 9999).any():
            row[1] = np.nan
        if len(self.schema) < 4:
            row = row[1:]
        ended = np.array([count + 1 >= self.ends_after])
        return Step(np.float32([row]), np.float32([[count + 1]]), ended, None)


@pytest.fixture
def schema():
    """A temporal schema with a grid, a column that is only predicted, and labels."""
    return Schema((
        Feature("time", unit="s", quantum=0.001),
        Feature("0_pitch", quantum=1.0),
        Feature("1_duration", role="target"),
        Feature("2_channel", "categorical", classes=("1", "3")),
    ))  # fmt: skip


@pytest.fixture
def still_schema(schema):
    """The same without a time."""
    return Schema(schema.features[1:])


@pytest.fixture
def clock():
    return ToyClock()


@pytest.fixture
def play(clock):
    """Makes a voice of a toy model; outputs go to `voice.heard` as (seconds, values)."""

    def play(schema, fixed=None, step_s=0.0, delay_s=0.25, ends_after=10**9, **manner):
        model = ToyModel(schema, delay_s, clock, step_s, ends_after)
        voice = Voice(model, clock, Manner(**manner), fixed)
        voice.heard, voice.errors = [], []
        voice.on_output.append(lambda values, due_s: voice.heard.append((clock.seconds, values)))
        voice.on_error.append(lambda error: voice.errors.append(str(error)))
        return voice

    return play
