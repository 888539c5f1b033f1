"""Samples of frames to files: sound, pictures, numbers."""

import contextlib
import logging
import os
import pathlib
from collections.abc import Sequence

import numpy as np

from hachi_tf.audio import Framing
from hachi_tf.audio.extra import require
from hachi_tf.audio.inversion import to_samples
from hachi_tf.errors import UserError
from hachi_tf.files import atomic_path
from hachi_tf.rendering import figure
from hachi_tf.rendering.save import numbered, save
from hachi_tf.rendering.spectrogram import spectrogram

SOUNDS = (".wav", ".flac")
SUFFIXES = (*SOUNDS, ".png", ".npz", ".csv", ".json")

log = logging.getLogger(__name__)
_LOUDEST = 0.99  # of full scale


def save_frames(
    samples: Sequence[np.ndarray],
    path: str | os.PathLike,
    framing: Framing,
) -> list[pathlib.Path]:
    """Writes samples of frames; the suffix says how.

    - wav, flac: sound of 16 bits, one file a sample: `name.wav`, or `name-1.wav`, `name-2.wav` and
      so on; one that would be louder than full scale is made softer;
    - png: spectrograms;
    - npz, csv, json: the frames in dB, as `hachi_tf.rendering.save` writes numbers.

    Args:
        samples: one array `[T, F]` in dB a sample.
        path: where to.
        framing: how frames are made.

    Returns:
        The files.

    Raises:
        UserError: if the suffix is none of these, a package is missing, there is no frame to make
            a sound of, or the place cannot be written to.
    """
    path = pathlib.Path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UserError(f"a file of frames ending in {', '.join(SUFFIXES)}", str(path))
    if not len(samples):
        raise UserError("at least one sample", "none")
    if suffix == ".png":
        return [figure.save(spectrogram(samples, framing), path)]
    if suffix not in SOUNDS:
        return [save(samples, path, schema=framing.schema)]
    check_sound_packages()
    if any(not len(sample) for sample in samples):
        raise UserError("samples of at least one frame", "one without")
    paths = numbered(path, len(samples))
    with contextlib.ExitStack() as stack:
        for target, sample in zip(paths, samples, strict=True):
            temporary = stack.enter_context(atomic_path(target))
            _write(temporary, within_full_scale(to_samples(sample, framing)), framing.sample_rate)
    return paths


def check_sound_packages() -> None:
    """Says that a package is missing before anything is drawn.

    Raises:
        UserError: if one is.
    """
    require("soundfile", "to write sound files")
    require("librosa", "to make sound of frames")


def within_full_scale(samples: np.ndarray) -> np.ndarray:
    """A sound `[n]`, made softer if it is louder than full scale."""
    peak = float(np.abs(samples).max(initial=0.0))
    if peak <= _LOUDEST:
        return samples
    log.info("the sound is made %.1f dB softer to fit", 20 * np.log10(peak / _LOUDEST))
    return samples * (_LOUDEST / peak)


def _write(path: pathlib.Path, samples: np.ndarray, sample_rate: int) -> None:
    soundfile = require("soundfile", "to write sound files")
    kind = path.suffix[1:].upper()
    soundfile.write(path, samples, sample_rate, subtype="PCM_16", format=kind)
