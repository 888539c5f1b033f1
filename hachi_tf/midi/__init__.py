"""Standard MIDI files to tables of notes and back; needs mido and NumPy."""

from hachi_tf.midi.reading import read_midi
from hachi_tf.midi.writing import write_midi
from hachi_tf.tables import find_column

__all__ = ["find_column", "read_midi", "write_midi"]
