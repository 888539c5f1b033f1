"""`python -m tests.benchmarks.machi`: beside hachi machi 0.1.0a4, in one run.

Both learn from one table of 3,000 events (whole numbers dequantized once, for both) until the
time is over for hachi machi, and until its loss is reached for hachi_tf; both are scored on the
same 1,000 events that follow, in data units. Then both play 1, 4 and 8 networks of their default
size over OSC, timed by one client, and say how long they took to `/status 1`. `--python` names
the Python of an environment with hachi machi, if it is another. With the defaults it ends within
ten minutes on two cores. The last line printed is a JSON object.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

from tests.benchmarks import machi_score, machi_table
from tests.benchmarks.machi_live import Player

ROOT = pathlib.Path(__file__).resolve().parents[2]
TRAINING, HELD_OUT = 3000, 1000  # events
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "BROWSER": "true"}


def run(command: list[str], cwd: pathlib.Path) -> str:
    """Runs a program to its end; returns what it wrote to stdout."""
    done = subprocess.run(command, cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def theirs(python: str, *arguments: str) -> list[str]:
    """A command of hachi machi."""
    return [python, "-m", "hachi_machi", *arguments]


def ours(program: str, *flags: str) -> list[str]:
    """A command of hachi_tf."""
    return [sys.executable, "-m", f"hachi_tf.{program}", *flags]


def write_tables(folder: pathlib.Path) -> None:
    """`train.csv` and `held_out.npy` (an event before them too), `all.csv`, and `live.csv`."""
    made = machi_table.events(TRAINING + HELD_OUT, seed=0)
    made = machi_table.dequantized(made, seed=1)
    machi_table.write(folder / "train.csv", made[:TRAINING])
    machi_table.write(folder / "all.csv", made)
    np.save(folder / "held_out.npy", made[TRAINING - 1 :])
    machi_table.write_without_time(folder / "live.csv", 230, seed=2)


def learn_theirs(python: str, folder: pathlib.Path, epochs: int) -> tuple[float, float]:
    """Seconds that `hxmx train` took with its defaults, and its held-out nats an event."""
    start = time.perf_counter()
    run(theirs(python, "train", "train.csv", "machi.pt", "-e", str(epochs)), folder)
    seconds = time.perf_counter() - start
    score = [python, "-P", str(pathlib.Path(machi_score.__file__)), "machi.pt", "held_out.npy"]
    scored = json.loads(run(score, folder).splitlines()[-1])
    if scored["errors"] > 5:
        raise RuntimeError(f"samples lie {scored['errors']:.1f} standard errors off the density")
    return seconds, scored["nats"]


def learn_ours(folder: pathlib.Path, nats: float, limit_s: float) -> tuple[float, float]:
    """Seconds that `hachi_tf.train` took from its start to a held-out loss, and the loss.

    The program holds out the last quarter of `all.csv`, which is the same 1,000 events, and
    writes their loss into its run every 20 steps.
    """
    share = HELD_OUT / (TRAINING + HELD_OUT)
    flags = {
        "data": "all.csv", "run_dir": "run", "validation_fraction": share,
        "source": "event_table(quantum=None, time_quantum=1e-6)",
        "mixtures": 10, "learning_rate": 0.01, "epochs": 100_000, "validate_every": 20,
        "device": "cpu",
    }  # fmt: skip
    command = ours("train", *(f"--{name}={value}" for name, value in flags.items()))
    start = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    metrics, best = folder / "run" / "metrics.jsonl", np.inf
    try:
        while time.perf_counter() - start < limit_s:
            seconds = time.perf_counter() - start
            text = metrics.read_text(encoding="utf-8") if metrics.exists() else ""
            records = [json.loads(line) for line in text.splitlines(True) if line.endswith("\n")]
            losses = [each for each in records if each["split"] == "validation"]
            best = min([each["nats_per_step_data_units"] for each in losses], default=np.inf)
            if best <= nats:
                return seconds, best
            if process.poll() is not None:
                raise RuntimeError(f"run it to see why it ended: {' '.join(command)}")
            time.sleep(0.05)
    finally:
        process.terminate()
        process.wait()
    return np.inf, best


def live_models(python: str, folder: pathlib.Path) -> dict[str, list[str]]:
    """The commands that play a model of the default size, without the models, by contender."""
    run(theirs(python, "train", "live.csv", "live.pt", "-e", "1"), folder)
    flags = ("--data=live.csv", "--run_dir=live", "--mixtures=10", "--epochs=2", "--device=cpu")
    run(ours("train", *flags), folder)
    run(ours("export", "--run_dir=live", "--export_dir=exported"), folder)
    return {
        "theirs": theirs(python, "run", "--in-port", "{in_port}", "--out-port", "{out_port}"),
        "ours": ours("perform", "--in_port={in_port}", "--out_port={out_port}"),
    }


def play(commands: dict[str, list[str]], folder: pathlib.Path, models: int, count: int):
    """Start-up in s, and p50 and p99 of the round trip in ms, by contender, taking turns."""
    paths = {"theirs": [str(folder / "live.pt")], "ours": [f"--export_dir={folder / 'exported'}"]}
    result = {name: ([], []) for name in commands}
    for _ in range(2):
        for name, command in commands.items():
            player = Player([*command, *models * paths[name]], env=ENVIRONMENT)
            try:
                times = player.round_trips([0.1, 0.2, 0.3], models, count // 2, rate_hz=50.0)
            finally:
                player.close()
            result[name][0].append(player.startup_s)
            result[name][1].append(times)
    return {
        name: (min(startups), *np.percentile(np.concatenate(times), [50, 99]))
        for name, (startups, times) in result.items()
    }


def main() -> None:
    """Runs everything; prints a table and the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=sys.executable, help="Python that has hachi machi.")
    parser.add_argument("--epochs", type=int, default=2, help="Of hachi machi; 0 skips learning.")
    parser.add_argument("--messages", type=int, default=600, help="For each size; 0 skips playing.")
    parser.add_argument("--models", type=int, nargs="*", default=[1, 4, 8])
    arguments = parser.parse_args()
    if subprocess.run(
        [arguments.python, "-c", "import hachi_machi"], capture_output=True
    ).returncode:
        sys.exit("expected hachi machi; got none; run: pip install -e '.[bench]'")
    result = {}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_tables(folder)
        if arguments.epochs:
            their_s, nats = learn_theirs(arguments.python, folder, arguments.epochs)
            print(f"hachi machi: {nats:.3f} nats an event after {their_s:.1f} s")
            our_s, best = learn_ours(folder, nats, max(their_s, 60.0))
            print(f"hachi_tf:    {best:.3f} nats an event after {our_s:.1f} s")
            result |= {"their_nats": nats, "our_nats": best, "their_s": their_s, "our_s": our_s}
            result["learning_vs_machi"] = their_s / our_s
        if arguments.messages:
            commands = live_models(arguments.python, folder)
            print("\nmodels  contender  start-up s    p50 ms    p99 ms")
            for models in arguments.models:
                figures = play(commands, folder, models, arguments.messages)
                for name, (startup, p50, p99) in figures.items():
                    print(f"{models:6}  {name:9} {startup:11.2f} {p50:9.2f} {p99:9.2f}")
                    result[f"{name}{models}"] = [startup, p50, p99]
                result[f"p99_{models}_vs_machi"] = figures["theirs"][2] / figures["ours"][2]
    rounded = {key: np.round(value, 3).tolist() for key, value in result.items()}
    print(json.dumps(rounded).replace("Infinity", "null"))


if __name__ == "__main__":
    main()
