"""Trains a network on sequences and keeps everything about the run in one directory."""

import dataclasses
import json
import pathlib
import sys
from typing import Any

from hachi_tf.config import ProgramConfig, flag
from hachi_tf.errors import UserError
from hachi_tf.program import run
from hachi_tf.training.run_directory import RunDirectory
from hachi_tf.training.start import network_flags, train
from hachi_tf.training.workers import STRATEGIES

# Flags that may change when a run is resumed: they change no weight that was learned before.
RESUMABLE = ("data", "max_minutes", "patience", "validate_every", "resume", "device", "debug",
             "strategy")  # fmt: skip


@dataclasses.dataclass(frozen=True)
class TrainConfig(ProgramConfig):
    """The flags of `hachi_tf.train`."""

    source: str = flag(
        "",
        "Where sequences come from, e.g. kanji or iam_ondb(clip=1000). "
        "Inferred from --data; without that, kanji, or hershey for --network=synthesis.",
        group="Data",
    )
    data: str = flag("", "Path of the source's files.", group="Data")
    validation_fraction: float | None = flag(
        None,
        "Share of the data held out; the source's own split, or 0.1, if not given; "
        "0 trains on everything.",
        low=0.0,
        high=0.9,
        group="Data",
    )
    sequence_length: int = flag(
        0,
        "Cut longer sequences into pieces of this many events; 0 keeps independent sequences "
        "whole, and cuts long ones (tables) into windows of 100, the state carried over.",
        low=0,
        group="Data",
    )
    context: int = flag(
        0,
        "Learn from windows of so many events and --horizon more, of which only these count; "
        "each starts from the zero state. 0 for whole sequences.",
        low=0,
        group="Data",
    )
    horizon: int = flag(1, "With --context, how many events count.", low=1, group="Data")
    stride: int = flag(1, "With --context, from one window's end to the next.", low=1, group="Data")
    operations: tuple = flag(
        (),
        "Augmentation of each training example, drawn anew in each epoch, e.g. "
        "addrand(range=(-6, 6), dims=0).",
        group="Data",
    )
    run_dir: str = flag("", "Directory of the run; a new runs/NAME-N by default.", group="Run")
    resume: bool = flag(True, "Go on with the run in --run_dir if there is one.", group="Run")
    init_from: str = flag(
        "", "A run or an export whose weights and transforms to start from.", group="Run"
    )
    epochs: float = flag(
        10.0,
        "Passes over the training data. More of them let a run go on that has a constant rate.",
        above=0.0,
        group="Run",
    )
    max_minutes: float = flag(
        0.0,
        "Stop after so many minutes of learning, to be resumed; 0 for no limit. Reading the "
        "data and the last validation come on top.",
        low=0.0,
        group="Run",
    )
    patience: int = flag(
        0,
        "Stop when so many validations in a row brought nothing better; 0 for never.",
        low=0,
        group="Run",
    )
    validate_every: int = flag(
        0, "Steps between validations; 0 for once an epoch.", low=0, group="Run"
    )
    seed: int = flag(0, "Seed of everything random.", low=0, high=2**31 - 1, group="Run")
    device: str = flag("auto", "Where to compute.", choices=("auto", "cpu", "gpu"), group="Run")
    strategy: str = flag(
        "auto",
        "Who learns together: this process, all GPUs of this host, or the workers that TF_CONFIG "
        "names, with the same flags; auto is what there is.",
        choices=STRATEGIES,
        group="Run",
    )
    network: str = flag(
        "prediction",
        "Predicts the next event, or also reads a text that it writes.",
        choices=("prediction", "synthesis"),
        group="Network",
    )
    head: str = flag(
        "",
        "Distribution over the continuous columns, e.g. "
        "gaussian_mixture(num_components=20, covariance='full'); of tables and MIDI "
        "gaussian_mixture(coupling='mixture'), over all columns, by default.",
        group="Network",
    )
    mixtures: int = flag(20, "Components of the default head.", low=1, group="Network")
    cell: str = flag(
        "lstm", "Recurrent cell.", choices=("lstm", "peephole_lstm", "gru", "rnn"), group="Network"
    )
    layers: int = flag(1, "Recurrent layers.", low=1, high=64, group="Network")
    hidden_size: int = flag(120, "Units in each recurrent layer.", low=1, group="Network")
    window_components: int = flag(
        10, "Gaussians of the synthesis network's window over the text.", low=1, group="Network"
    )
    end_of_sequence: bool = flag(True, "Learn where sequences end.", group="Network")
    dropout: float = flag(
        0.0,
        "Share of layer inputs and outputs that is dropped.",
        low=0.0,
        high=0.95,
        group="Network",
    )
    weight_noise: str = flag(
        "0",
        "Standard deviation of noise on the weights, one draw a batch; or adaptive, which "
        "learns one for each weight.",
        group="Optimization",
    )
    optimizer: str = flag(
        "adam",
        "Optimizer; graves_rmsprop follows the gradient of the nats a sequence, the others a step.",
        choices=("adam", "graves_rmsprop", "sgd"),
        group="Optimization",
    )
    batch_size: int = flag(32, "Sequences a step.", low=1, group="Optimization")
    learning_rate: float = flag(
        0.002, "Learning rate after the warm-up.", above=0.0, high=10.0, group="Optimization"
    )
    warmup_steps: int = flag(
        0, "Steps over which the rate rises from zero.", low=0, group="Optimization"
    )
    decay: str = flag(
        "constant",
        "How the rate falls to zero over --epochs.",
        choices=("constant", "linear", "cosine"),
        group="Optimization",
    )
    clip_norm: float = flag(
        1.0, "Largest global norm of the gradient; 0 for no limit.", low=0.0, group="Optimization"
    )
    clip_derivatives: str = flag(
        "",
        "Limits LSTM,OUTPUT of the derivatives by pre-activations, elementwise, of the loss "
        "summed over the batch; Graves: 10,100.",
        group="Optimization",
    )
    precision: str = flag(
        "float32",
        "Products in float32 or bfloat16.",
        choices=("float32", "mixed_bfloat16"),
        group="Optimization",
    )

    def __post_init__(self):
        super().__post_init__()
        self.clip_limits()
        self.noise_deviation()
        if self.clip_derivatives and self.cell not in ("lstm", "peephole_lstm"):
            raise UserError("--clip_derivatives with an LSTM cell", f"--cell={self.cell}")
        if self.clip_derivatives and self.clip_norm:
            raise UserError("either --clip_norm or --clip_derivatives", "both", "add --clip_norm=0")
        if self.network == "synthesis" and self.cell not in ("lstm", "peephole_lstm"):
            raise UserError("--network=synthesis with an LSTM cell", f"--cell={self.cell}")
        if self.network == "synthesis" and self.sequence_length:
            raise UserError(
                "--sequence_length=0 for --network=synthesis: a text goes with a whole line",
                str(self.sequence_length),
            )
        if not self.context and (self.horizon, self.stride) != (1, 1):
            raise UserError("--context with --horizon and --stride", "--context=0")
        if self.context and (self.sequence_length or self.network == "synthesis"):
            raise UserError("--context for --network=prediction, without --sequence_length", "both")
        if self.patience and self.validation_fraction == 0:
            raise UserError("something held out for --patience", "--validation_fraction=0")
        if self.init_from and pathlib.Path(self.init_from) == pathlib.Path(self.run_dir or "-"):
            raise UserError("--init_from another run than --run_dir", self.init_from)

    def clip_limits(self) -> tuple[float, float] | None:
        """The limits (LSTM, output) of `--clip_derivatives`, or None."""
        if not self.clip_derivatives:
            return None
        try:
            limits = tuple(float(part) for part in self.clip_derivatives.split(","))
        except ValueError:
            limits = ()
        if len(limits) != 2 or not all(0.0 < limit < float("inf") for limit in limits):
            raise UserError(
                "--clip_derivatives=LSTM,OUTPUT, two numbers above 0",
                repr(self.clip_derivatives),
                "Graves used 10,100",
            )
        return limits

    def noise_deviation(self) -> tuple[float, bool]:
        """The (initial) deviation of `--weight_noise`, and whether it is adaptive."""
        if self.weight_noise == "adaptive":
            return 0.01, True
        try:
            deviation = float(self.weight_noise)
        except ValueError:
            deviation = -1.0
        if not 0.0 <= deviation <= 10.0:
            raise UserError("--weight_noise from 0 to 10, or adaptive", repr(self.weight_noise))
        return deviation, False

    @classmethod
    def base(cls, found: dict[str, Any]) -> dict[str, Any]:
        """Flags that were not given: those of the run that is resumed or started from."""
        directory = RunDirectory(found.get("run_dir", ""))
        config = directory.config
        if not found.get("run_dir") or not config.exists():
            return network_flags(found) if found.get("init_from") else {}
        old = cls.from_json(json.dumps(directory.flags()), str(config))
        if not found.get("resume", True):
            raise UserError("a new --run_dir, as --noresume says", found["run_dir"])
        changeable = (*RESUMABLE, "run_dir", *(["epochs"] if old.decay == "constant" else []))
        for name, value in found.items():
            before = getattr(old, name)
            if name not in changeable and value != before:
                raise UserError(
                    f"--{name}={before}, which {config} was started with",
                    str(value),
                    "leave the flag out to resume, or name a new --run_dir, which "
                    f"--init_from={found['run_dir']} starts from these weights",
                )
        values = dataclasses.asdict(old)
        return {**values, "max_minutes": 0.0, "debug": False}


def main(argv: list[str] | None = None) -> int:
    """The program; returns the exit status."""

    def program(config: TrainConfig) -> None:
        directory = train(config)
        sys.stdout.write(json.dumps({"run_dir": str(directory.path)}) + "\n")

    return run(TrainConfig, program, "hachi_tf.train", __doc__, positional="data", argv=argv)


if __name__ == "__main__":
    sys.exit(main())
