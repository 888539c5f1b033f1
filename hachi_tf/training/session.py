"""One training run from its data to its last word."""

import dataclasses
import logging
import math
import sys
import time
from typing import Any

import numpy as np
from tqdm import tqdm

from hachi_tf.data.line_scale import measure_lines
from hachi_tf.data.sources import make_source
from hachi_tf.errors import UserError
from hachi_tf.evaluation.scoring import Scorer, dataset_baseline
from hachi_tf.files import clean_folder
from hachi_tf.training import report
from hachi_tf.training.building import build_again, build_from, build_new, describe_run
from hachi_tf.training.checkpoints import Checkpoints, save_arrays, variable_arrays
from hachi_tf.training.optimizers import Schedule, make_optimizer
from hachi_tf.training.replicas import Replicas, compare_workers
from hachi_tf.training.run_data import make_pipeline, read_data
from hachi_tf.training.run_directory import RunDirectory
from hachi_tf.training.stopping import Clock, Interrupt
from hachi_tf.training.summaries import Summaries
from hachi_tf.training.trainer import Trainer, num_weights
from hachi_tf.training.weight_noise import WeightNoise
from hachi_tf.training.workers import AGAIN, WorkerLost

log = logging.getLogger(__name__)

CHECKPOINT_EVERY_S = 60.0
LOG_EVERY_STEPS = 10
_FEW_STEPS, _ENOUGH_STEPS = 100, 300


class Session:
    """Trains a run directory's network.

    Of several workers each has a session, and the chief's alone writes.

    Args:
        config: the flags (`hachi_tf.train.TrainConfig`).
        directory: where the run is kept; if it holds a run, that run goes on.
        initial: None, or something with `network` and `transforms` to start from.
        replicas: what learns together; this process alone by default.
        resuming: whether the directory holds a run; looked up by default.

    Raises:
        UserError: for data or a run directory that do not fit, or workers that differ.
    """

    def __init__(
        self,
        config: Any,
        directory: RunDirectory,
        initial: Any = None,
        replicas: Replicas | None = None,
        resuming: bool | None = None,
    ):
        self._config, self._directory = config, directory
        self._replicas = replicas or Replicas()
        self._source = make_source(config.source, config.data or None)
        self._resuming = directory.schema.exists() if resuming is None else resuming
        data = read_data(config, self._source, directory, initial)
        self._schema, self._scale, _ = data.wanted
        self._train, self._held_out = data.train, data.held_out
        if self._held_out is None:
            log.warning("nothing is held out: the loss cannot tell learning from memorising")
        with self._replicas.scope():
            if self._resuming:
                built = build_again(self._source, self._schema, directory)
            elif initial is not None:
                built = build_from(config, self._schema, initial, self._train)
            else:
                built = build_new(config, self._source, self._train)
        if self._source.has_text and not self._resuming:
            self._scale = self._scale or measure_lines(self._train)
        self._transforms, self._network = built
        self._pipeline = make_pipeline(config, self._source, data, self._transforms)
        self._total_steps = max(round(config.epochs * self._pipeline.steps_per_epoch), 1)
        if self._total_steps < _FEW_STEPS and not self._resuming and self._replicas.is_chief:
            enough = math.ceil(_ENOUGH_STEPS / self._pipeline.steps_per_epoch)
            log.warning(
                "%d steps in all are few to learn from: --epochs=%d makes some %d",
                self._total_steps, enough, _ENOUGH_STEPS,
            )  # fmt: skip
        if config.warmup_steps >= self._total_steps:
            log.warning("the warm-up takes all %d steps of this run", self._total_steps)
        with self._replicas.scope():
            self._trainer = self._make_trainer()
        self._scorer = Scorer(self._network, self._transforms)
        self._checkpoints = Checkpoints(directory.checkpoints)
        # What decides about stopping and the best weights, and the steps that are not logged yet;
        # both are saved with every checkpoint.
        self._progress = {"best": None, "best_step": 0, "worse": 0}
        self._recent: list[dict[str, float]] = []
        self._made: dict[str, Any] = {}  # what draws samples
        if self._resuming:
            self._go_on()
        elif self._replicas.is_chief:
            described = describe_run(config, self._source, built, self._scale, initial)
            self._begin(described)
        compare_workers(self._replicas, config, self._source.fingerprint(), self._trainer)

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
            replicas=self._replicas,
        )

    def _begin(self, described: dict[str, Any]) -> None:
        """Writes what the run is."""
        directory = self._directory
        directory.write_text(directory.config, self._config.to_json())
        self._save()
        # Last, since the run is one that can be resumed from here on.
        directory.write_text(directory.schema, report.to_json(described))
        directory.cut_metrics(0)

    def _go_on(self) -> None:
        """Goes back to the last checkpoint."""
        directory = self._directory
        if self._replicas.is_chief:
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
        if self._replicas.is_chief:
            directory.write_text(directory.config, self._config.to_json())
            directory.cut_metrics(self._trainer.step)
        log.info("going on from step %d of %s", self._trainer.step, directory.path)

    def train(self) -> None:
        """Trains until the epochs, the minutes or the patience are over, then says how it is."""
        trainer, replicas = self._trainer, self._replicas
        started = time.monotonic()
        if replicas.is_chief:
            self._open_report()
        with Interrupt() as interrupt:
            self._learn(interrupt)
        if replicas.is_chief:
            finished = trainer.step >= self._total_steps or self._out_of_patience()
            if not finished:
                log.info("%s", self._validate(decides=False))
                self._save()
            self._summaries.close()
            minutes = (time.monotonic() - started) / 60.0
            report.end(self._directory, trainer, self._total_steps, minutes, finished)
        replicas.part()

    def _open_report(self) -> None:
        self._summaries = Summaries(self._directory.tensorboard)
        self._summaries.flags(dataclasses.asdict(self._config))
        if self._held_out is not None:
            baseline = dataset_baseline(self._train, self._transforms, self._schema)
            self._guess = baseline(self._held_out)
        report.start(self._network, self._train, self._held_out, num_weights(self._network))

    def _learn(self, interrupt: Interrupt) -> None:
        """Takes steps until there are enough, or somebody has enough of them."""
        trainer, replicas, chief = self._trainer, self._replicas, self._replicas.is_chief
        every = self._config.validate_every or self._pipeline.steps_per_epoch
        clock = Clock(self._config.max_minutes)
        left = max(self._total_steps - trainer.step, 0)
        batches = self._pipeline.batches(trainer.step, left, replicas.shares)
        interval_s = 1.0 if sys.stderr.isatty() else 30.0
        bar = tqdm(
            total=self._total_steps,
            initial=trainer.step,
            unit="step",
            mininterval=interval_s,
            maxinterval=interval_s,
            dynamic_ncols=True,
            disable=not chief,
        )
        with bar:
            for batch in batches:
                over = chief and (clock.over() or self._out_of_patience())
                if over and replicas.num_workers == 1:
                    break
                figures = trainer.train_step(batch, (float(over), float(interrupt.asked)))
                over, is_asked = trainer.agreed > 0
                is_asked = is_asked or (interrupt.asked and replicas.num_workers == 1)
                bar.update()
                if chief:
                    self._recent.append(figures)
                    if trainer.step % LOG_EVERY_STEPS == 0:
                        bar.set_postfix_str(self._log_steps(), refresh=False)
                    if trainer.step % every == 0 or trainer.step == self._total_steps:
                        bar.write(self._validate(), file=sys.stderr)
                        self._save()
                    elif is_asked or clock.due("checkpoint", CHECKPOINT_EVERY_S):
                        self._save()
                if is_asked:
                    self._leave(interrupt)
                if over:
                    break

    def _leave(self, interrupt: Interrupt) -> None:
        """Ends a training that was interrupted; what was learned is saved.

        Raises:
            KeyboardInterrupt: if this process was, with its exit status.
            WorkerLost: if another worker was.
        """
        self._replicas.part()
        if interrupt.asked:
            log.info("go on: python -m hachi_tf.train --run_dir=%s", self._directory.path)
            raise KeyboardInterrupt(interrupt.status)
        raise WorkerLost("all workers to stay", "one that was told to end", AGAIN)

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
                              shown, self._made)  # fmt: skip
        if self._held_out is None:
            return "\n".join([*said, f"step {step}: nothing is held out"])
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
        return "\n".join([*said, line])

    def _save(self) -> None:
        metadata = {
            "step": self._trainer.step,
            "trainer": self._trainer.metadata(),
            "progress": self._progress,
            "recent": self._recent,
        }
        self._checkpoints.save(self._trainer.step, self._trainer.arrays(), metadata)
