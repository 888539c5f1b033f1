"""Samples as pictures and files; needs NumPy, and Pillow for PNG and GIF."""

from hachi_tf.rendering.save import read_npz, save

__all__ = ["read_npz", "save"]
