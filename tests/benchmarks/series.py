"""`python -m tests.benchmarks.series known` and `... prices --python=PATH`: series.

`known`: a network learns series whose density is known; held-out nats are told above the truth's,
and how many values the 90% intervals of forecasts hold. `prices`: daily prices of stocks, forecast
from 20 moments of a last year, beside simple methods and GluonTS's DeepAR of the same context,
horizon and training time, which runs in the Python that `--python` names (one with
`gluonts[torch]`). Both choose their weights by the year before. The last line printed is a JSON
object.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time
from typing import Any

import numpy as np

from hachi_tf import load_run
from hachi_tf.forecasting import comparison
from hachi_tf.forecasting.figures import Setup, are_logarithms, series_figures
from hachi_tf.forecasting.paths import draw_paths
from hachi_tf.forecasting.rolling import (
    Figures,
    by_number,
    naive_figures,
    paired_interval,
    rolling_origins,
    scales,
)
from hachi_tf.train import TrainConfig, train
from tests.benchmarks import known_series

SERIES, LENGTH, HELD_OUT = 30, 2500, 0.2
HORIZON, CONTEXT, ORIGINS, PATHS = 20, 60, 20, 200
PRICES = (
    "time_series(validation_from='2011-03-01', test_from='2012-03-01', transform='log_returns')"
)
KNOWN_FLAGS = {
    "head": "student_t_mixture",
    "mixtures": 2,
    "hidden_size": 24,
    "batch_size": 30,
    "sequence_length": 100,
    "learning_rate": 0.01,
    "decay": "cosine",
    "epochs": 40.0,
    "validate_every": 200,
}
PRICE_FLAGS = {
    "head": "student_t_mixture",
    "mixtures": 3,
    "hidden_size": 40,
    "dropout": 0.1,
    "batch_size": 32,
    "learning_rate": 0.002,
    "context": CONTEXT,
    "horizon": HORIZON,
    "stride": 4,
}


def benchmark_known(name: str, folder: pathlib.Path) -> dict[str, float]:
    """Trains on a process, scores what is held out, and forecasts it."""
    known = known_series.PROCESSES[name]
    path = folder / f"{name}.csv"
    series = known.draw(SERIES, LENGTH, 0)
    known_series.write(series, path)
    config = TrainConfig(
        source=known.options,
        data=str(path),
        validation_fraction=HELD_OUT,
        run_dir=str(folder / name),
        **KNOWN_FLAGS,
    )
    run = load_run(train(config).path)
    held_out = run.dataset("validation")
    setup = Setup(HORIZON, ORIGINS, PATHS, season=1)
    result, _ = series_figures(run.network, run.transforms, held_out, setup)
    from hachi_tf.evaluation.scoring import Scorer

    nats = Scorer(run.network, run.transforms)(held_out, 32).summary()["nats_per_step_data_units"]
    count = int(held_out.counted[0])
    truth = -float(np.nanmean(known.log_prob(series)[:, -count:]))
    ideal = true_crps(known, held_out)
    own = result["methods"][comparison.MODEL]
    print(comparison.in_words(result)[-1])
    return {
        "nats_above_truth": nats - truth,
        "coverage_90": own["coverage"]["0.9"],
        "crps_over_truth": own["crps"] / ideal,
    }


def true_crps(known: known_series.Known, held_out: Any) -> float:
    """The CRPS of paths that the process itself draws, from the same moments."""
    origins = rolling_origins(held_out, HORIZON, ORIGINS)
    samples = [
        known.paths(origin.history[:, 0].astype(np.float64), HORIZON, PATHS, index)[..., None]
        for index, origin in enumerate(origins)
    ]
    return float(np.mean(Figures.of(samples, [o.future[:, :1] for o in origins]).crps))


def benchmark_prices(python: str, seconds: float, folder: pathlib.Path) -> dict[str, Any]:
    """Ours and DeepAR, trained for as long and asked from the same moments."""
    config = TrainConfig(
        source=PRICES, run_dir=str(folder / "prices"), epochs=10_000.0,
        max_minutes=seconds / 60.0, validate_every=200, **PRICE_FLAGS,
    )  # fmt: skip
    begun = time.process_time()
    run = load_run(train(config).path)
    own_seconds = time.process_time() - begun
    held_out = run.dataset("test")
    # A stock that is not traded before has no history to forecast from.
    held_out = held_out.subset(np.flatnonzero(held_out.leads >= CONTEXT))
    origins = rolling_origins(held_out, HORIZON, ORIGINS)
    columns = [0]
    futures = [origin.future[:, columns].astype(np.float64) for origin in origins]
    scale, log = scales(origins, columns), are_logarithms(run.transforms, columns)

    from hachi_tf.serving.saved_model import in_memory

    model = in_memory(run.network, run.transforms, run.schema, HORIZON)
    histories = [origin.history[-CONTEXT:] for origin in origins]
    paths = draw_paths(model, histories, HORIZON, PATHS)
    whole = [np.concatenate([h, o.future]) for h, o in zip(histories, origins, strict=True)]
    scored = model.log_prob(whole, ended=False).step_log_prob
    ours = np.array([each[-HORIZON:].sum() for each in scored])

    theirs = run_deepar(python, run.dataset("train"), run.dataset("validation"), origins, seconds,
                        folder)  # fmt: skip
    figures = {
        comparison.MODEL: Figures.of(paths[..., columns].astype(np.float64), futures),
        **naive_figures(origins, columns, 5, log),
        "DeepAR": Figures.of(theirs["samples"][..., None], futures),
    }
    result = comparison.compare(figures, scale, origins)
    print("\n".join(comparison.in_words(result)))
    numbers = by_number(origins)
    apart = (figures[comparison.MODEL].crps - figures["DeepAR"].crps) / scale
    crps = np.nanmean(apart, axis=(1, 2))
    nats = (ours - theirs["log_prob"]) / HORIZON
    return {
        **{name: own["crps_scaled"] for name, own in result["methods"].items()},
        "crps_less_deepar": float(crps.mean()),
        "crps_interval": paired_interval(crps, numbers),
        "nats_a_step_above_deepar": float(nats.mean()),
        "nats_interval": paired_interval(nats, numbers),
        "coverage_90": result["methods"][comparison.MODEL]["coverage"]["0.9"],
        "deepar_epochs": int(theirs["epochs"]),
        # On a busy machine these differ, and the comparison is worth little.
        "processor_seconds": [own_seconds, float(theirs["processor_seconds"])],
    }


def run_deepar(
    python: str, train: Any, held_out: Any, origins: list, seconds: float, folder: pathlib.Path
) -> dict[str, np.ndarray]:
    """What `deepar_worker` finds, in another Python."""
    source, target = folder / "deepar_in.npz", folder / "deepar_out.npz"
    arrays = {f"train_{index}": own[:, 0] for index, own in enumerate(train)}
    windows = [
        own[:end, 0]
        for own, lead in zip(held_out, held_out.leads, strict=True)
        for end in range(max(int(lead), CONTEXT) + HORIZON, len(own) + 1, HORIZON)
    ]
    arrays |= {f"choice_{index}": own for index, own in enumerate(windows)}
    arrays |= {f"history_{index}": o.history[:, 0] for index, o in enumerate(origins)}
    np.savez(
        source, futures=np.stack([o.future[:, 0] for o in origins]), context=CONTEXT,
        seconds=seconds, seed=0, paths=PATHS, **arrays,
    )  # fmt: skip
    worker = pathlib.Path(__file__).with_name("deepar_worker.py")
    subprocess.run([python, str(worker), str(source), str(target)], check=True, cwd=folder)
    with np.load(target) as archive:
        return dict(archive)


def main() -> None:
    """Runs what the first argument names."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.series")
    parser.add_argument("what", choices=("known", "prices"))
    parser.add_argument("--python", default=sys.executable, help="one with gluonts[torch]")
    parser.add_argument("--seconds", type=float, default=300.0, help="of training, of each")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if arguments.what == "known":
            result = {name: benchmark_known(name, folder) for name in known_series.PROCESSES}
        else:
            result = benchmark_prices(arguments.python, arguments.seconds, folder)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
