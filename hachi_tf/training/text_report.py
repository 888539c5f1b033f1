"""A short text that a network writes while it is trained."""

from typing import Any

import numpy as np
import tensorflow as tf

from hachi_tf.files import atomic_path
from hachi_tf.training.run_directory import RunDirectory

TEMPERATURES = (0.5, 1.0)
CHARACTERS = 200
_MOST_RECORDS = 10  # of each temperature


def sample_text(
    network: Any,
    transforms: Any,
    directory: RunDirectory,
    step: int,
    summaries: Any,
    length: int,
    made: dict[str, Any] | None = None,
) -> list[str]:
    """Draws texts at two temperatures into `samples/step-N.txt` and TensorBoard.

    They are about 200 characters, always from the same seeds; of short records there are several.

    Args:
        network: the network as it is now.
        transforms: from data units to the network's.
        directory: the run's.
        step: of the training.
        summaries: of the run.
        length: how many characters a record has, where records are learned.
        made: what was compiled before, and is kept.

    Returns:
        Lines for a person.
    """
    from hachi_tf.samplers.text_sampler import TextSampler

    rows = 1
    if network.schema.end_of_sequence:
        rows = int(np.clip(CHARACTERS // max(length, 1), 1, _MOST_RECORDS))
    made = {} if made is None else made
    if "draw" not in made:
        sampler = TextSampler(network, transforms, network.schema, CHARACTERS)
        made["draw"] = tf.function(sampler.sample, autograph=False)
        made["codec"] = sampler.codec
    count = rows * len(TEMPERATURES)
    numbers = tf.range(count)
    drawn = made["draw"](
        seed=tf.stack([numbers, tf.zeros_like(numbers)], -1),
        num_steps=tf.fill([count], CHARACTERS),
        bias=tf.zeros([count]),
        temperature=tf.repeat(tf.constant(TEMPERATURES), rows),
        top_k=tf.zeros([count], tf.int32),
        top_p=tf.ones([count]),
    )
    texts = [each.decode("utf-8", "replace") for each in drawn[made["codec"].output].numpy()]
    lines = []
    for index, temperature in enumerate(TEMPERATURES):
        lines.append(f"temperature {temperature}:")
        for text in texts[index * rows : (index + 1) * rows]:
            # Not splitlines: a text may hold what that takes for a line's end.
            lines += [f"    {line}" for line in text.split("\n")]
    path = directory.samples / f"step-{step:09d}.txt"
    with atomic_path(path) as temporary:
        temporary.write_bytes(("\n".join(lines) + "\n").encode())
    summaries.text(step, "samples", "\n".join(lines))
    return lines
