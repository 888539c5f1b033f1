"""One training run from its data to its last word."""

import dataclasses
import logging
import sys
import time
from typing import Any

import keras
import numpy as np
from tqdm import tqdm

from hachi_tf.data.dataset import load_datasets
from hachi_tf.data.pipeline import Pipeline
from hachi_tf.data.sources import make_source
from hachi_tf.errors import UserError
from hachi_tf.evaluation.scoring import Scorer, dataset_baseline
from hachi_tf.files import clean_folder
from hachi_tf.layers.heads import make_head
from hachi_tf.models import network_class, network_from_dict, network_to_dict
from hachi_tf.schema import Schema
from hachi_tf.training import report
from hachi_tf.training.checkpoints import Checkpoints, save_arrays, variable_arrays
from hachi_tf.training.optimizers import make_optimizer
from hachi_tf.training.run import RunDirectory
from hachi_tf.training.summaries import Summaries
from hachi_tf.training.trainer import Clock, Schedule, Trainer, num_weights
from hachi_tf.training.weight_noise import WeightNoise
from hachi_tf.transforms import transform_from_dict, transform_to_dict

log = logging.getLogger(__name__)

CHECKPOINT_EVERY_S = 60.0
LOG_EVERY_STEPS = 10
# Validations during training read at most about so many events; `evaluate` reads all.
VALIDATION_EVENTS = 200_000


class Session:
    """Trains a run directory's network.

    Args:
        config: the flags (`hachi_tf.train.TrainConfig`).
        directory: where the run is kept; if it holds a run, that run goes on.
        initial: None, or something with `network` and `transforms` to start from.

    Raises:
        UserError: for data or a run directory that do not fit.
    """

    def __init__(self, config: Any, directory: RunDirectory, initial: Any = None):
        self._config, self._directory = config, directory
        self._source = make_source(config.source, config.data or None)
        cache = directory.path.parent / ".cache"
        splits = load_datasets(self._source, config.validation_fraction, cache)
        self._train, self._held_out = splits["train"], splits.get("validation")
        if not len(self._train):
            raise UserError("a training split with sequences in it", "none", "check --data")
        if self._held_out is not None and not len(self._held_out):
            self._held_out = None
        if self._held_out is None:
            log.warning("nothing is held out: the loss cannot tell learning from memorising")
        self._resuming = directory.schema.exists()
        self._build(initial)
        self._pipeline = Pipeline(
            self._train, config.batch_size, config.sequence_length, config.seed
        )
        self._total_steps = max(round(config.epochs * self._pipeline.steps_per_epoch), 1)
        self._trainer = self._make_trainer()
        self._scorer = Scorer(self._network, self._transforms)
        self._checkpoints = Checkpoints(directory.checkpoints)
        # What decides about stopping and the best weights; saved with every checkpoint.
        self._progress = {"best": None, "best_step": 0, "worse": 0}
        self._begin()

    def _build(self, initial: Any) -> None:
        """The schema, the fitted transforms and the network."""
        config, directory = self._config, self._directory
        self._schema = dataclasses.replace(
            self._source.schema,
            end_of_sequence=config.end_of_sequence and self._source.independent,
        )
        if self._resuming:
            description = directory.read_json(directory.schema)
            if Schema.from_dict(description["schema"]) != self._schema:
                raise UserError(
                    f"data with the columns that {directory.schema} names",
                    ", ".join(self._schema.names),
                    "name a new --run_dir",
                )
            if description["data"]["fingerprint"] != self._source.fingerprint():
                raise UserError(
                    f"the data that {directory.path} was trained on",
                    "other files or options",
                    "name the same --data, or a new --run_dir",
                )
            self._transforms = transform_from_dict(description["transforms"])
            self._network = network_from_dict(description["network"])
        elif initial is not None:
            network = network_to_dict(initial.network)
            same = [f.name for f in initial.network.schema.features] == self._schema.names
            if not same:
                raise UserError(
                    f"--init_from a model of the columns {', '.join(self._schema.names)}",
                    ", ".join(initial.network.schema.names),
                )
            self._schema, self._transforms = initial.network.schema, initial.transforms
            network["config"] |= dict(precision=config.precision, dropout=config.dropout)
            self._network = network_from_dict(network)
            self._network.build()
            for variable, value in zip(self._network.weights, initial.network.weights, strict=True):
                variable.assign(value.value)
        else:
            keras.utils.set_random_seed(config.seed)
            unfitted = self._source.default_transforms()
            self._transforms = unfitted.fit([self._train[i] for i in range(len(self._train))])
            self._network = network_class(config.network)(
                self._schema,
                make_head(self._schema, config.head or None, config.mixtures),
                num_layers=config.layers,
                hidden_size=config.hidden_size,
                cell=config.cell,
                dropout=config.dropout,
                clip_derivatives=config.clip_limits(),
                precision=config.precision,
            )

    def _make_trainer(self) -> Trainer:
        config = self._config
        self._network.build()
        deviation, adaptive = config.noise_deviation()
        noise = None
        if deviation:
            variables = self._network.trainable_variables
            noise = WeightNoise(variables, deviation, adaptive, self._pipeline.num_events)
        return Trainer(
            self._network,
            self._transforms,
            make_optimizer(config.optimizer, config.learning_rate),
            Schedule(config.learning_rate, config.warmup_steps, self._total_steps, config.decay),
            seed=config.seed,
            clip_norm=config.clip_norm,
            per_sequence=config.optimizer == "graves_rmsprop",
            weight_noise=noise,
        )

    def _begin(self) -> None:
        """Writes what the run is, or goes back to its last checkpoint."""
        directory = self._directory
        found = None
        if self._resuming:
            for folder in (directory.path, directory.checkpoints, directory.samples):
                clean_folder(folder)
            found = self._checkpoints.latest()
        if not self._resuming:
            directory.path.mkdir(parents=True, exist_ok=True)
            description = {
                "schema": self._schema.to_dict(),
                "transforms": transform_to_dict(self._transforms),
                "network": network_to_dict(self._network),
                "data": {
                    "source": self._config.source,
                    "validation_fraction": self._config.validation_fraction,
                    "fingerprint": self._source.fingerprint(),
                    "renderer": self._source.renderer,
                    "licence": self._source.licence,
                    "credit": self._source.credit,
                },
            }
            directory.write_text(directory.config, self._config.to_json())
            directory.write_text(directory.schema, report.to_json(description))
        elif found:
            arrays, metadata = found
            self._trainer.restore(arrays, metadata["trainer"], directory.path)
            self._progress = metadata["progress"]
            log.info("going on from step %d of %s", self._trainer.step, directory.path)
        directory.cut_metrics(self._trainer.step)

    def train(self) -> None:
        """Trains until the epochs, the minutes or the patience are over, then says how it is."""
        config, trainer = self._config, self._trainer
        self._summaries = Summaries(self._directory.tensorboard)
        self._summaries.flags(dataclasses.asdict(config))
        self._baseline = dataset_baseline(self._train, self._transforms, self._schema)
        if self._held_out is not None:
            self._guess = self._baseline(self._held_out)
        report.start(self._network, self._train, self._held_out, num_weights(self._network))
        every = config.validate_every or self._pipeline.steps_per_epoch
        clock, recent, started = Clock(config.max_minutes), [], time.monotonic()
        batches = self._pipeline.batches(trainer.step, self._total_steps - trainer.step)
        interval_s = 1.0 if sys.stderr.isatty() else 30.0
        bar = tqdm(
            total=self._total_steps,
            initial=trainer.step,
            unit="step",
            mininterval=interval_s,
            maxinterval=interval_s,
            dynamic_ncols=True,
        )
        try:
            for batch in batches:
                if clock.over() or self._out_of_patience():
                    break
                recent.append(trainer.train_step(batch))
                bar.update()
                if trainer.step % LOG_EVERY_STEPS == 0:
                    bar.set_postfix_str(self._log_steps(recent), refresh=False)
                    recent = []
                if trainer.step % every == 0 or trainer.step == self._total_steps:
                    bar.write(self._validate())
                    self._save()
                elif clock.due("checkpoint", CHECKPOINT_EVERY_S):
                    self._save()
        except KeyboardInterrupt:
            self._save()
            log.info("interrupted; go on with --run_dir=%s", self._directory.path)
            raise
        finally:
            bar.close()
        finished = trainer.step >= self._total_steps or self._out_of_patience()
        if not finished:
            log.info(self._validate(decides=False))
            self._save()
        self._summaries.close()
        minutes = (time.monotonic() - started) / 60.0
        report.end(self._directory, trainer, self._total_steps, minutes, finished)

    def _out_of_patience(self) -> bool:
        return 0 < self._config.patience <= self._progress["worse"]

    def _log_steps(self, recent: list[dict[str, float]]) -> str:
        """Records the mean of the last steps; returns the loss for the progress bar."""
        keys = ("nats_per_step", "gradient_norm", "learning_rate")
        means = {key: float(np.mean([step[key] for step in recent])) for key in keys}
        record = {"step": self._trainer.step, "split": "train", **means}
        self._directory.append_metrics(record | {"skipped": self._trainer.skipped})
        self._summaries.scalars(
            self._trainer.step, {f"train/{key}": value for key, value in means.items()}
        )
        return f"{means['nats_per_step']:.3f} nats a step"

    def _validate(self, decides: bool = True) -> str:
        """Scores held-out data, keeps the best weights; returns a line that says how it stands.

        Args:
            decides: whether it counts for `--patience`.
        """
        step = self._trainer.step
        report.picture(self._network, self._transforms, self._source, self._directory, step,
                       self._summaries, int(np.median(self._train.lengths) * 1.5))  # fmt: skip
        if self._held_out is None:
            return f"step {step}: nothing is held out"
        scores = self._scorer(self._held_out, self._config.batch_size, VALIDATION_EVENTS).summary()
        nats = scores["nats_per_step"]
        record = {"step": step, "split": "validation", **scores, "baseline": self._guess}
        self._directory.append_metrics(record)
        self._summaries.scalars(step, {"validation/nats_per_step": nats})
        self._summaries.flush()
        best = self._progress["best"]
        if np.isfinite(nats) and (best is None or nats < best):
            self._progress |= {"best": nats, "best_step": step}
            self._progress["worse"] = 0
            arrays = variable_arrays("network", self._network.weights)
            save_arrays(self._directory.best, arrays, {"step": step, "nats_per_step": nats})
        elif decides:
            self._progress["worse"] += 1
        return report.standing(step, scores, self._guess, self._directory.read_metrics())

    def _save(self) -> None:
        metadata = {"trainer": self._trainer.metadata(), "progress": self._progress}
        metadata["step"] = self._trainer.step
        self._checkpoints.save(self._trainer.step, self._trainer.arrays(), metadata)
