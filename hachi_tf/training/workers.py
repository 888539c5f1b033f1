"""Which processes learn together, as `TF_CONFIG` and a flag say."""

import json
import os
from typing import NamedTuple

from hachi_tf.errors import UserError

STRATEGIES = ("auto", "one", "mirrored", "multi_worker")
# `EX_TEMPFAIL` of sysexits.h: nothing is wrong with what was asked for; ask again.
LOST_STATUS = 75
AGAIN = "start the same command on all of them again: training goes on from the last checkpoint"
_EXAMPLE = (
    '{"cluster": {"worker": ["host1:2222", "host2:2222"]}, "task": {"type": "worker", "index": 0}}'
)


class WorkerLost(UserError):
    """Another worker has gone, and the run is to be started again on all hosts."""

    status = LOST_STATUS


class Cluster(NamedTuple):
    """The workers of a run.

    Attributes:
        addresses: `host:port` of each.
        index: which of them this process is; 0 is the chief, who writes the run directory.
    """

    addresses: tuple[str, ...]
    index: int


def read_cluster(text: str | None) -> Cluster | None:
    """The workers that `TF_CONFIG` names; None if it is empty.

    Args:
        text: the variable's value.

    Raises:
        UserError: if it is not what TensorFlow reads, or names other tasks than workers.
    """
    if not text or text.strip() == "{}":
        return None
    try:
        value = json.loads(text)
        tasks, task = value["cluster"], value["task"]
        order = [kind for kind in ("chief", "worker") if tasks.get(kind)]
        addresses = {kind: [str(address) for address in tasks[kind]] for kind in order}
        kind, index = task["type"], int(task["index"])
        if set(tasks) - {"chief", "worker"} or not 0 <= index < len(addresses[kind]):
            raise ValueError("a task that is not of the cluster, or is no worker")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UserError(
            f"TF_CONFIG as JSON of workers, e.g. {_EXAMPLE}", f"{text[:200]} ({error})"
        ) from error
    before = len(addresses["chief"]) if order == ["chief", "worker"] and kind == "worker" else 0
    return Cluster(tuple(sum((addresses[kind] for kind in order), [])), before + index)


def wanted_cluster(name: str) -> Cluster | None:
    """The workers that a flag and `TF_CONFIG` ask for; None for this process alone.

    Args:
        name: one of `STRATEGIES`.

    Raises:
        UserError: if workers are wanted and `TF_CONFIG` names none.
    """
    if name not in ("auto", "multi_worker"):
        return None
    cluster = read_cluster(os.environ.get("TF_CONFIG"))
    if cluster is None and name == "multi_worker":
        raise UserError(
            f"TF_CONFIG in the environment for --strategy=multi_worker, e.g. {_EXAMPLE}", "none"
        )
    return cluster if cluster is not None and len(cluster.addresses) > 1 else None
