"""What the columns of notes are called, and how others' are recognized."""

import re

from hachi_tf.tables import bare_name

PITCH, VELOCITY, DURATION, CHANNEL = "0_pitch", "1_velocity", "2_duration", "3_channel"
LAST_CONTROLLER = 119  # the numbers above it are channel modes


def control_name(controller: int, place: int) -> str:
    """The name of a controller's column, e.g. `4_control_64`."""
    return f"{place}_control_{controller}"


def control_of(name: str) -> int | None:
    """The controller that a column of such a name holds, or None."""
    match = re.fullmatch(r"control_(\d{1,3})", bare_name(name))
    return int(match[1]) if match and int(match[1]) <= LAST_CONTROLLER else None
