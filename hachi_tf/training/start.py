"""From the flags of a training to its end."""

import dataclasses
import logging
from typing import Any

from hachi_tf.errors import UserError
from hachi_tf.startup import import_tensorflow
from hachi_tf.training.run_directory import RunDirectory
from hachi_tf.training.workers import Cluster, wanted_cluster

log = logging.getLogger(__name__)


def network_flags(found: dict[str, Any]) -> dict[str, Any]:
    """The flags that say what the network of `--init_from` is.

    Raises:
        UserError: if it is no run or export, or a flag that was given contradicts it.
    """
    directory = RunDirectory(found["init_from"])
    if directory.schema.exists():
        flags = directory.flags()
    else:
        from hachi_tf.serving import manifest

        described = manifest.read(manifest.find_version(found["init_from"]))
        flags = described.get("training", {}).get("flags", {})
    names = ("network", "head", "mixtures", "cell", "layers", "hidden_size", "end_of_sequence")
    names += ("window_components",)
    for name in names:
        if name in found and name in flags and found[name] != flags[name]:
            raise UserError(
                f"--{name}={flags[name]}, which the network of --init_from has",
                str(found[name]),
                "leave the flag out",
            )
    return {name: flags[name] for name in names if name in flags}


def train(config: Any) -> RunDirectory:
    """Trains, or goes on training, as the flags say.

    Args:
        config: the flags (`hachi_tf.train.TrainConfig`).

    Returns:
        The run directory.

    Raises:
        UserError: for bad data, contradictory flags, or a loss that stays not finite.
        WorkerLost: if another worker has gone.
    """
    from hachi_tf.data.sources import infer_source, make_source

    cluster = wanted_cluster(config.strategy)
    if cluster and cluster.index:
        logging.getLogger("hachi_tf").setLevel(logging.WARNING)  # the chief tells
    if not config.source:
        own = "hershey" if config.network == "synthesis" else "kanji"
        source = infer_source(config.data) if config.data else own
        log.info("source: %s", source)
        config = dataclasses.replace(config, source=source)
    name = make_source(config.source, config.data or None).name
    if config.run_dir:
        directory = RunDirectory(config.run_dir)
    elif cluster:
        raise UserError("--run_dir, a folder that all workers share", "none")
    else:
        directory = RunDirectory.new(name)
        config = dataclasses.replace(config, run_dir=str(directory.path))
    if cluster and cluster.index:
        _train(config, directory, cluster)
    else:
        with directory.locked():
            _train(config, directory, cluster)
    return directory


def _train(config: Any, directory: RunDirectory, cluster: Cluster | None) -> None:
    resuming = directory.schema.exists()  # before the chief can have written it

    def replicas() -> Any:
        from hachi_tf.training.replicas import make_replicas

        return make_replicas(config.strategy, cluster)

    if cluster:
        log.info("waiting for %d workers", len(cluster.addresses))
    made = import_tensorflow(config.device, first=replicas if cluster else None) or replicas()

    from hachi_tf.training.run import open_model
    from hachi_tf.training.session import Session

    initial = open_model(config.init_from) if config.init_from and not resuming else None
    Session(config, directory, initial, made, resuming).train()
