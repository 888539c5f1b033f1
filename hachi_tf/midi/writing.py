"""Tables of notes to Standard MIDI files."""

import io
import os
import pathlib

import mido
import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.files import atomic_path
from hachi_tf.midi import columns
from hachi_tf.tables import Table, find_column

TICKS_PER_BEAT = 480
# Microseconds a beat, 125 beats a minute: a tick is a millisecond.
TEMPO = 480_000
_VELOCITY, _DURATION_S, _CHANNEL = 80, 0.25, 1  # of notes in a table that does not say
_LAST_TICK = 2**28 - 1  # what the format can hold
_OFF, _TEMPO, _CONTROL, _ON = range(4)  # the order of what happens at one tick


def write_midi(table: Table, path: str | os.PathLike) -> pathlib.Path:
    """Writes notes as a MIDI file of format 1: a track with the tempo, then one a channel.

    There are 480 ticks a beat at 125 beats a minute, so a tick is a millisecond; a column `tempo`
    changes the tempo, not the times. A note lasts a tick at least, and ends when its pitch begins
    anew on its channel; of two that begin together the longer one is kept. Rows without a pitch
    are skipped. Without a column `duration` a note lasts until a row of its pitch with velocity
    0, as keyboards send it, or else for 0.25 s; other rows of velocity 0 are skipped too.

    Args:
        table: with a time, and columns named as `read_midi` names them, with or without the
            number before the name; all but the pitch may be missing. Numbers are rounded.
        path: where to; the file appears whole or not at all.

    Returns:
        The path.

    Raises:
        UserError: if there is no time or pitch, a value is out of its range, or the place cannot
            be written to.
    """
    rows = _Rows(table)
    ticks, tempos = _ticks(rows)
    tracks = [_tempo_track(tempos)]
    for channel in np.unique(rows.channel):
        tracks.append(_channel_track(rows, ticks, int(channel)))
    buffer = io.BytesIO()
    mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, tracks=tracks).save(file=buffer)
    path = pathlib.Path(path)
    with atomic_path(path) as temporary:
        temporary.write_bytes(buffer.getvalue())
    return path


class _Rows:
    """The notes of a table as numbers, by time.

    Attributes:
        start: seconds `[N]`.
        end: seconds `[N]`.
        pitch: 0 to 127 `[N]`.
        velocity: 1 to 127 `[N]`.
        channel: 1 to 16 `[N]`.
        tempo: beats a minute `[N]`, or None.
        controls: controllers' values 0 to 127 `[N]`.
    """

    def __init__(self, table: Table):
        self._table, self._names = table, [column.name for column in table.columns]
        if table.time is None:
            raise UserError("a column time, which MIDI needs", ", ".join(self._names))
        pitch = self._numbers("pitch")
        if pitch is None:
            raise UserError("a column pitch or 0_pitch, which MIDI needs", ", ".join(self._names))
        time = np.asarray(table.time, np.float64)
        order = np.argsort(time, kind="stable")
        order = order[~np.isnan(pitch[order])]
        self.start = _check(time, 0.0, np.inf, "time")[order]
        self.pitch = _whole(pitch, 0, 127, "pitch")[order]
        self.velocity = self._or(_VELOCITY, "velocity", 0, 127)[order]
        self.channel = self._or(_CHANNEL, "channel", 1, 16)[order]
        duration = self._numbers("duration")
        if duration is None:
            duration = self._until_silenced()
        else:
            duration = np.where(np.isnan(duration), _DURATION_S, duration)
            duration = _check(duration, 0.0, np.inf, "duration")[order]
        self.end = self.start + duration
        self.tempo = self._numbers("tempo")
        if self.tempo is not None:
            self.tempo = _check(self.tempo, 4.0, 60e6, "tempo")[order]
        self.controls = {
            number: _whole(self._numbers(name), 0, 127, name)[order]
            for name in self._names
            if (number := columns.control_of(name)) is not None
        }
        loud = self.velocity > 0
        for name in ("start", "end", "pitch", "velocity", "channel", "tempo"):
            values = getattr(self, name)
            setattr(self, name, values if values is None else values[loud])
        self.controls = {number: values[loud] for number, values in self.controls.items()}

    def _numbers(self, name: str) -> np.ndarray | None:
        """A column as float64 `[T]`, labels read as numbers; None if there is none."""
        index = find_column(self._names, name)
        if index is None:
            return None
        values = self._table.values[index]
        try:
            return np.array([float(value) if value != "" else np.nan for value in values])
        except ValueError as error:
            raise UserError(f"numbers in the column {self._names[index]}", str(error)) from error

    def _or(self, default: int, name: str, low: int, high: int) -> np.ndarray:
        """A column's whole numbers, and the default where they are missing."""
        values = self._numbers(name)
        if values is None:
            return np.full(len(self._table.time), default)
        return _whole(np.where(np.isnan(values), default, values), low, high, name)

    def _until_silenced(self) -> np.ndarray:
        """How long each note lasts `[N]`, by the rows of velocity 0."""
        duration = np.full(len(self.start), _DURATION_S)
        sounding: dict[tuple[int, int], list[int]] = {}
        for row, key in enumerate(zip(self.channel.tolist(), self.pitch.tolist(), strict=True)):
            if self.velocity[row] > 0:
                sounding.setdefault(key, []).append(row)
            else:
                for begun in sounding.pop(key, ()):
                    duration[begun] = self.start[row] - self.start[begun]
        return duration


def _check(values: np.ndarray, low: float, high: float, name: str) -> np.ndarray:
    """The values, which must be finite and in a range."""
    bad = np.flatnonzero(~(np.isfinite(values) & (values >= low) & (values <= high)))
    if bad.size:
        limits = f"of {low:g} and up" if high == np.inf else f"from {low:g} to {high:g}"
        raise UserError(f"a {name} {limits} for MIDI", f"{values[bad[0]]:g} in row {bad[0] + 1}")
    return values


def _whole(values: np.ndarray, low: int, high: int, name: str) -> np.ndarray:
    """The values rounded, int64; what rounding alone pushes out of the range is brought back."""
    inside = np.where(np.isnan(values), low, values)
    outside = (inside < low - 0.5) | (inside > high + 0.5)
    _check(np.where(outside, inside, low), low, high, name)
    return np.rint(inside).clip(low, high).astype(np.int64)


def _ticks(rows: _Rows) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Ticks of the notes' starts and ends `[N, 2]`, and of the tempos with microseconds a beat."""
    changes = [] if rows.tempo is None else np.rint(60e6 / rows.tempo).astype(int).tolist()
    tempos, begins_s = [(0, changes[0] if changes else TEMPO)], [0.0]
    for start_s, beat_us in zip(rows.start.tolist(), changes, strict=False):
        tick, last_us = tempos[-1]
        if beat_us != last_us:
            passed = round((start_s - begins_s[-1]) * TICKS_PER_BEAT * 1e6 / last_us)
            tempos.append((tick + passed, beat_us))
            begins_s.append(begins_s[-1] + passed * last_us / TICKS_PER_BEAT / 1e6)
    both_s = np.stack([rows.start, rows.end], -1)  # [N, 2]
    place = (np.searchsorted(begins_s, both_s, side="right") - 1).clip(0)
    first, beat_us = (np.array(each)[place] for each in zip(*tempos, strict=True))
    ticks = np.rint(first + (both_s - np.array(begins_s)[place]) * TICKS_PER_BEAT * 1e6 / beat_us)
    if ticks.size and ticks.max() >= _LAST_TICK:
        raise UserError("notes within some 74 hours for MIDI", f"{both_s.max():g} s")
    ticks = ticks.astype(np.int64)
    return np.stack([ticks[:, 0], np.maximum(ticks[:, 1], ticks[:, 0] + 1)], -1), tempos


def _tempo_track(tempos: list[tuple[int, int]]) -> mido.MidiTrack:
    events = [(tick, mido.MetaMessage("set_tempo", tempo=tempo)) for tick, tempo in tempos]
    return _track(events)


def _channel_track(rows: _Rows, ticks: np.ndarray, channel: int) -> mido.MidiTrack:
    """The track of a channel, 1 to 16."""
    events = []
    last: dict[int, int] = {}  # controller -> value
    own = np.flatnonzero(rows.channel == channel)
    for row in own:
        for number, values in rows.controls.items():
            if last.get(number) != (value := int(values[row])):
                message = mido.Message(
                    "control_change", channel=channel - 1, control=number, value=value
                )
                events.append((ticks[row, 0], _CONTROL, number, message))
                last[number] = value
    for pitch in np.unique(rows.pitch[own]):
        same = own[rows.pitch[own] == pitch]
        same = same[np.lexsort((ticks[same, 1], ticks[same, 0]))]
        starts = np.append(ticks[same, 0], _LAST_TICK)
        for row, start, following in zip(same, starts[:-1], starts[1:], strict=True):
            if following == start:
                continue  # the longer of two that begin together comes last
            note = {"channel": channel - 1, "note": int(pitch)}
            on = mido.Message("note_on", velocity=int(rows.velocity[row]), **note)
            off = mido.Message("note_off", velocity=0, **note)
            events.append((start, _ON, int(pitch), on))
            events.append((min(ticks[row, 1], following), _OFF, int(pitch), off))
    events.sort(key=lambda event: event[:3])
    name = mido.MetaMessage("track_name", name=f"channel {channel}")
    return _track([(0, name), *((tick, message) for tick, *_, message in events)])


def _track(events: list[tuple[int, mido.Message]]) -> mido.MidiTrack:
    """A track of messages at ticks that do not fall."""
    before, track = 0, mido.MidiTrack()
    for tick, message in events:
        track.append(message.copy(time=int(tick) - before))
        before = int(tick)
    track.append(mido.MetaMessage("end_of_track", time=0))
    return track
