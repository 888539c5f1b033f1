"""What a stage is connected to beside OSC: MIDI ports, and a table that is played into it."""

import contextlib
import functools
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hachi_tf.errors import UserError
from hachi_tf.performing.midi_ports import MidiInput, MidiOutput
from hachi_tf.performing.notes import Note, NoteColumns
from hachi_tf.performing.replay import read_replay, schedule
from hachi_tf.performing.stage import Stage
from hachi_tf.performing.voice import Voice
from hachi_tf.tables import schema_columns

log = logging.getLogger(__name__)


@contextlib.contextmanager
def connected(
    stage: Stage,
    midi_in: str = "",
    midi_out: str = "",
    replay: str = "",
    backend: Any = None,
    speed: float = 1.0,
) -> Iterator[None]:
    """Connects a stage; on leaving, all notes end and the ports are closed.

    Notes and rows are inputs of all voices, as `/input` is, and the notes of all go out; voices
    whose columns have no pitch are left out of MIDI.

    Args:
        stage: not running yet.
        midi_in: name of the port to play the voices from; "" for none.
        midi_out: name of the port that the voices play; "" for none.
        replay: path of a table, or a MIDI file, that is played from when the stage runs; "" for
            none.
        backend: something with mido's functions; mido by default.
        speed: of the replay; 2 is twice as fast.

    Raises:
        UserError: if there is no such port or file, or its columns do not fit.
    """
    with contextlib.ExitStack() as stack:
        if replay:
            connect_replay(stage, replay, speed)
        if midi_in or midi_out:
            voices = _with_pitch(stage.voices)
        if midi_out:
            output = MidiOutput(midi_out, backend)
            stack.callback(output.close)
            for voice, columns in voices:
                voice.on_output.append(functools.partial(_play, output, columns))
            log.info("MIDI out: %s", output.name)
        if midi_in:
            for _, columns in voices:
                columns.check_inputs()
            source = MidiInput(midi_in, functools.partial(_hear, stage, voices), backend)
            stack.callback(source.close)
            log.info("MIDI in: %s", source.name)
        yield


def connect_replay(stage: Stage, path: str, speed: float = 1.0) -> None:
    """Has a table played into all voices, each row at its time, from when the stage runs.

    Args:
        stage: not running yet.
        path: of the table, or of a MIDI file.
        speed: 2 is twice as fast.

    Raises:
        UserError: if there is no such file, it has no time or row, or its columns are not the
            inputs of all voices.
    """
    table = read_replay(path)
    inputs = [column.name for column in table.columns if not column.target]
    for number, voice in enumerate(stage.voices, 1):
        wanted = [each.name for each in schema_columns(voice.model.schema) if not each.target]
        if len(wanted) != len(inputs):
            raise UserError(
                f"a table for --replay with the inputs of model {number}, {', '.join(wanted)}",
                f"{', '.join(inputs)} in {path}",
            )

    def take(row: list[float | str], due_s: float) -> None:
        for voice in stage.voices:
            try:
                voice.input(row, due_s)
            except Exception as error:  # one voice's error keeps no other from playing
                stage.report(error)

    if table.time is None or not len(table.time):
        raise UserError("a table with a column time for --replay, and a row", path)
    stage.post(functools.partial(schedule, table, stage.clock, take, speed))
    log.info("replaying %d events of %s", len(table.time), path)


def _with_pitch(voices: Sequence[Voice]) -> list[tuple[Voice, NoteColumns]]:
    found, failed = [], None
    for voice in voices:
        try:
            found.append((voice, NoteColumns.of(voice.model.schema)))
        except UserError as error:
            failed = error
    if not found and failed is not None:
        raise failed
    return found


def _play(output: MidiOutput, columns: NoteColumns, values: list[float], due_s: float) -> None:
    note = columns.to_note(values)
    if note is not None:
        output.play(note, columns.to_controls(values))


def _hear(
    stage: Stage,
    voices: Sequence[tuple[Voice, NoteColumns]],
    note: Note,
    controls: Mapping[int, int],
) -> None:
    """Passes a note on to the stage's thread; runs on the backend's."""
    now = stage.clock.now()
    for voice, columns in voices:
        stage.post(functools.partial(voice.input, columns.to_input(note, controls), now))
