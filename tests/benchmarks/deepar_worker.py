"""GluonTS's DeepAR on given series: trained for some seconds, asked from given moments.

Runs alone, `python deepar_worker.py IN.npz OUT.npz`, with a Python that has `gluonts[torch]` and
needs nothing of this project. IN holds `train_0`, `train_1`, ... (the series to learn from),
`choice_0`, ... (series by whose last rows the weights are chosen), `history_0`, ... (all rows
before each moment), `futures` `[O, H]`, `context`, `seconds`, `seed` and `paths`; OUT gets
`samples` `[O, N, H]`, `log_prob` `[O]` in nats, `epochs` and
`processor_seconds` of training.
"""

import logging
import sys
import time
import warnings

import numpy as np
import pandas as pd
import torch
from gluonts.dataset.common import ListDataset
from gluonts.itertools import batcher
from gluonts.torch import DeepAREstimator

FREQUENCY, START = "B", "2000-01-03"
INPUTS = (
    "feat_static_cat", "feat_static_real", "past_time_feat", "past_target",
    "past_observed_values", "future_time_feat", "future_target",
)  # fmt: skip


def make_dataset(series):
    """Rows one working day apart, whatever their dates."""
    start = pd.Period(START, FREQUENCY)
    return ListDataset([{"start": start, "target": each} for each in series], FREQUENCY)


def named(archive, name):
    """`name_0`, `name_1`, ... of an archive."""
    count = sum(key.startswith(f"{name}_") for key in archive)
    return [archive[f"{name}_{index}"].astype(np.float32) for index in range(count)]


def score(estimator, transformation, module, series):
    """The log density of the last rows of each series, given those before."""
    splitter = estimator._create_instance_splitter(module, "validation")
    rows = (transformation + splitter).apply(make_dataset(series), is_train=True)
    found = []
    for batch in batcher(rows, 64):
        tensors = {
            name: torch.tensor(np.stack([np.asarray(row[name]) for row in batch]))
            for name in INPUTS
        }
        tensors = {
            name: value if name == "feat_static_cat" else value.float()
            for name, value in tensors.items()
        }
        with torch.no_grad():
            found.append(module.model.log_prob(**tensors).numpy())
    return np.concatenate(found)


def main(source, target):
    """Trains, forecasts and scores."""
    warnings.filterwarnings("ignore")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    with np.load(source) as archive:
        train, histories = named(archive, "train"), named(archive, "history")
        choice = named(archive, "choice")
        futures, context = archive["futures"].astype(np.float32), int(archive["context"])
        seconds, seed, paths = (archive[name].item() for name in ("seconds", "seed", "paths"))
    torch.manual_seed(seed)
    np.random.seed(seed)  # noqa: NPY002  (where GluonTS draws its windows from)
    estimator = DeepAREstimator(
        freq=FREQUENCY,
        prediction_length=futures.shape[1],
        context_length=context,
        num_parallel_samples=int(paths),
        trainer_kwargs={
            "max_epochs": 100_000,
            "max_time": {"seconds": int(seconds)},
            "enable_progress_bar": False,
            "logger": False,
            "accelerator": "cpu",
        },
    )
    begun, begun_own = time.monotonic(), time.process_time()
    trained = estimator.train_model(make_dataset(train), make_dataset(choice), cache_data=True)
    own = time.process_time() - begun_own
    sys.stderr.write(f"DeepAR: {time.monotonic() - begun:.0f} s\n")
    forecasts = trained.predictor.predict(make_dataset(histories))
    samples = np.stack([forecast.samples for forecast in forecasts])
    whole = [np.concatenate(pair) for pair in zip(histories, futures, strict=True)]
    module = trained.trained_net.eval()
    log_prob = score(estimator, trained.transformation, module, whole)
    epochs = trained.trainer.current_epoch
    np.savez(target, samples=samples, log_prob=log_prob, epochs=epochs, processor_seconds=own)


if __name__ == "__main__":
    main(*sys.argv[1:])
