"""A run or an export, opened to draw samples from."""

import dataclasses
import logging
from collections.abc import Callable
from typing import Any

from hachi_tf.serving.model import Model
from hachi_tf.serving.saved_model import in_memory, load
from hachi_tf.training.run import data_splits, load_run

log = logging.getLogger(__name__)

# The events of a sample, if nobody says how many, by what they are.
DEFAULT_STEPS = {"strokes": 700, "events": 256}
# The most events of a line by a run's model; its text sets the real limit.
TEXT_STEPS = 20_000


@dataclasses.dataclass(frozen=True)
class Sampled:
    """A model to draw samples from.

    Attributes:
        model: the model.
        name: the path that it was opened from.
        renderer: what its data are drawn as, `"strokes"` or `"events"`.
        num_steps: the most events to draw for a sample of a model without text.
        splits: reads the data that it was trained on, `Dataset` by split.
    """

    model: Model
    name: str
    renderer: str
    num_steps: int
    splits: Callable[[], dict[str, Any]]


def open_sampled(
    run_dir: str = "", export_dir: str = "", num_steps: int | None = None, data: str = ""
) -> Sampled:
    """Opens a model.

    Args:
        run_dir: a run; the latest under `runs/` if there is no export either.
        export_dir: an export instead.
        num_steps: the most events of a sample; None for 700, or 256 of events such as notes.
        data: the path of its training data, if they lie elsewhere than when it was trained.

    Raises:
        UserError: if there is no such model.
    """
    if export_dir:
        model, name = load(export_dir), export_dir
        trained_on, cache = model.metadata.get("data", {}), None
        if num_steps and num_steps > model.max_steps:
            log.warning("this export draws at most %d events", model.max_steps)
    else:
        trained = load_run(run_dir or None)
        name, trained_on, cache = str(trained.directory.path), trained.trained_on, trained.cache
    renderer = "events" if trained_on.get("renderer") == "events" else "strokes"
    steps = num_steps or DEFAULT_STEPS[renderer]
    if not export_dir:
        network = trained.network
        most = num_steps or TEXT_STEPS if network.conditioned else steps
        fixable = renderer == "events" and not network.conditioned
        scale = trained_on.get("scale")
        model = in_memory(network, trained.transforms, trained.schema, most, scale, fixable)

    def splits() -> dict[str, Any]:
        return data_splits(trained_on, model.schema, data, cache)

    return Sampled(model, name, renderer, min(steps, model.max_steps), splits)
