"""Names of columns of notes."""

from hachi_tf.midi.columns import control_name, control_of


def test_controllers_are_known_by_their_name():
    assert control_of(control_name(64, 4)) == 64
    assert control_of("control_1") == 1
    assert control_of("control_120") is None
    assert control_of("pitch") is None
