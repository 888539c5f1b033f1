"""A run or an export, opened to draw samples from."""

import dataclasses
import logging
from collections.abc import Callable
from typing import Any

from hachi_tf.data.sources import make_source
from hachi_tf.errors import UserError
from hachi_tf.serving.model import Model
from hachi_tf.serving.saved_model import in_memory, load
from hachi_tf.training.run import data_splits, load_run
from hachi_tf.writing.suits import DEFAULT_STEPS

log = logging.getLogger(__name__)

# The most characters of a record, whose end is learned.
RECORD_STEPS = 10_000
# The most events of a line by a run's model; its text sets the real limit.
TEXT_STEPS = 20_000
# The most characters of a call, of which a sample takes several.
TEXT_CHUNK = 1000


@dataclasses.dataclass(frozen=True)
class Sampled:
    """A model to draw samples from.

    Attributes:
        model: the model.
        name: the path that it was opened from.
        renderer: what its data are drawn as, a key of `DEFAULT_STEPS`.
        trained_on: what it tells of its data.
        num_steps: the most events to draw for a sample of a model that reads no text.
        splits: reads the data that it was trained on, `Dataset` by split.
        training: reads what it learned from, a `Dataset`; None if the data are not at hand, or
            are others now.
    """

    model: Model
    name: str
    renderer: str
    trained_on: dict[str, Any]
    num_steps: int
    splits: Callable[[], dict[str, Any]]
    training: Callable[[], Any]


def open_sampled(
    run_dir: str = "", export_dir: str = "", num_steps: int | None = None, data: str = ""
) -> Sampled:
    """Opens a model.

    Args:
        run_dir: a run; the latest under `runs/` if there is no export either.
        export_dir: an export instead.
        num_steps: the most events of a sample; None for 700, or 256 of events such as notes, 1250
            frames of a sound, or 1000 characters of a text, and of one whose end is learned 10,000.
        data: the path of its training data, if they lie elsewhere than when it was trained.

    Raises:
        UserError: if there is no such model.
    """
    if export_dir:
        model, name = load(export_dir), export_dir
        trained_on, cache, schema = model.metadata.get("data", {}), None, model.schema
    else:
        trained = load_run(run_dir or None)
        name, trained_on, cache = str(trained.directory.path), trained.trained_on, trained.cache
        schema = trained.schema
    renderer = "text" if schema.text_unit else trained_on.get("renderer")
    renderer = renderer if renderer in DEFAULT_STEPS else "strokes"
    steps = num_steps or DEFAULT_STEPS[renderer]
    if not export_dir:
        network = trained.network
        most = num_steps or TEXT_STEPS if network.conditioned else steps
        most = TEXT_CHUNK if renderer == "text" else most
        fixable = renderer == "events" and not network.conditioned
        scale = trained_on.get("scale")
        model = in_memory(network, trained.transforms, trained.schema, most, scale, fixable)
    if renderer == "text":  # a sample takes as many calls as it needs
        steps = RECORD_STEPS if schema.end_of_sequence and not num_steps else steps
    elif steps > model.max_steps and renderer not in ("series", "frames"):  # so do these
        if num_steps:
            log.warning("this export draws at most %d events", model.max_steps)
        steps = model.max_steps

    def splits() -> dict[str, Any]:
        return data_splits(trained_on, model.schema, data, cache)

    def training() -> Any:
        if data:
            return splits()["train"]
        try:
            source = make_source(trained_on["source"], trained_on.get("data"))
            same = source.fingerprint() == trained_on.get("fingerprint")
            return splits()["train"] if same else None
        except (UserError, OSError, KeyError):
            return None

    return Sampled(model, name, renderer, trained_on, steps, splits, training)
