"""What was heard and played, as tables."""

import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.performing import journal as journals
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


def test_a_log_of_which_one_table_cannot_be_leaves_none(play, schema, tmp_path, monkeypatch):
    def fail(path, *rest, made=journals.TableWriter):
        if "output" in path.name:
            raise UserError("a place that can be written to", "a full disk")
        return made(path, *rest)

    monkeypatch.setattr(journals, "TableWriter", fail)
    with pytest.raises(UserError, match="a full disk"):
        Journal(play(schema), tmp_path / "take.csv", 0.0)
    assert list(tmp_path.iterdir()) == []


def test_events_that_find_no_room_are_said_in_the_end(play, schema, tmp_path, clock, caplog):
    voice = play(schema)
    journal = Journal(voice, tmp_path / "take.csv", clock.now())
    journal._queue.put(None)
    journal._thread.join()
    journal._queue.maxsize = 1
    for pitch in (60.0, 61.0, 62.0):
        voice.input([pitch, 3.0])
        clock.advance(1.0)
    journal._queue.get_nowait()
    journal.close()
    assert journal.num_lost == 5 and "5 events are missing in the log" in caplog.text


def test_a_disk_that_fails_ends_nothing(play, schema, tmp_path, clock):
    voice = play(schema)
    journal = Journal(voice, tmp_path / "take.csv", clock.now())
    for writer in journal._writers:
        writer.write = lambda *row: (_ for _ in ()).throw(OSError("full"))
    voice.input([60.0, 3.0])
    clock.advance(1.0)
    journal.close()
    assert journal.num_lost == 2 and len(voice.heard) == 1
