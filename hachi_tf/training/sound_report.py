"""What a network of sound goes on with while it is trained."""

import logging
from typing import Any

import numpy as np
import tensorflow as tf

from hachi_tf.audio import Framing
from hachi_tf.audio.inversion import to_samples
from hachi_tf.errors import UserError
from hachi_tf.rendering import figure
from hachi_tf.rendering.frames import within_full_scale
from hachi_tf.rendering.spectrogram import spectrogram
from hachi_tf.training.run_directory import RunDirectory

log = logging.getLogger(__name__)

TEMPERATURES = (0.5, 1.0)
PRIME_S, SAMPLE_S = 3.0, 5.0


def sample_sound(
    network: Any,
    transforms: Any,
    framing: Framing,
    data: Any,
    directory: RunDirectory,
    step: int,
    summaries: Any,
    made: dict[str, Any] | None = None,
) -> None:
    """Goes on with a recording at two temperatures.

    The spectrograms go to `samples/step-N.png`, the sounds to TensorBoard: three seconds of the
    recording and five that were drawn. Without the packages of sound there are pictures only.

    Args:
        network: the network as it is now.
        transforms: from data units to the network's.
        framing: how frames are made.
        data: a `Dataset`; the beginning of its first sequence is gone on with.
        directory: the run's.
        step: of the training.
        summaries: of the run.
        made: what was compiled before, and is kept.
    """
    from hachi_tf.samplers.sampler import Sampler

    count, num_steps = len(TEMPERATURES), round(SAMPLE_S * framing.frames_per_s)
    prime = data.window(0, 0, round(PRIME_S * framing.frames_per_s))
    made = {} if made is None else made
    if "draw" not in made:
        sampler = Sampler(network, transforms, network.schema, num_steps)
        made["draw"] = tf.function(sampler.sample_primed, autograph=False)
    rows = tf.range(count)
    drawn = made["draw"](
        prime=tf.tile(tf.constant(prime)[None], [count, 1, 1]),
        prime_lengths=tf.fill([count], len(prime)),
        seed=tf.stack([rows, tf.zeros_like(rows)], -1),
        num_steps=tf.fill([count], num_steps),
        bias=tf.zeros([count]),
        temperature=tf.constant(TEMPERATURES),
    )
    frames = [np.concatenate([prime, each]) for each in drawn.events.numpy()]
    heard_s = len(prime) / framing.frames_per_s
    titles = [
        f"{heard_s:.1f} s of a recording, gone on with at temperature {t}" for t in TEMPERATURES
    ]
    pixels = spectrogram(frames, framing, titles)
    figure.save(pixels, directory.samples / f"step-{step:09d}.png")
    summaries.image(step, "samples", pixels)
    for temperature, each in zip(TEMPERATURES, frames, strict=True):
        try:
            samples = within_full_scale(to_samples(each, framing))
        except UserError as error:
            log.info("no sound in TensorBoard: %s", error)
            return
        summaries.sound(step, f"temperature {temperature}", samples, framing.sample_rate)
