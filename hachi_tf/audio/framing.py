"""Sound to frames: the loudness of each frequency band, many times a second."""

import dataclasses
import functools

import numpy as np

from hachi_tf.audio.mel import mel, mel_filters
from hachi_tf.errors import UserError
from hachi_tf.schema import Feature, Schema

_ROWS_AT_ONCE = 2048
_LOWEST_DB = -140.0  # below float32's rounding of a sound of full scale


@dataclasses.dataclass(frozen=True)
class Framing:
    """How sound becomes frames.

    Frame t is about the samples from `t hop` to `t hop + window`; nothing is padded, so that the
    last frames of a piece are as those before, and one may go on from there. A column is the
    power of a frequency band in decibels, 0 for a sine of full scale, on a grid of `quantum`. What
    is below `floor_db` is at the floor, so silence is a frame like others; the grid keeps its
    density finite.

    Attributes:
        sample_rate: samples a second.
        window: samples of a frame, an even number; a Hann window weighs them.
        hop: samples from a frame to the next one.
        bands: mel bands, from 0 Hz to half the sample rate; None for the frequencies of the
            Fourier transform, `window / 2 + 1`.
        floor_db: the quietest power that is told apart from silence.
        quantum: the grid of powers, in decibels.

    Raises:
        UserError: if a number is out of range, or there are too many bands for the window.
    """

    sample_rate: int = 16_000
    window: int = 1024
    hop: int = 256
    bands: int | None = 80
    floor_db: float = -80.0
    quantum: float = 1.0

    def __post_init__(self):
        if not 1000 <= self.sample_rate <= 384_000:
            raise UserError("a sample_rate from 1,000 to 384,000", f"{self.sample_rate}")
        if not 16 <= self.window <= 65_536 or self.window % 2:
            raise UserError("an even window from 16 to 65,536 samples", f"{self.window}")
        if not 1 <= self.hop <= self.window // 2:
            raise UserError("a hop from 1 to half the window", f"{self.hop} of {self.window}")
        if not 0.01 <= self.quantum <= 6:
            raise UserError("a quantum from 0.01 to 6 dB", f"{self.quantum}")
        if not _LOWEST_DB <= self.floor_db <= -20:
            raise UserError("a floor_db from -140 to -20", f"{self.floor_db}")
        if self.bands is not None:
            fits = 1 <= self.bands <= self.window // 2 + 1
            if not fits or not (self.filters().max(axis=1) > 0).all():
                raise UserError(
                    "bands that all hold a frequency of the window",
                    f"{self.bands} bands, window={self.window}",
                    "take fewer bands or a longer window",
                )

    @property
    def num_columns(self) -> int:
        """Columns of a frame."""
        return self.window // 2 + 1 if self.bands is None else self.bands

    @property
    def frames_per_s(self) -> float:
        """Frames a second."""
        return self.sample_rate / self.hop

    @property
    def schema(self) -> Schema:
        """A continuous column a band, named by its number from 0."""
        stem = "bin" if self.bands is None else "mel"
        digits = len(str(self.num_columns - 1))
        return Schema(
            tuple(
                Feature(f"{stem}_{index:0{digits}}", unit="dB", quantum=self.quantum)
                for index in range(self.num_columns)
            )
        )

    def frames(self, samples: np.ndarray) -> np.ndarray:
        """Analyses a sound.

        Args:
            samples: `[n]`, from -1 to 1 for full scale.

        Returns:
            Frames `[T, F]` in dB, float32; T is 0 for fewer samples than a window.
        """
        samples = np.asarray(samples, np.float32)
        if len(samples) < self.window:
            return np.zeros((0, self.num_columns), np.float32)
        cuts = np.lib.stride_tricks.sliding_window_view(samples, self.window)[:: self.hop]
        hann = self.hann()
        frames = np.empty((len(cuts), self.num_columns), np.float32)
        for start in range(0, len(cuts), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            spectrum = np.fft.rfft(cuts[rows] * hann)
            power = spectrum.real**2 + spectrum.imag**2
            if self.bands is not None:
                power = power @ self.filters().T
            frames[rows] = self._decibels(power)
        return frames

    def powers(self, frames: np.ndarray) -> np.ndarray:
        """The powers that frames stand for, read at the middle of their grid cells.

        Args:
            frames: `[T, F]` in dB; what is at the floor or below is silence, and nothing is taken
                for more than a sound of full scale in all bands could have.

        Returns:
            `[T, F]`, float32, 1 for a sine of full scale.
        """
        frames = np.nan_to_num(np.asarray(frames, np.float32), nan=self.floor_db)
        loud = np.minimum(frames + 0.5 * self.quantum, 20.0)
        return np.where(frames < self.silence_db + 0.5 * self.quantum, 0.0, 10.0 ** (loud / 10))

    def hann(self) -> np.ndarray:
        """The window, float32 `[window]`; a sine of full scale has power 1 under it."""
        hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(self.window) / self.window)
        return (hann * (4.0 / self.window)).astype(np.float32)

    def filters(self) -> np.ndarray:
        """The mel bands' weights of the frequencies, float32 `[bands, window / 2 + 1]`."""
        return _filters(self.bands, self.window, self.sample_rate)

    def place(self, frequency: float) -> float:
        """Where a frequency in Hz stands among the columns, from 0, below all, to 1, above them."""
        half = self.sample_rate / 2
        if self.bands is None:
            bin_ = frequency / half * (self.num_columns - 1)
            return (bin_ + 0.5) / self.num_columns
        return (mel(frequency) / mel(half) * (self.bands + 1) - 0.5) / self.bands

    @property
    def silence_db(self) -> float:
        """What silence is in a frame: `floor_db`, on the grid."""
        return float(np.floor(self.floor_db / self.quantum) * self.quantum)

    def _decibels(self, power: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):
            decibels = np.floor(10 * np.log10(power) / self.quantum) * self.quantum
        return np.maximum(decibels, self.silence_db)


@functools.lru_cache(8)
def _filters(bands: int, window: int, sample_rate: int) -> np.ndarray:
    return mel_filters(bands, window, sample_rate)
