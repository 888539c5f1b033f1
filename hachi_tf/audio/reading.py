"""Sound files of any kind to one channel at one sample rate, and what is odd about them."""

import contextlib
import os
from typing import Any, NamedTuple

import numpy as np

from hachi_tf.audio.extra import require
from hachi_tf.errors import UserError

SUFFIXES = (".wav", ".flac", ".ogg", ".aif", ".aiff", ".mp3")
"""The suffixes of sound files."""

_BLOCK = 1 << 12  # samples; of a damaged file, what is lost with the damage
_AT_ONCE = 1 << 24
_MOST_SAMPLES = 1 << 30  # 4 GiB
_FULL_SCALE = 0.999
_CLIPPED_IN_A_ROW = 3  # so many samples at full scale are no peak
_CANCELLED = 0.03  # of the channels' own power, what is left of them together
_EIGHT_BITS = ("PCM_U8", "PCM_S8")


class Sound(NamedTuple):
    """What a file holds.

    Attributes:
        samples: float32 `[n]`, from -1 to 1 for full scale.
        remarks: what is odd about it, or was changed, by kind, e.g. `{"clipped": "0.2%"}`.
    """

    samples: np.ndarray
    remarks: dict[str, str]


def read_sound(path: str | os.PathLike, sample_rate: int) -> Sound:
    """Reads a sound file.

    Channels are averaged, or the loudest one is taken where they cancel each other. Another sample
    rate is converted, samples that are no numbers become silence, and of a file that was cut
    short, what is there is read. None of this is an error, and all of it is remarked on.

    Args:
        path: a file of a kind that libsndfile knows.
        sample_rate: samples a second that are wanted.

    Raises:
        UserError: if it is no sound file, or a package is missing.
    """
    soundfile = require("soundfile", "to read sound files")
    path, remarks = os.fspath(path), {}
    wanted = "a sound file, such as .wav or .flac"
    try:
        if not os.path.getsize(path):
            raise UserError(wanted, f"{path}, which is empty")
        with soundfile.SoundFile(path) as file:
            whole = _read_channels(file, remarks)
            own_rate, subtype = file.samplerate, file.subtype
    except OSError as error:
        raise UserError("a file that can be read", f"{path} ({error.strerror})") from error
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise UserError(wanted, f"{path} ({_without_path(error, path)})") from error
    if subtype in _EIGHT_BITS:
        remarks["8 bits a sample"] = "the noise floor is at about -50 dB"
    samples = _mono(whole, remarks)
    if own_rate != sample_rate:
        remarks["resampled"] = f"from {own_rate:,} Hz"
        if own_rate < sample_rate:
            remarks["resampled"] += f", so nothing is above {own_rate // 2:,} Hz"
        samples = require("soxr", "to convert sample rates").resample(
            samples, own_rate, sample_rate, quality="HQ"
        )
    if len(samples) and not samples.any():
        remarks["silent"] = ""
    return Sound(np.ascontiguousarray(samples, np.float32), remarks)


def _read_channels(file: Any, remarks: dict[str, str]) -> np.ndarray:
    """The samples of all channels `[n, C]`, and remarks on what is damaged or clipped."""
    said, rate = file.frames, file.samplerate
    if said * file.channels > _MOST_SAMPLES:
        hours = said / rate / 3600
        raise UserError(
            f"files of at most {_MOST_SAMPLES:,} samples", f"{file.name}, {hours:.1f} hours long"
        )
    whole = _read_all(file)
    there, finite = len(whole), np.isfinite(whole)
    bad = int((~finite).any(1).sum())
    if bad:
        whole = np.where(finite, whole, np.float32(0.0))
    clipped = _clipped(whole)
    if "(should be" in file.extra_info.partition("data :")[2].partition("\n")[0]:
        remarks["cut short"] = f"{there / rate:.2f} s are there"
    elif there < said:
        remarks["cut short"] = f"{there / rate:.2f} s of {said / rate:.2f} s are there"
    if bad:
        remarks["not all numbers"] = f"{bad:,} samples"
    if clipped:
        remarks["clipped"] = f"{clipped / max(there, 1):.2%} of the samples"
    return whole


def _read_all(file: Any) -> np.ndarray:
    """Samples `[n, C]` up to the end, or to where the file is damaged."""
    # At once if that goes: between blocks libsndfile loses what an .mp3 carries over. But a head
    # may promise more than there is, and memory for all of it would be set aside.
    if file.format == "MP3" or file.frames * file.channels <= _AT_ONCE:
        with contextlib.suppress(RuntimeError):  # soundfile's own errors are
            return file.read(dtype="float32", always_2d=True)
    blocks = [np.zeros((0, file.channels), np.float32)]
    with contextlib.suppress(RuntimeError):
        file.seek(0)
        while len(block := file.read(_BLOCK, dtype="float32", always_2d=True)):
            blocks.append(block)
    return np.concatenate(blocks)


def _clipped(samples: np.ndarray) -> int:
    """How many samples `[n, C]` are at full scale, with others of their kind, in any channel."""
    at = np.abs(samples) >= _FULL_SCALE
    rows = at
    for step in range(1, _CLIPPED_IN_A_ROW):
        rows = rows[:-1] & at[step:]
    return int(rows.any(1).sum()) + (_CLIPPED_IN_A_ROW - 1) * bool(rows.any())


def _mono(whole: np.ndarray, remarks: dict[str, str]) -> np.ndarray:
    """Channels `[n, C]` as one, `[n]`."""
    channels = whole.shape[1]
    if channels == 1 or not len(whole):
        return whole[:, 0]
    mixed, powers = whole.mean(1), np.square(whole, dtype=np.float64).mean(0)
    power = float(np.square(mixed, dtype=np.float64).mean())
    if power < _CANCELLED * powers.mean() / channels:
        loudest = int(powers.argmax())
        remarks["cancelling channels"] = f"number {loudest + 1} of {channels} is taken"
        return whole[:, loudest]
    remarks["mixed to one channel"] = f"from {channels}"
    return mixed


def _without_path(error: Exception, path: str) -> str:
    message = str(error).replace(repr(path), "it").strip().rstrip(".")
    return message or "damaged"
