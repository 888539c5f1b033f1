"""Samples of a model of sound: primed with recordings, written as sound, pictures or numbers."""

import logging
import pathlib
from typing import Any

import numpy as np

from hachi_tf.audio import Framing
from hachi_tf.audio.reading import read_sound
from hachi_tf.data.sources import make_source
from hachi_tf.errors import UserError
from hachi_tf.rendering import read_npz
from hachi_tf.rendering.frames import SOUNDS, SUFFIXES, check_sound_packages, save_frames
from hachi_tf.writing.prime import sequence_of

__all__ = ["SUFFIXES", "framing_of", "read_sound_prime", "sample_sound"]

log = logging.getLogger(__name__)

DEFAULT_OUTPUT = "sample.wav"
_IDS = "audio_frames/"
# What says nothing about a sound.
_OTHERS = ("fix", "text", "style", "prime_text", "retries", "again", "page", "columns", "top_k",
           "stop")  # fmt: skip


def sample_sound(config: Any, opened: Any, seed: int) -> dict[str, Any]:
    """Draws sounds and writes them.

    Args:
        config: the flags (`hachi_tf.sample.SampleConfig`).
        opened: the model, a `Sampled`.
        seed: of the samples.

    Returns:
        What was drawn, for JSON: `output`, `files`, `lengths` in frames, `seconds` and
        `prime_seconds`.

    Raises:
        UserError: if a flag says nothing about a sound, the prime cannot be read, or the file
            cannot be written.
    """
    for option in _OTHERS:
        if getattr(config, option):
            raise UserError(f"no --{option} for a model of sound", str(getattr(config, option)))
    if config.top_p < 1.0:
        raise UserError("no --top_p for a model of sound", str(config.top_p))
    if config.keep_prime and not config.prime:
        raise UserError("--prime=..., which --keep_prime is about", "none")
    output = config.output or DEFAULT_OUTPUT
    suffix = pathlib.Path(output).suffix.lower()
    if suffix not in SUFFIXES:
        raise UserError(f"--output with a suffix of {' '.join(SUFFIXES)} for sound", output)
    if suffix in SOUNDS:
        check_sound_packages()
    source = opened.trained_on.get("source", "")
    framing = framing_of(source)
    if framing.schema.features != opened.model.schema.features:
        raise UserError(
            f"a model of the frames of {source}", ", ".join(opened.model.schema.names[:3])
        )
    prime = read_sound_prime(config.prime, opened, framing) if config.prime else None
    manner = {"bias": config.bias, "temperature": config.temperature}
    count, num_steps, context = config.num_samples, opened.num_steps, _context(opened, prime)
    if context:
        horizon = int(opened.trained_on.get("horizon", 1))
        frames = draw_by_windows(
            opened.model, count, num_steps, seed, prime[-context:], context, horizon, **manner
        )
    else:
        frames = draw_frames(opened.model, count, num_steps, seed, prime, **manner)
    before = np.zeros((0, framing.num_columns), np.float32) if prime is None else prime
    whole = [np.concatenate([before, each]) for each in frames] if config.keep_prime else frames
    paths = save_frames(whole, output, framing)
    per_s = framing.frames_per_s
    return {
        "output": output,
        "files": [str(path) for path in paths],
        "lengths": [len(each) for each in frames],
        "seconds": [round(len(each) / per_s, 3) for each in frames],
        "prime_seconds": round(len(before) / per_s, 3),
    }


def draw_frames(
    model: Any, count: int, num_steps: int, seed: int, prime: np.ndarray | None, **manner: float
) -> list[np.ndarray]:
    """Draws frames, in as many calls of a model as it takes.

    Args:
        model: as `hachi_tf.load` returns it.
        count: how many samples.
        num_steps: how many frames of each.
        seed: of the samples.
        prime: frames `[P, F]` that they go on from, or None.
        **manner: `bias` and `temperature`.

    Returns:
        Frames `[num_steps, F]` of each.
    """
    size = model.max_steps
    drawn = model.sample(count, min(size, num_steps), seed=seed, prime=prime, **manner)
    parts = [drawn.events]
    for begin in range(size, num_steps, size):
        drawn = model.continue_(drawn.state, min(size, num_steps - begin), seed=seed, **manner)
        parts.append(drawn.events)
    return [np.concatenate(row) for row in zip(*parts, strict=True)]


def draw_by_windows(
    model: Any,
    count: int,
    num_steps: int,
    seed: int,
    prime: np.ndarray,
    context: int,
    horizon: int,
    **manner: float,
) -> list[np.ndarray]:
    """Draws frames as a model was trained that knows windows only.

    For every `horizon` frames it reads the `context` frames before them, and nothing else.

    Args:
        model: as `hachi_tf.load` returns it.
        count: how many samples.
        num_steps: how many frames of each.
        seed: of the samples.
        prime: frames `[P, F]` that they go on from.
        context: how many frames a window has.
        horizon: how many follow it.
        **manner: `bias` and `temperature`.

    Returns:
        Frames `[num_steps, F]` of each.
    """
    size, rows = min(horizon, model.max_steps), np.arange(count)
    found = [prime] * count
    for begin in range(0, num_steps, size):
        seeds = np.stack([np.full(count, seed), begin * count + rows], 1).astype(np.uint32)
        steps = min(size, num_steps - begin)
        before = [each[-context:] for each in found]
        drawn = model.sample(count, steps, seed=seeds.view(np.int32), prime=before, **manner)
        pairs = zip(found, drawn.events, strict=True)
        found = [np.concatenate(pair) for pair in pairs]
    return [each[len(prime) :] for each in found]


def _context(opened: Any, prime: np.ndarray | None) -> int:
    """How many frames of a prime a model reads; 0 for all of it.

    Raises:
        UserError: if it knows windows only, and there is no prime.
    """
    context = int(opened.trained_on.get("context", 0))
    if context and prime is None:
        raise UserError("--prime=RECORDING for a model that was trained with --context", "none")
    if context > len(prime if context else ()):
        log.warning("the prime has %d frames; training's windows have %d", len(prime), context)
    return context


def framing_of(source: str) -> Framing:
    """How the frames of a model were made, from the options of its source.

    Raises:
        UserError: if the source is not one of sound.
    """
    framing = getattr(make_source(source), "framing", None) if source else None
    if framing is None:
        raise UserError("a model that was trained with --source=audio_frames", source or "another")
    return framing


def read_sound_prime(name: str, opened: Any, framing: Framing) -> np.ndarray:
    """Reads what a sound begins with.

    Args:
        name: a recording, an .npz of frames as `sample` writes it, or the id of a sequence of
            the data, such as `audio_frames/take.wav`.
        opened: the model's `splits`, for ids.
        framing: how the model's frames are made.

    Returns:
        Frames `[P, F]`.

    Raises:
        UserError: if it cannot be read, or is shorter than a frame.
    """
    path = pathlib.Path(name)
    suffix = path.suffix.lower()
    if suffix == ".npz":
        samples = read_npz(path)
        if not samples or samples[0].shape[1:] != (framing.num_columns,):
            raise UserError(f"an npz with frames of {framing.num_columns} columns", name)
        frames = samples[0]
    elif name.startswith(_IDS) and not path.exists():
        frames, _ = sequence_of(name, opened.splits())
    else:
        sound = read_sound(path, framing.sample_rate)
        for kind, words in sound.remarks.items():
            log.warning("%s: %s", kind, f"{name} ({words})" if words else name)
        frames = framing.frames(sound.samples)
    if not len(frames) or not np.isfinite(frames).all():
        least = framing.window / framing.sample_rate
        raise UserError(f"a finite sound of {least:.3f} s or more for --prime", name)
    return frames
