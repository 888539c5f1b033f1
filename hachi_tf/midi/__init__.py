"""Standard MIDI files to tables of notes and back; needs mido and NumPy."""

from hachi_tf.midi.reading import read_midi
from hachi_tf.midi.writing import write_midi

__all__ = ["read_midi", "write_midi"]
