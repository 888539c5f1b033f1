"""Live MIDI ports: notes that are played in, and notes that are played out and end in time."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from hachi_tf.errors import UserError
from hachi_tf.performing.notes import Note

log = logging.getLogger(__name__)

VIRTUAL = "virtual:"  # before the name of a port to make, rather than of one to open
_ALL_NOTES_OFF = 123


def port_names() -> dict[str, list[str]]:
    """Names of the MIDI ports of this machine, under `inputs` and `outputs`.

    Raises:
        UserError: if no MIDI backend is installed, or it finds no MIDI on this machine.
    """
    backend = _backend()
    try:
        return {"inputs": backend.get_input_names(), "outputs": backend.get_output_names()}
    except Exception as error:  # backends raise errors of their own
        raise _no_midi(error) from error


class MidiInput:
    """Tells of each note that begins, with the controllers' values at that moment.

    Notes that end are not told of: how long one lasts is not known when it begins.

    Args:
        name: of the port, or a part of it that no other port has; `virtual:NAME` makes a port.
        take: called with a `Note` and the values of the note's channel's controllers by their
            number, on a thread of the backend.
        backend: something with mido's functions; mido by default.

    Raises:
        UserError: if there is no such port.
    """

    def __init__(
        self, name: str, take: Callable[[Note, Mapping[int, int]], Any], backend: Any = None
    ):
        self._take = take
        self._controls: dict[int, dict[int, int]] = {}  # channel -> controller -> value
        self.num_notes = self.num_failed = 0
        self.name = name  # something may come before the port is there
        self._port = _open(backend, "input", name, callback=self._on_message)
        self.name = self._port.name

    def _on_message(self, message: Any) -> None:
        try:
            if message.type == "control_change":
                self._controls.setdefault(message.channel, {})[message.control] = message.value
            elif message.type == "note_on" and message.velocity > 0:
                note = Note(message.note, message.velocity, message.channel + 1)
                self._take(note, dict(self._controls.get(message.channel, {})))
                self.num_notes += 1
        except Exception as error:  # one bad message must not end the port's thread
            self.num_failed += 1
            if self.num_failed == 1:
                log.warning("MIDI from %s: %s", self.name, error)

    def close(self) -> None:
        """Closes the port."""
        self._port.close()


class MidiOutput:
    """Plays notes into a port, and ends each when its duration has passed.

    A pitch that sounds already on the channel ends before it begins anew. `close` ends all notes.

    Args:
        name: of the port, or a part of it that no other port has; `virtual:NAME` makes a port.
        backend: something with mido's functions; mido by default.
        clock: seconds that do not jump.

    Raises:
        UserError: if there is no such port.
    """

    def __init__(
        self,
        name: str,
        backend: Any = None,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._clock = clock
        self._message = (backend or _backend()).Message
        self._port = _open(backend, "output", name)
        self.name = self._port.name
        self._ends: list[tuple[float, int, tuple[int, int]]] = []  # due, number, (channel, pitch)
        self._numbers = itertools.count()
        self._sounding: dict[tuple[int, int], int] = {}  # the number of the note that sounds
        self._sent: dict[tuple[int, int], int] = {}  # (channel, controller) -> its last value
        self._changed = threading.Condition()
        self._open = True
        self.num_notes = self.num_failed = 0
        self._thread = threading.Thread(target=self._end_notes, name="midi notes", daemon=True)
        self._thread.start()

    def play(self, note: Note, controls: Mapping[int, int] | None = None) -> bool:
        """Begins a note and plans its end.

        Args:
            note: one with a duration.
            controls: values of controllers by their number; those that changed are sent before.

        Returns:
            Whether it was begun; a port that is closed begins none.
        """
        with self._changed:
            if not self._open:
                return False
            for controller, value in (controls or {}).items():
                if self._sent.get((note.channel, controller)) != value:
                    self._send("control_change", note.channel, control=controller, value=value)
                    self._sent[note.channel, controller] = value
            key = (note.channel, note.pitch)
            self._silence(key)
            self._send("note_on", note.channel, note=note.pitch, velocity=note.velocity)
            self._sounding[key] = number = next(self._numbers)
            heapq.heappush(self._ends, (self._clock() + note.duration_s, number, key))
            self.num_notes += 1
            self._changed.notify()
        return True

    def silence(self) -> None:
        """Ends all notes that sound."""
        with self._changed:
            for key in list(self._sounding):
                self._silence(key)
            self._ends.clear()

    def close(self) -> None:
        """Ends all notes, those of other programs on the same channels too, and closes the port."""
        with self._changed:
            if not self._open:
                return
            self._open = False
            channels = {channel for channel, _ in self._sounding}
            self.silence()
            for channel in sorted(channels):
                self._send("control_change", channel, control=_ALL_NOTES_OFF, value=0)
            self._changed.notify()
        self._thread.join()
        self._port.close()

    def _end_notes(self) -> None:
        with self._changed:
            while self._open:
                now = self._clock()
                while self._ends and self._ends[0][0] <= now:
                    _, number, key = heapq.heappop(self._ends)
                    if self._sounding.get(key) == number:
                        self._silence(key)
                self._changed.wait(self._ends[0][0] - now if self._ends else None)

    def _silence(self, key: tuple[int, int]) -> None:
        if self._sounding.pop(key, None) is not None:
            self._send("note_off", key[0], note=key[1], velocity=0)

    def _send(self, kind: str, channel: int, **values: int) -> None:
        try:
            self._port.send(self._message(kind, channel=channel - 1, **values))
        except Exception as error:  # a port that went away must not end the performance
            self.num_failed += 1
            if self.num_failed == 1:
                log.warning("MIDI to %s: %s", self.name, error)


def _backend() -> Any:
    try:
        import mido

        mido.backend.load()
    except ImportError as error:
        raise UserError(
            "the package python-rtmidi, for live MIDI",
            f"none ({error})",
            "pip install python-rtmidi",
        ) from error
    return mido


def _no_midi(error: Exception) -> UserError:
    return UserError("a machine with MIDI ports", str(error) or type(error).__name__)


def check_port(kind: str, name: str, backend: Any = None) -> None:
    """Looks whether a port can be opened, without opening it.

    Args:
        kind: `input` or `output`.
        name: of the port, or a part of it; those to make begin with `VIRTUAL`.
        backend: as `MidiInput` takes it.

    Raises:
        UserError: if there is no MIDI, or not one port of this name.
    """
    backend = backend or _backend()
    if not name.startswith(VIRTUAL):
        _find(backend, kind, name)


def _open(backend: Any, kind: str, name: str, **options: Any) -> Any:
    """Opens the port of a name, or of the one name that holds it, or makes a virtual one."""
    backend = backend or _backend()
    opener = getattr(backend, f"open_{kind}")
    found = None if name.startswith(VIRTUAL) else _find(backend, kind, name)
    try:
        if found is None:
            return opener(name[len(VIRTUAL) :], virtual=True, **options)
        return opener(found, **options)
    except Exception as error:  # backends raise errors of their own
        raise _no_midi(error) from error


def _find(backend: Any, kind: str, name: str) -> str:
    """The port of a name, or the one whose name holds it."""
    try:
        names = getattr(backend, f"get_{kind}_names")()
        fitting = [each for each in names if name.lower() in each.lower()]
        if name in names:
            fitting = [name]
        if len(set(fitting)) != 1:
            raise UserError(
                f"the name of one MIDI {kind} port for --midi_{kind[:-3]}",
                f"{name!r}, which fits {len(fitting)} of: {', '.join(names) or 'none'}",
                "describe --devices lists the ports",
            )
        return fitting[0]
    except UserError:
        raise
    except Exception as error:  # backends raise errors of their own
        raise _no_midi(error) from error
