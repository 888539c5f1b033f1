"""What the benchmarks' JSON lines say, as rows: a figure of ours beside another."""

import dataclasses
from collections.abc import Iterator

from tests.benchmarks import text_train, train

MACHI, TORCH, KERAS = "hachi machi", "PyTorch", "Keras's LSTM"


@dataclasses.dataclass(frozen=True)
class Row:
    """A figure of ours beside another.

    Attributes:
        what: was measured.
        unit: of both figures.
        ours: ours; None where it was not reached.
        against: whose the other figure is.
        theirs: the other figure; None where it was not reached.
        more_is_better: for rates; less is for times and memory.
        peer: whether the other is another program's; else it is ours in another setting.
    """

    what: str
    unit: str
    ours: float | None
    against: str
    theirs: float | None
    more_is_better: bool = False
    peer: bool = True

    @property
    def ratio(self) -> float | None:
        """How many times better ours is; below 1 it is worse."""
        if not self.ours or not self.theirs:
            return None
        return self.ours / self.theirs if self.more_is_better else self.theirs / self.ours


def handwriting(result: dict) -> Iterator[Row]:
    """Of `python -m tests.benchmarks`."""
    events = train.BATCH * train.STEPS
    rates = {name: events / each for name, each in result["seconds_a_batch"].items()}
    ours, memory = rates["hachi"], result["memory_mib"]
    yield Row("training", "events/s", ours, TORCH, rates["torch"], True)
    yield Row("training", "events/s", ours, KERAS, rates["keras"], True)
    name = "training, `--precision=mixed_bfloat16`"
    yield Row(name, "events/s", rates["hachi_bfloat16"], "float32", ours, True, peer=False)
    name = "training the network that reads a text"
    yield Row(name, "events/s", rates["synthesis"], "one that reads none", ours, True, peer=False)
    yield Row("peak memory of training", "MiB", memory["hachi"], TORCH, memory["torch"])
    yield Row("peak memory of training", "MiB", memory["hachi"], KERAS, memory["keras"])
    for batch, each in result["ms_a_step"].items():
        ours, theirs = each.values()
        yield Row(f"sampling, batch {batch}", "ms a step", ours, TORCH, theirs)


def text(result: dict) -> Iterator[Row]:
    """Of `tests.benchmarks.text`."""
    unit = "characters/s"
    ours, bfloat16, theirs = (
        result[f"{name}characters_per_s"] for name in ("train_", "train_bf16_", "torch_")
    )
    yield Row("training", unit, ours, TORCH, theirs, True)
    name = "training, `--precision=mixed_bfloat16`"
    yield Row(name, unit, bfloat16, "float32", ours, True, peer=False)
    for batch in (1, 64):
        ours = result[f"sample{batch}_characters_per_s"]
        theirs = result[f"torch_sample{batch}_characters_per_s"]
        yield Row(f"sampling, batch {batch}", unit, ours, TORCH, theirs, True)


def played(result: dict) -> list[int]:
    """How many models `tests.benchmarks.machi` played at a time."""
    names = [name for name in result if name.startswith("ours") and name[4:].isdigit()]
    return sorted(int(name[4:]) for name in names)


def live(result: dict) -> Iterator[Row]:
    """Of `tests.benchmarks.machi`, what was played."""
    for column, (what, unit) in enumerate(
        [("until `/status 1`", "s"), ("`/input` to `/output`, p50", "ms"),
         ("`/input` to `/output`, p99", "ms")]
    ):  # fmt: skip
        for models in played(result):
            name = f"{what}, {models} model{'s' if models > 1 else ''}"
            ours, theirs = (result[f"{whose}{models}"][column] for whose in ("ours", "theirs"))
            yield Row(name, unit, ours, MACHI, theirs)


def timing(result: dict) -> Iterator[Row]:
    """Of `tests.benchmarks.machi_timing`."""
    alone = result["sleeping_alone"]
    against, settings = "a process that only sleeps", {"peer": False}
    ours, theirs = 100 * result["within_2_ms"], 100 * alone["within_2_ms"]
    yield Row("events within 2 ms of when they are due", "%", ours, against, theirs, True, False)
    for index, name in ((1, "99%"), (2, "99.9%")):
        ours, theirs = (each["late_ms_p50_p99_p999_max"][index] for each in (result, alone))
        yield Row(f"lateness that {name} keep to", "ms", ours, against, theirs, **settings)


def loads(result: dict) -> list[int]:
    """With how many clients `tests.benchmarks.serving` asked."""
    return [int(name[8:]) for name in result["merged"] if name.startswith("rate_hz_")]


def serving(result: dict) -> Iterator[Row]:
    """Of `tests.benchmarks.serving`."""
    merged, alone = result["merged"], result["alone"]
    fewest = loads(result)[0]
    one = f"{fewest} client{'s' if fewest > 1 else ''}"
    for clients in loads(result)[1:]:
        ours, theirs = merged[f"rate_hz_{clients}"], merged[f"rate_hz_{fewest}"]
        yield Row(f"requests answered, {clients} clients", "1/s", ours, one, theirs, True, False)
    for unit, key, more in (("1/s", "rate_hz", True), ("ms", "p99_ms", False)):
        name = "requests answered" if more else "an answer, p99"
        for clients in loads(result):
            ours, theirs = (each[f"{key}_{clients}"] for each in (merged, alone))
            what = f"{name}, {clients} client{'s' if clients > 1 else ''}"
            yield Row(what, unit, ours, "no merging of requests", theirs, more, False)
    cost = merged["request_over_model"]
    yield Row(
        "a request beside its time in the model", "times", cost, "the model", 1.0, False, False
    )


def learning(result: dict) -> Iterator[Row]:
    """Of `tests.benchmarks.machi`, what was learned."""
    name = f"from the program's start to {result['their_nats']:.3f} nats an event"
    yield Row(name, "s", result["our_s"], MACHI, result["their_s"])


def network() -> str:
    """What `text` trains."""
    sizes = f"{text_train.LAYERS} layers of {text_train.UNITS}, {text_train.CLASSES} characters"
    return f"{sizes}, batches of {text_train.BATCH} windows of {text_train.STEPS} characters"
