"""How a voice plays."""

import dataclasses

MODES = ("react", "respond", "free")
ON_END = ("continue", "reset", "stop")


@dataclasses.dataclass(frozen=True)
class Manner:
    """How a voice plays.

    Attributes:
        mode: `react` answers each input, and takes none while an answer is pending; `respond`
            listens, and after a pause answers with as many events; `free` plays alone, from the
            beginning, and inputs steer it.
        on_end: what follows the event with which a model says that the sequence ends: go on as
            if it had not, begin anew, or be silent until `/reset`.
        pause_s: seconds without an input after which `respond` answers.
        rate_hz: events a second in mode `free` of a model without a time.
        bias: 0 is unbiased, more is neater.
        temperature: 1 is unchanged, 0 takes the likeliest.
        seed: 0 to 2^32 - 1.
    """

    mode: str = "react"
    on_end: str = "continue"
    pause_s: float = 1.0
    rate_hz: float = 4.0
    bias: float = 0.0
    temperature: float = 1.0
    seed: int = 0
