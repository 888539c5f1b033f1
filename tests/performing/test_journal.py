"""What was heard and played, as tables."""

import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.performing.journal import Journal, journal_paths
from hachi_tf.tables import read_table, to_events


def test_inputs_and_outputs_become_tables_that_can_be_trained_on(play, schema, clock, tmp_path):
    voice = play(schema)
    journal = Journal(voice, tmp_path / "take.csv", clock.now())
    clock.advance(1.0)
    voice.input([60.0, 3.0])
    clock.advance(0.1)
    voice.input([61.0, 3.0])  # ignored
    clock.advance(0.4)
    voice.input([62.0, 0.1, 1.0])
    clock.advance(0.5)
    journal.close()
    text = (tmp_path / "take.input.csv").read_text()
    assert text == "time,0_pitch,~1_duration,2_channel#\n1,60,,3\n1.5,62,0.1,1\n"
    outputs = read_table(tmp_path / "take.output.csv")
    np.testing.assert_allclose(outputs.time, [1.25, 1.75])
    events = to_events(outputs, schema)
    np.testing.assert_allclose(events, [[0, 0, 0.5, 1], [0.5, 1, 0.5, 1]])
    assert to_events(read_table(tmp_path / "take.input.csv"), schema).shape == (2, 4)


def test_without_a_time_there_is_none_and_empty_tables_go(play, still_schema, tmp_path, clock):
    voice = play(still_schema)
    journal = Journal(voice, tmp_path / "take.csv", clock.now())
    voice.sample()
    journal.close()
    assert [path.name for path in tmp_path.iterdir()] == ["take.output.csv"]
    assert read_table(tmp_path / "take.output.csv").time is None


def test_nothing_is_overwritten(play, schema, tmp_path):
    (tmp_path / "take.output.csv").write_text("precious")
    with pytest.raises(UserError, match="a --log that does not exist"):
        Journal(play(schema), tmp_path / "take.csv", 0.0)
    assert [path.name for path in tmp_path.iterdir()] == ["take.output.csv"]
    with pytest.raises(UserError, match="ends in .csv"):
        journal_paths("take.json")


def test_a_disk_that_fails_ends_nothing(play, schema, tmp_path, clock):
    voice = play(schema)
    journal = Journal(voice, tmp_path / "take.csv", clock.now())
    for writer in journal._writers:
        writer.write = lambda *row: (_ for _ in ()).throw(OSError("full"))
    voice.input([60.0, 3.0])
    clock.advance(1.0)
    journal.close()
    assert journal.num_lost == 2 and len(voice.heard) == 1
