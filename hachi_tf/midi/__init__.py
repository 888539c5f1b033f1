"""Standard MIDI files to tables of notes and back; needs mido and NumPy."""

from hachi_tf.midi.columns import find_column
from hachi_tf.midi.reading import read_midi
from hachi_tf.midi.writing import write_midi

__all__ = ["find_column", "read_midi", "write_midi"]
