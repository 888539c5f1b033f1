"""Pictures of how a network sees a drawing: where it looks and what it expects."""

import pathlib
from typing import Any

from hachi_tf import rendering
from hachi_tf.alphabet import Alphabet
from hachi_tf.errors import UserError
from hachi_tf.evaluation import density, expectations
from hachi_tf.rendering import alignment, diagrams, figure

BIASES = (0.0, 0.5, 1.0, 2.0, 5.0)
_STEPS = 20_000  # the most of a line at some bias; its text sets the real limit
_SEED = 1


def draw(model: Any, picture: str, sample: str, text: str, output: str) -> dict[str, Any]:
    """Draws a picture of a model into a PNG.

    Args:
        model: as `hachi_tf.training.run.open_model` returns it.
        picture: `alignment`, where the window stood at each step (Graves 2013, figure 13);
            `density`, where the next points were expected (figure 10, top); `components`, which
            component of the mixture claims which point (figure 10, bottom); or `bias`, the same
            text written at bias 0 to 5.
        sample: an .npz whose first sequence the network is shown; not read for `bias`.
        text: what it says, or what to write; "" if the network reads no text.
        output: the file, a .png.

    Returns:
        What was drawn, for JSON.

    Raises:
        UserError: if something is missing, or does not fit the model.
    """
    network, transforms = model.network, model.transforms
    if picture in ("alignment", "bias") and not network.conditioned:
        raise UserError(f"a model that writes texts for --picture={picture}", str(model.path))
    if network.conditioned and not text:
        raise UserError("--text=..., what the drawing says", "none")
    if network.conditioned:
        text = Alphabet(network.alphabet).prepare(text).text
    if picture == "bias":
        pixels = diagrams.bias_sheet(_at_each_bias(model, text))
    else:
        if not sample:
            raise UserError(f"--sample=FILE.npz for --picture={picture}", "none")
        sequences = rendering.read_npz(sample)
        if not sequences or not len(sequences[0]):
            raise UserError("an npz with a sequence for --sample", sample)
        events = sequences[0]
        if picture == "alignment":
            found = expectations.alignment(network, transforms, events, text)
            pixels = alignment.alignment(found.weights, found.text, events)
        else:
            expected = expectations.next_points(network, transforms, events, text or None)
            if picture == "density":
                page = density.page_density(expected)
                unit = network.schema.features[0].unit
                pixels = diagrams.density(page.log_density, page.extent, events, unit)
            else:
                claims = expected.responsibilities()
                pixels = diagrams.components(claims, events, expected.weights)
    figure.save(pixels, pathlib.Path(output))
    height, width = pixels.shape[:2]
    return {"picture": picture, "output": output, "width": width, "height": height}


def _at_each_bias(model: Any, text: str) -> list[tuple[str, Any]]:
    from hachi_tf.serving.saved_model import in_memory

    network = model.network
    writer = in_memory(network, model.transforms, network.schema, _STEPS)
    drawn = writer.sample(len(BIASES), None, list(BIASES), 1.0, _SEED, text=text)
    return [(f"bias {bias:g}", line) for bias, line in zip(BIASES, drawn.events, strict=True)]
