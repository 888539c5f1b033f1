"""Sound to frames and back, and the files that hold it; needs NumPy.

Files need `soundfile` and `soxr`, the way back `librosa`: the extra `hachi_tf[audio]`.
"""

from hachi_tf.audio.framing import Framing

__all__ = ["Framing"]
