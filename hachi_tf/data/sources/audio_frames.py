"""Sound as frames: recordings, or pieces that the project makes itself."""

import collections
import logging
import os
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np

from hachi_tf.audio import Framing
from hachi_tf.audio.reading import SUFFIXES, read_sound
from hachi_tf.data.sources import voices
from hachi_tf.data.sources.archives import digest_named
from hachi_tf.data.sources.file_lists import find_files, has_file
from hachi_tf.data.sources.source import Sequence, Source
from hachi_tf.data.splits import hashed_splits
from hachi_tf.errors import UserError
from hachi_tf.schema import Schema
from hachi_tf.transforms import Chain, Decorrelate, Standardize, Transform

log = logging.getLogger(__name__)

_MOST_DECORRELATED = 257  # columns; beyond, the map would be larger than the network
_VALIDATION_SHARE = 6  # so many pieces that are learned from, for each that is held out


class AudioFrames(Source):
    """Recordings as frames in decibels, `hachi_tf.audio.Framing`, each a long sequence.

    Files may be of any kind that libsndfile reads, at any sample rate and with any number of
    channels; the log says what was changed and what is odd: a file that is clipped, has 8 bits a
    sample or was cut short is learned from, one that is silent or shorter than a frame is not.

    Without files, sound for a few synthesized voices, which needs no other package.

    Args:
        data: a sound file, a folder, a pattern such as `takes/*.flac`, or several of these with
            commas between them; None for the project's own voices.
        sample_rate: samples a second to which all are brought.
        window: samples of a frame.
        hop: samples from a frame to the next one.
        bands: mel bands; None for the frequencies of the Fourier transform, `window / 2 + 1`.
        floor_db: the quietest power that is told apart from silence.
        quantum: the grid of powers, in decibels.
        held_out: what is held out of files: the "end" of each, or whole "files" that the hash of
            their names picks, about a tenth.
        pieces: of the project's own voices, how many to learn from.
        seconds: of the project's own voices, how long a piece is.
        seed: of the project's own voices.

    Raises:
        UserError: if an option is out of range, or there is no such file.
    """

    name = "audio_frames"
    independent = False
    renderer = "frames"
    default_head = "gaussian_mixture(covariance='diag')"

    def __init__(
        self,
        data: str | os.PathLike | None = None,
        sample_rate: int = 16_000,
        window: int = 1024,
        hop: int = 256,
        bands: int | None = 80,
        floor_db: float = -80.0,
        quantum: float = 1.0,
        held_out: Literal["end", "files"] = "end",
        pieces: int = 72,
        seconds: float = 24.0,
        seed: int = 0,
    ):
        framing = dict(sample_rate=sample_rate, window=window, hop=hop, bands=bands,
                       floor_db=floor_db, quantum=quantum)  # fmt: skip
        own = dict(held_out=held_out) if data else dict(pieces=pieces, seconds=seconds, seed=seed)
        super().__init__(data, **framing, **own)
        self.framing = Framing(**framing)
        if not 1 <= pieces <= 100_000:
            raise UserError("pieces from 1 to 100,000", repr(pieces))
        if not 1 <= seconds <= 3600:
            raise UserError("seconds from 1 to 3600", repr(seconds))
        if not 0 <= seed < 2**63:
            raise UserError("a seed from 0 to below 2**63", repr(seed))
        self.licence = "as the recordings' owner says" if data else "Apache-2.0"
        self.credit = "as the recordings' owner says" if data else "the hachi_tf authors"

    @property
    def schema(self) -> Schema:
        """A continuous column a band."""
        return self.framing.schema

    @property
    def splits(self) -> tuple[str, ...]:
        """Training and validation, but where the end of each file is held out."""
        return () if self.options.get("held_out") == "end" else voices.SPLITS

    def use_schema(self, schema: Schema, grow: bool = False) -> None:
        """Checks that a model has these frames.

        Args:
            schema: the model's columns.
            grow: has no effect.

        Raises:
            UserError: if it has others.
        """
        del grow
        if schema.features != self.schema.features:
            own = self.schema.features
            raise UserError(
                f"frames as the model has them, {len(schema)} columns like {schema.features[0]}",
                f"{len(own)} like {own[0]}",
                "name the source with the settings that the model was trained with",
            )

    def default_transforms(self) -> Transform:
        """Columns that do not move together, or of very many, mean 0 and deviation 1."""
        columns = range(len(self.schema))
        if len(columns) > _MOST_DECORRELATED:
            return Chain([Standardize(columns)])
        return Chain([Decorrelate(columns, self.framing.quantum)])

    @classmethod
    def recognizes(cls, path: str) -> bool:
        """Sound files by their suffix, or a folder with one in it."""
        return has_file(path, SUFFIXES) if os.path.isdir(path) else path.lower().endswith(SUFFIXES)

    def read(self) -> Iterator[Sequence]:
        """Reads the recordings, or makes the pieces; see `Source.read`."""
        if self.data is None:
            yield from self._pieces()
            return
        remarks: dict[str, list[str]] = collections.defaultdict(list)
        found: dict[str, np.ndarray] = {}
        for name, path in self._files().items():
            sound = read_sound(path, self.framing.sample_rate)
            for kind, words in sound.remarks.items():
                remarks[kind].append(f"{name} ({words})" if words else name)
            frames = self.framing.frames(sound.samples)
            if not len(frames):
                remarks["left out, shorter than a frame"].append(name)
            elif "silent" in sound.remarks or frames.max() <= self.framing.silence_db:
                remarks["left out, nothing above floor_db"].append(name)
            else:
                found[name] = frames
        for kind, names in remarks.items():
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            log.warning("%s: %s%s", kind, ", ".join(names[:3]), more)
        if not found:
            raise UserError("recordings with a sound in them", f"none in {self.data}")
        seconds = sum(map(len, found.values())) / self.framing.frames_per_s
        log.info("recordings: %d files, %.1f s", len(found), seconds)
        yield from self._sequences(found)

    def _sequences(self, found: dict[str, np.ndarray]) -> Iterator[Sequence]:
        splits = [""] * len(found)
        if self.options["held_out"] == "files":
            if len(found) < 2:
                raise UserError("two recordings or more for held_out='files'", f"{len(found)}")
            splits = hashed_splits(list(found), 0.1)
        for (name, frames), split in zip(found.items(), splits, strict=True):
            yield Sequence(frames, None, f"{self.name}/{name}", split)

    def _pieces(self) -> Iterator[Sequence]:
        count, seconds = self.options["pieces"], self.options["seconds"]
        counts = (count, max(count // _VALIDATION_SHARE, 1))
        for split, count in zip(voices.SPLITS, counts, strict=True):
            for index in range(count):
                sound = voices.piece(
                    self.options["seed"], split, index, seconds, self.framing.sample_rate
                )
                frames = self.framing.frames(sound)
                yield Sequence(frames, None, f"{self.name}/{split}-{index:04}", split)

    def _files(self) -> dict[str, str]:
        return find_files(self.data, SUFFIXES, "sound files (.wav, .flac, ...)")

    def _digest_inputs(self, digest: Any) -> None:
        if self.data:
            digest_named(self._files(), digest)
