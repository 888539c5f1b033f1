"""What training tells a person."""

import json
import logging
from typing import Any

import numpy as np

from hachi_tf import alphabet
from hachi_tf.training.run_directory import RunDirectory
from hachi_tf.training.text_report import sample_text

log = logging.getLogger(__name__)

# A gap of so many nats a step, with a held-out loss that no longer falls, is memorising.
MEMORISING_GAP = 0.3
PICTURE_SAMPLES = {"strokes": 12, "events": 4}
PICTURE_EVENTS = 200  # the most of a sample of events
_OUTPUTS = {"strokes": "sample.svg", "events": "sample.csv", "frames": "sample.wav",
            "series": "forecast.svg"}  # fmt: skip
_UNITS = {"char": "character", "byte": "byte"}


def to_json(value: dict[str, Any]) -> str:
    """Indented JSON with a line break at its end."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def start(network: Any, train: Any, held_out: Any, num_weights: int) -> None:
    """Says what is about to be learned from what.

    Args:
        network: the network.
        train: the training split, a `Dataset`.
        held_out: what validations read, or None.
        num_weights: how many numbers the network learns.
    """
    if network.conditioned:
        for line in alphabet.report(train.texts):
            log.info("%s", line)
    events = int(np.sum(train.lengths))
    log.info(
        "%s sequences, %s %ss to learn from, %s held out to validate on; %s weights, %s parameters "
        "a step",
        f"{len(train):,}",
        f"{events:,}",
        _UNITS.get(network.schema.text_unit, "event"),
        f"{len(held_out):,}" if held_out is not None else "no",
        f"{num_weights:,}",
        network.head.params_size,
    )


def better(nats: float, guess: float) -> str:
    """How a loss stands to guessing, e.g. `4.90 nats a step better than guessing (3.45)`."""
    word = "better" if nats <= guess else "WORSE"
    return f"{abs(guess - nats):.2f} nats a step {word} than guessing ({guess:.2f})"


def standing(
    step: int,
    scores: dict[str, float],
    guess: float,
    records: list[dict[str, Any]],
    unit: str | None = None,
) -> str:
    """One line: the held-out loss, how it stands to guessing, a word on memorising.

    Args:
        step: the step of the validation.
        scores: as `Scores.summary` returns them.
        guess: the trivial baseline's nats a step on the same data.
        records: the lines of `metrics.jsonl`.
        unit: `"char"` or `"byte"` where a step is one of a text, else None.
    """
    nats = scores["nats_per_step"]
    if unit is None:
        held_out = f"{nats:.3f} nats a step, {scores['nats_per_sequence']:.1f} a sequence"
    else:
        held_out = f"{nats:.3f} nats, {nats / np.log(2):.3f} bits, a {_UNITS[unit]}"
    line = f"step {step}: held out {held_out}: {better(nats, guess)}"
    train = [r["nats_per_step"] for r in records if r["split"] == "train"][-10:]
    earlier = [r for r in records if r["split"] == "validation"]
    if train and len(earlier) > 2 and nats - np.mean(train) > MEMORISING_GAP:
        best = min(earlier, key=lambda record: record["nats_per_step"])
        if nats > best["nats_per_step"]:
            line += "; it is memorising: the training loss falls on, the held-out loss does not "
            line += f"(the weights of step {best['step']} are kept; --patience ends such a run)"
    return line


def picture(
    network: Any,
    transforms: Any,
    source: Any,
    directory: RunDirectory,
    step: int,
    summaries: Any,
    num_steps: int,
    data: Any,
    made: dict[str, Any] | None = None,
) -> list[str]:
    """Draws samples into `samples/step-N.png` and TensorBoard, if the source says how.

    Strokes become a contact sheet, events a picture over time. A network that reads a text
    writes the first texts of `data`, a `Dataset`, at bias 1; the window's way through one of them
    goes to TensorBoard too. A text goes to `samples/step-N.txt`. Sound goes on from the first
    sequence of `data`, see `sample_sound`.

    Args:
        network: the network as it is now.
        transforms: from data units to the network's.
        source: what it learns from.
        directory: the run's.
        step: of the training.
        summaries: of the run.
        num_steps: the most events of a sample, where no text says when it is over.
        data: a `Dataset`.
        made: what was compiled before, and is kept: anew it would take a second, and memory.

    Returns:
        Lines for a person to read: of a text the samples, else none.
    """
    if network.schema.text_unit is not None:
        return sample_text(network, transforms, directory, step, summaries, num_steps, made)
    if source.renderer == "frames":
        from hachi_tf.training.sound_report import sample_sound

        sample_sound(network, transforms, source.framing, data, directory, step, summaries, made)
    if source.renderer not in PICTURE_SAMPLES:
        return []
    import tensorflow as tf
    from PIL import Image

    from hachi_tf import rendering
    from hachi_tf.rendering.events import save_events
    from hachi_tf.samplers.sampler import Sampler

    count = PICTURE_SAMPLES[source.renderer]
    if source.renderer == "events":
        num_steps = min(num_steps, PICTURE_EVENTS)
    made = {} if made is None else made
    if "draw" not in made:
        sampler = Sampler(network, transforms, network.schema, num_steps)
        made["draw"] = tf.function(sampler.sample)
    rows = tf.range(count)
    conditions = {"bias": tf.zeros([count])}
    if network.conditioned:
        texts = [data.texts[index % len(data)] for index in range(count)]
        conditions = {"bias": tf.ones([count]), "text": tf.constant(texts)}
    drawn = made["draw"](
        seed=tf.stack([rows, tf.zeros_like(rows)], axis=-1),
        num_steps=tf.fill([count], num_steps),
        temperature=tf.ones([count]),
        **conditions,
    )
    pairs = zip(drawn.events.numpy(), drawn.lengths.numpy(), strict=True)
    path = directory.samples / f"step-{step:09d}.png"
    samples = [events[:length] for events, length in pairs]
    if source.renderer == "events":
        save_events(samples, path, network.schema)
    else:
        rendering.save(samples, path, columns=2 if network.conditioned else None)
    with Image.open(path) as image:
        summaries.image(step, "samples", np.asarray(image.convert("RGB")))
    if network.conditioned:
        _picture_alignment(network, transforms, drawn, texts[0], step, summaries)
    return []


def _picture_alignment(
    network: Any, transforms: Any, drawn: Any, text: str, step: int, summaries: Any
) -> None:
    """The window's way through the first sample, for TensorBoard."""
    from hachi_tf.evaluation import expectations
    from hachi_tf.rendering import alignment

    events = drawn.events.numpy()[0, : drawn.lengths.numpy()[0]]
    if len(events):
        found = expectations.alignment(network, transforms, events, text)
        pixels = alignment.alignment(found.weights, found.text, events)
        summaries.image(step, "alignment", pixels)


def sample_hint(network: Any, output: str = "") -> str:
    """Flags of `hachi_tf.sample` to try a network with.

    Args:
        network: the network.
        output: a flag for the file of what is no text.
    """
    unit = network.schema.text_unit
    flags = ['--text="Hello"'] if network.conditioned else []
    if unit is not None:
        wanted = "The " if unit == "char" else [f"{byte:02x}" for byte in b"The "]
        known = set(wanted) <= set(network.schema.features[0].classes)
        flags, output = ['--prime_text="The "'] * known + ["--temperature=0.7"], ""
    return " ".join([*flags, *([output] if output else [])])


def end(
    directory: RunDirectory, trainer: Any, total_steps: int, minutes: float, finished: bool
) -> None:
    """Says how training ended, where everything is and what to do next.

    Args:
        directory: of the run.
        trainer: the `Trainer`, with its network.
        total_steps: how many steps were asked for.
        minutes: how long it took.
        finished: whether it came to its end, rather than being stopped.
    """
    if trainer.skipped:
        log.warning("%d steps were not finite and were skipped", trainer.skipped)
    word = "finished" if finished else "stopped"
    log.info("%s at step %d of %d after %.1f minutes", word, trainer.step, total_steps, minutes)
    log.info("run: %s", directory.path)
    if not finished:
        log.info("go on:    python -m hachi_tf.train --run_dir=%s", directory.path)
    renderer = directory.description()["data"].get("renderer")
    log.info("evaluate: python -m hachi_tf.evaluate --run_dir=%s", directory.path)
    log.info(
        "sample:   python -m hachi_tf.sample --run_dir=%s %s",
        directory.path,
        sample_hint(trainer.network, f"--output={_OUTPUTS.get(renderer, 'sample.npz')}"),
    )
    log.info("watch:    tensorboard --logdir=%s", directory.tensorboard)
