"""What the columns of notes are called, and how others' are recognized."""

import re
from collections.abc import Sequence

from hachi_tf.tables import bare_name

PITCH, VELOCITY, DURATION, CHANNEL = "0_pitch", "1_velocity", "2_duration", "3_channel"
LAST_CONTROLLER = 119  # the numbers above it are channel modes


def find_column(names: Sequence[str], wanted: str) -> int | None:
    """The index of a column, called exactly so or, if there is none, with a number before it.

    Args:
        names: of the columns.
        wanted: the name, e.g. `"pitch"`, which finds `pitch`, `0_pitch` and `Pitch`.
    """
    if wanted in names:
        return list(names).index(wanted)
    found = [index for index, name in enumerate(names) if bare_name(name) == wanted.lower()]
    return found[0] if found else None


def control_name(controller: int, place: int) -> str:
    """The name of a controller's column, e.g. `4_control_64`."""
    return f"{place}_control_{controller}"


def control_of(name: str) -> int | None:
    """The controller that a column of such a name holds, or None."""
    match = re.fullmatch(r"control_(\d{1,3})", bare_name(name))
    return int(match[1]) if match and int(match[1]) <= LAST_CONTROLLER else None
