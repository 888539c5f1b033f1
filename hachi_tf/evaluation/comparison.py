"""Which of two networks gives the same sequences more likelihood, and how sure that is."""

import math
from typing import Any

from hachi_tf.errors import UserError
from hachi_tf.evaluation.metrics import paired_bootstrap
from hachi_tf.evaluation.scoring import Scorer
from hachi_tf.evaluation.text_scores import text_size


def compare(a: Any, b: Any, dataset: Any, batch_size: int) -> dict[str, Any]:
    """Scores two models on the same sequences, in data units.

    Args:
        a: a model with `network` and `transforms`.
        b: another of the same columns.
        dataset: the `Dataset` to score on, of two sequences or more, or of one that is long.
        batch_size: rows at a time.

    Returns:
        `nats_per_step_data_units_a` and `_b` (less is better), and of their difference `mean`,
        `low` and `high`: the paired bootstrap's 95% interval, with sequences drawn as a whole,
        but for long ones, of which their parts are drawn (`Scorer.by_part`). Of text also
        `bits_per_character_a` and `bits_per_character_b`.

    Raises:
        UserError: if there are too few sequences.
    """
    scores = [
        Scorer(each.network, each.transforms).by_part(dataset, batch_size)[0] for each in (a, b)
    ]
    steps = scores[0].num_events
    if len(steps) < 2:
        raise UserError("two sequences or more to compare on, or a long one", "a short one")
    interval = paired_bootstrap(*(each.nats_data_units / steps for each in scores), weights=steps)
    nats = [float(each.nats_data_units.sum()) for each in scores]
    found = {
        "num_sequences": len(dataset),
        "num_parts": len(steps),
        "nats_per_step_data_units_a": nats[0] / int(steps.sum()),
        "nats_per_step_data_units_b": nats[1] / int(steps.sum()),
        "a_minus_b": interval._asdict(),
    }
    if a.network.schema.text_unit:
        characters = max(text_size(dataset, a.network.schema).characters, 1)
        found["bits_per_character_a"] = nats[0] / math.log(2) / characters
        found["bits_per_character_b"] = nats[1] / math.log(2) / characters
    return found
