"""One training run from its data to its last word."""

import dataclasses
import functools
import logging
import sys
import time
from typing import Any

import numpy as np
from tqdm import tqdm

from hachi_tf.data.dataset import Dataset
from hachi_tf.data.line_scale import measure_lines
from hachi_tf.data.operations import limits_of, parse_operations
from hachi_tf.data.pipeline import Pipeline
from hachi_tf.data.sources import make_source
from hachi_tf.data.windows import Windows
from hachi_tf.errors import UserError
from hachi_tf.evaluation.scoring import Scorer, dataset_baseline
from hachi_tf.files import clean_folder
from hachi_tf.models import network_to_dict
from hachi_tf.training import report
from hachi_tf.training.building import build_again, build_from, build_new
from hachi_tf.training.checkpoints import Checkpoints, save_arrays, variable_arrays
from hachi_tf.training.optimizers import make_optimizer
from hachi_tf.training.run_data import read_data
from hachi_tf.training.run_directory import RunDirectory
from hachi_tf.training.stopping import Clock, Interrupt
from hachi_tf.training.summaries import Summaries
from hachi_tf.training.trainer import Schedule, Trainer, num_weights
from hachi_tf.training.weight_noise import WeightNoise
from hachi_tf.transforms import transform_to_dict

log = logging.getLogger(__name__)

CHECKPOINT_EVERY_S = 60.0
LOG_EVERY_STEPS = 10
# A long sequence is cut into windows of so many events, unless --sequence_length says otherwise.
WINDOW_LENGTH = 100


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
        self._resuming = directory.schema.exists()
        self._origin = initial and {
            key: initial.trained_on[key]
            for key in ("source", "licence", "credit", "init_from")
            if key in initial.trained_on
        }
        data = read_data(config, self._source, directory, initial)
        self._schema, self._scale, _ = data.wanted
        self._train, self._held_out = data.train, data.held_out
        if self._held_out is None:
            log.warning("nothing is held out: the loss cannot tell learning from memorising")
        if self._resuming:
            built = build_again(self._source, self._schema, directory)
        elif initial is not None:
            built = build_from(config, self._schema, initial, self._train)
        else:
            built = build_new(config, self._source, self._train)
        if self._source.has_text and not self._resuming:
            self._scale = self._scale or measure_lines(self._train)
        self._transforms, self._network = built
        fresh = self._fresh_epochs() if data.columns == self._schema else None
        operations = parse_operations(config.operations, self._schema, limits_of(self._transforms))
        train = self._train
        if config.context:
            windows = Windows(config.context, config.horizon, config.stride)
            train = windows.epoch(self._train, config.seed, 0)
            if config.stride > 1:
                fresh = functools.partial(windows.epoch, self._train, config.seed)
        in_one = self._source.independent or config.context
        self._pipeline = Pipeline(
            train,
            config.batch_size,
            config.sequence_length or (0 if in_one else WINDOW_LENGTH),
            config.seed,
            fresh=fresh,
            carry=not in_one,
            operations=operations if len(operations) else None,
            reset_every=self._source.reset_every,
        )
        self._total_steps = max(round(config.epochs * self._pipeline.steps_per_epoch), 1)
        if config.warmup_steps >= self._total_steps:
            log.warning("the warm-up takes all %d steps of this run", self._total_steps)
        self._trainer = self._make_trainer()
        self._scorer = Scorer(self._network, self._transforms)
        self._checkpoints = Checkpoints(directory.checkpoints)
        # What decides about stopping and the best weights, and the steps that are not logged yet;
        # both are saved with every checkpoint.
        self._progress = {"best": None, "best_step": 0, "worse": 0}
        self._recent: list[dict[str, float]] = []
        self._begin()

    def _fresh_epochs(self) -> Any:
        """For a source without end, what makes the training split of a later epoch, else None."""
        if self._source.epoch(0) is None or self._config.validation_fraction is not None:
            return None  # a split of one's own is a split of finite data
        columns = len(self._source.schema)
        return lambda epoch: Dataset.from_sequences(self._source.epoch(epoch), columns)

    def _make_trainer(self) -> Trainer:
        config = self._config
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
            carried_rows=self._pipeline.rows if self._pipeline.carry else 0,
        )

    def _begin(self) -> None:
        """Writes what the run is, or goes back to its last checkpoint."""
        directory = self._directory
        if not self._resuming:
            directory.write_text(directory.config, self._config.to_json())
            self._save()
            # Last, since the run is one that can be resumed from here on.
            directory.write_text(directory.schema, report.to_json(self._describe()))
            directory.cut_metrics(0)
            return
        for folder in (directory.path, directory.checkpoints, directory.samples):
            clean_folder(folder)
        found = self._checkpoints.latest()
        if found is None:
            raise UserError(
                f"a whole checkpoint in {directory.checkpoints}",
                "none",
                "start again with a new --run_dir",
            )
        arrays, metadata = found
        if not {"trainer", "progress", "recent"} <= set(metadata):
            raise UserError(
                "a checkpoint to go on from", f"a foreign one in {directory.checkpoints}"
            )
        self._trainer.restore(arrays, metadata["trainer"], directory.path)
        self._progress, self._recent = metadata["progress"], metadata["recent"]
        directory.write_text(directory.config, self._config.to_json())
        directory.cut_metrics(self._trainer.step)
        log.info("going on from step %d of %s", self._trainer.step, directory.path)

    def _describe(self) -> dict[str, Any]:
        """The contents of `schema.json`."""
        return {
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
                **({"scale": self._scale} if self._scale else {}),
                **(
                    {"context": self._config.context, "horizon": self._config.horizon}
                    if self._config.context
                    else {}
                ),
                **({"init_from": self._origin} if self._origin else {}),
            },
        }

    def train(self) -> None:
        """Trains until the epochs, the minutes or the patience are over, then says how it is."""
        config, trainer = self._config, self._trainer
        self._summaries = Summaries(self._directory.tensorboard)
        self._summaries.flags(dataclasses.asdict(config))
        if self._held_out is not None:
            baseline = dataset_baseline(self._train, self._transforms, self._schema)
            self._guess = baseline(self._held_out)
        report.start(self._network, self._train, self._held_out, num_weights(self._network))
        every = config.validate_every or self._pipeline.steps_per_epoch
        clock, started = Clock(config.max_minutes), time.monotonic()
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
        with bar, Interrupt() as interrupt:
            for batch in batches:
                if clock.over() or self._out_of_patience():
                    break
                self._recent.append(trainer.train_step(batch))
                bar.update()
                if trainer.step % LOG_EVERY_STEPS == 0:
                    bar.set_postfix_str(self._log_steps(), refresh=False)
                if trainer.step % every == 0 or trainer.step == self._total_steps:
                    bar.write(self._validate(), file=sys.stderr)
                    self._save()
                elif interrupt.asked or clock.due("checkpoint", CHECKPOINT_EVERY_S):
                    self._save()
                if interrupt.asked:
                    log.info("go on: python -m hachi_tf.train --run_dir=%s", self._directory.path)
                    raise KeyboardInterrupt
        finished = trainer.step >= self._total_steps or self._out_of_patience()
        if not finished:
            log.info(self._validate(decides=False))
            self._save()
        self._summaries.close()
        minutes = (time.monotonic() - started) / 60.0
        report.end(self._directory, trainer, self._total_steps, minutes, finished)

    def _out_of_patience(self) -> bool:
        return 0 < self._config.patience <= self._progress["worse"]

    def _log_steps(self) -> str:
        """Records the mean of the recent steps; returns the loss for the progress bar."""
        recent, self._recent = self._recent, []
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
        shown = self._held_out if self._held_out is not None else self._train
        said = report.picture(self._network, self._transforms, self._source, self._directory,
                              step, self._summaries, int(np.median(self._train.lengths) * 1.5),
                              shown)  # fmt: skip
        if self._held_out is None:
            return "\n".join([*(said or []), f"step {step}: nothing is held out"])
        scores = self._scorer(self._held_out, self._config.batch_size).summary()
        nats = scores["nats_per_step"]
        record = {"step": step, "split": "validation", **scores, "baseline": self._guess}
        self._directory.append_metrics(record)
        self._summaries.scalars(step, {"validation/nats_per_step": nats})
        self._summaries.flush()
        best = self._progress["best"]
        if np.isfinite(nats) and (best is None or nats < best):
            self._progress |= {"best": nats, "best_step": step}
            if decides:
                self._progress["worse"] = 0
            arrays = variable_arrays("network", self._network.weights)
            save_arrays(self._directory.best, arrays, {"step": step, "nats_per_step": nats})
        elif decides:
            self._progress["worse"] += 1
        records, unit = self._directory.read_metrics(), self._schema.text_unit
        line = report.standing(step, scores, self._guess, records, unit)
        return "\n".join([*(said or []), line])

    def _save(self) -> None:
        metadata = {
            "step": self._trainer.step,
            "trainer": self._trainer.metadata(),
            "progress": self._progress,
            "recent": self._recent,
        }
        self._checkpoints.save(self._trainer.step, self._trainer.arrays(), metadata)
