"""Standard MIDI files to tables of notes."""

import collections
import io
import logging
import os
import struct
from collections.abc import Callable, Sequence

import mido
import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.midi import columns
from hachi_tf.tables import Column, Table

log = logging.getLogger(__name__)
_MAX_BYTES = 64 << 20
_LAST_TICK = 2**53  # to which float64 counts
_TEMPO = 500_000  # microseconds a beat, until a file says otherwise
_FRAMES_PER_S = {24: 24.0, 25: 25.0, 29: 30_000 / 1001, 30: 30.0}
_SOUND_OFF, _NOTES_OFF = 120, 123
# What a controller is until a file sets it (General MIDI 2); 0 for the others.
_REST = {7: 100, 8: 64, 10: 64, 11: 127, **dict.fromkeys(range(70, 80), 64)}


def read_midi(
    path: str | os.PathLike, controllers: Sequence[int] = (), tempo: bool = False
) -> Table:
    """Reads the notes of a Standard MIDI file of format 0 or 1.

    Times are seconds from the beginning of the file, by its tempo map, or by its frames if its
    division is SMPTE. A note ends with its note-off, or a note-on of velocity 0. Notes of one
    pitch and channel that overlap end in the order in which they began. Notes that nothing ends
    are closed at the end of the file. A channel's "all notes off" ends its notes.

    Args:
        path: the file.
        controllers: numbers, 0 to 119, of controllers to read: each is a column with the
            controller's value on the note's channel when the note begins.
        tempo: whether to read the tempo when each note begins, in beats a minute.

    Returns:
        A table with a row a note, by time, then channel, then pitch: `0_pitch`, `1_velocity`,
        `~2_duration` (seconds), `3_channel#` (1 to 16), e.g. `4_control_64`, and `5_tempo`.

    Raises:
        UserError: if the file cannot be read, is damaged, of format 2, or has no note.
    """
    controllers = tuple(controllers)
    if len(set(controllers)) != len(controllers) or not all(
        0 <= number <= columns.LAST_CONTROLLER for number in controllers
    ):
        raise UserError(
            f"different controllers from 0 to {columns.LAST_CONTROLLER}", str(list(controllers))
        )
    tracks, division = _parse(path)
    timed = _in_order(tracks, path)
    tempos = _tempo_map(timed)
    seconds = _clock(division, tempos)
    notes = _notes(timed, controllers, path)  # [N, 5 + C]
    start, end = seconds(notes[:, 0]), seconds(notes[:, 1])
    order = np.lexsort((notes[:, 2], notes[:, 4], start))
    notes, start, end = notes[order], start[order], end[order]
    heads = [
        Column(columns.PITCH),
        Column(columns.VELOCITY),
        Column(columns.DURATION, target=True),
        Column(columns.CHANNEL, categorical=True),
    ]
    channels = np.array([str(int(channel) + 1) for channel in notes[:, 4]], object)
    values = [notes[:, 2], notes[:, 3], end - start, channels]
    for index, number in enumerate(controllers):
        heads.append(Column(columns.control_name(number, len(heads))))
        values.append(notes[:, 5 + index])
    if tempo:
        places = np.searchsorted([tick for tick, _ in tempos], notes[:, 0], side="right") - 1
        heads.append(Column(f"{len(heads)}_tempo"))
        values.append(60e6 / np.array([each for _, each in tempos], np.float64)[places])
    return Table(tuple(heads), start, tuple(values))


def _parse(path: str | os.PathLike) -> tuple[list[mido.MidiTrack], int]:
    """The tracks, and the header's division, of which a set top bit means SMPTE."""
    try:
        with open(path, "rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise UserError(
            "a MIDI file that can be read", f"{path} ({error.strerror or error})"
        ) from error
    if len(content) > _MAX_BYTES:
        raise UserError(f"a MIDI file of at most {_MAX_BYTES:,} bytes", f"more in {path}")
    if content[:4] != b"MThd":
        do = "save its MIDI part as a .mid file" if content[:4] == b"RIFF" else "check the file"
        raise UserError("a MIDI file, which begins with MThd", f"{path}, which does not", do)
    if len(content) < 14:
        raise _damaged(path, "it is cut short")
    form, _, division = struct.unpack(">HHH", content[8:14])
    if form > 1:
        why = "whose tracks are pieces of their own" if form == 2 else "which nobody has defined"
        raise UserError(
            "a MIDI file of format 0 or 1",
            f"format {form}, {why}, in {path}",
            "save each track as a file",
        )
    frames = 256 - (division >> 8)
    if not division & 0xFF if division & 0x8000 else not division:
        raise _damaged(path, "a division of 0")
    if division & 0x8000 and frames not in _FRAMES_PER_S:
        raise _damaged(path, f"{frames} frames a second")
    try:
        return mido.MidiFile(file=io.BytesIO(content)).tracks, division
    except EOFError as error:
        raise _damaged(path, "it is cut short") from error
    except Exception as error:  # whatever the parser trips over, the file is at fault
        raise _damaged(path, str(error) or type(error).__name__) from error


def _damaged(path: str | os.PathLike, why: str) -> UserError:
    return UserError("a whole MIDI file", f"{path} ({why})", "fetch or save it again")


def _in_order(
    tracks: list[mido.MidiTrack], path: str | os.PathLike
) -> list[tuple[int, mido.Message]]:
    """All tracks' messages with their ticks; of one tick, controllers come before notes."""
    timed = []
    for track in tracks:
        tick = 0
        for message in track:
            tick += message.time
            if tick > _LAST_TICK:
                raise _damaged(path, "its times never end")
            timed.append((tick, message))

    def place(each: tuple[int, mido.Message]) -> tuple[int, bool]:
        tick, message = each
        early = message.type == "control_change" and message.control <= columns.LAST_CONTROLLER
        return tick, not early

    return sorted(timed, key=place)


def _tempo_map(timed: list[tuple[int, mido.Message]]) -> list[tuple[int, int]]:
    """Ticks from which on a beat takes so many microseconds, rising from 0; 0 is no tempo."""
    tempos = {0: _TEMPO}
    for tick, message in timed:
        if message.type == "set_tempo" and message.tempo > 0:
            tempos[tick] = message.tempo
    return list(tempos.items())


def _clock(division: int, tempos: list[tuple[int, int]]) -> Callable[[np.ndarray], np.ndarray]:
    """The function from ticks `[N]` to seconds `[N]`, float64."""
    if division & 0x8000:
        rate_hz = _FRAMES_PER_S[256 - (division >> 8)] * (division & 0xFF)
        return lambda ticks: ticks / rate_hz
    starts = np.array([tick for tick, _ in tempos], np.float64)
    beat_us = np.array([tempo for _, tempo in tempos], np.float64)
    passed_us = np.concatenate([[0.0], np.cumsum(np.diff(starts) * beat_us[:-1] / division)])

    def seconds(ticks: np.ndarray) -> np.ndarray:
        place = np.searchsorted(starts, ticks, side="right") - 1
        return (passed_us[place] + (ticks - starts[place]) * beat_us[place] / division) / 1e6

    return seconds


def _notes(
    timed: list[tuple[int, mido.Message]], controllers: tuple[int, ...], path: str | os.PathLike
) -> np.ndarray:
    """`[N, 5 + C]`: tick of the start and of the end, pitch, velocity, channel, controllers."""
    notes: list[list[int]] = []
    sounding = collections.defaultdict(collections.deque)  # (channel, pitch) -> its open notes
    held = collections.defaultdict(dict)  # channel -> controller -> value

    for tick, message in timed:
        kind = message.type
        if kind == "note_on" and message.velocity > 0:
            controls = [held[message.channel].get(n, _REST.get(n, 0)) for n in controllers]
            note = [tick, -1, message.note, message.velocity, message.channel, *controls]
            notes.append(note)
            sounding[message.channel, message.note].append(note)
        elif kind in ("note_on", "note_off"):
            if waiting := sounding[message.channel, message.note]:
                waiting.popleft()[1] = tick
        elif kind == "control_change":
            held[message.channel][message.control] = message.value
            if message.control in (_SOUND_OFF, _NOTES_OFF):
                for (channel, _), waiting in sounding.items():
                    while channel == message.channel and waiting:
                        waiting.popleft()[1] = tick
    if not notes:
        raise UserError("a MIDI file with notes", f"none in {path}", "leave the file out")
    hanging = [note for note in notes if note[1] < 0]
    for note in hanging:
        note[1] = timed[-1][0]
    if hanging:
        log.warning("%s: notes that nothing ends, closed at its end: %d", path, len(hanging))
    return np.array(notes, np.float64)
