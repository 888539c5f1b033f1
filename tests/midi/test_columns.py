"""Names of columns of notes."""

from hachi_tf.midi import find_column
from hachi_tf.midi.columns import control_name, control_of


def test_a_column_is_found_by_its_exact_name_first():
    names = ["0_pitch", "pitch", "Velocity"]
    assert find_column(names, "pitch") == 1
    assert find_column(names, "0_pitch") == 0
    assert find_column(names, "velocity") == 2
    assert find_column(names, "duration") is None


def test_controllers_are_known_by_their_name():
    assert control_of(control_name(64, 4)) == 64
    assert control_of("control_1") == 1
    assert control_of("control_120") is None
    assert control_of("pitch") is None
