"""Which of two networks gives the same sequences more likelihood, and how sure that is."""

from typing import Any

from hachi_tf.evaluation.metrics import paired_bootstrap
from hachi_tf.evaluation.scoring import Scorer


def compare(a: Any, b: Any, dataset: Any, batch_size: int) -> dict[str, Any]:
    """Scores two models on the same sequences, in data units.

    Args:
        a: a model with `network` and `transforms`.
        b: another of the same columns.
        dataset: the `Dataset` to score on, of two sequences or more.
        batch_size: rows at a time.

    Returns:
        `nats_per_step_a`, `nats_per_step_b` (less is better), and of their difference `mean`,
        `low` and `high`: the paired bootstrap's 95% interval, with sequences drawn as a whole.

    Raises:
        UserError: if there are too few sequences.
    """
    scores = [Scorer(each.network, each.transforms)(dataset, batch_size) for each in (a, b)]
    steps = scores[0].num_events
    interval = paired_bootstrap(*(each.nats_data_units / steps for each in scores), weights=steps)
    per_step = [float(each.nats_data_units.sum() / steps.sum()) for each in scores]
    return {
        "num_sequences": len(dataset),
        "nats_per_step_a": per_step[0],
        "nats_per_step_b": per_step[1],
        "a_minus_b": interval._asdict(),
    }
