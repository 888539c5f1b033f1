"""Plays models live over OSC: listens to messages, answers them, and keeps time.

A model answers /<id>/input with /<id>/output; the first one's id is 1, and /input is for all of
them. /stop or Ctrl-C ends it. The routes are hachi machi's, and some more: see the README.
"""

import contextlib
import dataclasses
import gc
import logging
import pathlib
import secrets
import sys
import time
from typing import Any

from hachi_tf import startup
from hachi_tf.config import ProgramConfig, flag
from hachi_tf.errors import UserError
from hachi_tf.performing.manner import MODES, ON_END, Manner
from hachi_tf.program import ended_by_signals, run

log = logging.getLogger(__name__)

_MOST_MODELS = 64


@dataclasses.dataclass(frozen=True)
class PerformConfig(ProgramConfig):
    """The flags of `hachi_tf.perform`."""

    run_dir: str = flag(
        "", "Run, or export, to play; the latest run under runs/ by default.", group="Model"
    )
    export_dir: tuple = flag((), "Export to play.", group="Model")
    device: str = flag(
        "cpu", "A small model is fastest on the CPU.", choices=("auto", "cpu", "gpu"), group="Model"
    )
    mode: str = flag(
        "react",
        "react answers each input; respond listens, and answers after a pause with as many "
        "events; free plays alone, and inputs steer it.",
        choices=MODES,
        group="Playing",
    )
    pause_s: float = flag(
        1.0, "Seconds without an input before respond answers.", above=0.0, group="Playing"
    )
    rate_hz: float = flag(
        4.0,
        "Events a second in mode free of a model without a time.",
        above=0.0,
        high=1000.0,
        group="Playing",
    )
    on_end: str = flag(
        "continue",
        "After the event with which a model ends a sequence: go on, begin anew, or be silent "
        "until /reset.",
        choices=ON_END,
        group="Playing",
    )
    bias: float = flag(0.0, "0 as learned, larger is neater.", low=0.0, high=100.0, group="Playing")
    temperature: float = flag(
        1.0, "1 as learned, 0 always the likeliest.", low=0.0, high=100.0, group="Playing"
    )
    seed: int | None = flag(
        None, "Drawn and printed if not given.", low=0, high=2**32 - 1, group="Playing"
    )
    fix: tuple = flag((), "Column to hold fixed, e.g. channel=1.", group="Playing")
    in_port: int = flag(8000, "UDP port; 0 takes a free one.", low=0, high=65535, group="OSC")
    in_host: str = flag("127.0.0.1", "Address of this machine to listen at.", group="OSC")
    out_port: int = flag(9000, "UDP port to send to.", low=1, high=65535, group="OSC")
    out_host: tuple = flag((), "Where to send to; 127.0.0.1 if not given.", group="OSC")
    allow: tuple = flag(
        (),
        "Network that messages are taken from, e.g. 192.168.1.0/24; this machine only by default.",
        group="OSC",
    )
    midi_in: str = flag(
        "",
        "MIDI port, or part of its name, whose notes are inputs of all models; virtual:NAME makes "
        "one.",
        group="MIDI",
    )
    midi_out: str = flag(
        "", "MIDI port that plays the outputs of all models; virtual:NAME makes one.", group="MIDI"
    )
    replay: str = flag(
        "",
        "Table with a time, or MIDI file, whose rows are inputs of all models.",
        group="Recording",
    )
    speed: float | None = flag(
        None, "2 plays --replay twice as fast.", above=0.0, high=1000.0, group="Recording"
    )
    log: str = flag(
        "",
        "Table of all events to write: take.csv makes take.input.csv and take.output.csv, with a "
        "number before it if there are several models.",
        group="Recording",
    )

    def __post_init__(self):
        super().__post_init__()
        if self.run_dir and self.export_dir:
            raise UserError("either --run_dir or --export_dir", "both")
        if len(self.export_dir) > _MOST_MODELS:
            raise UserError(f"at most {_MOST_MODELS} models", f"{len(self.export_dir)}")
        hosts = {"127.0.0.1" if host == "localhost" else host for host in self.out_hosts()}
        here = {self.in_host, "127.0.0.1"} if self.in_host in ("0.0.0.0", "::") else {self.in_host}
        if self.in_port == self.out_port and hosts & here:
            raise UserError("an --out_port that is not --in_port", f"{self.in_port} for both")
        if self.speed is not None and not self.replay:
            raise UserError("--replay=FILE with --speed", "none")
        if self.log:
            from hachi_tf.performing.journal import journal_paths

            journal_paths(self.log)

    def out_hosts(self) -> tuple[str, ...]:
        """Where to send to."""
        return self.out_host or ("127.0.0.1",)


def perform(config: PerformConfig) -> dict[str, Any]:
    """Plays until `/stop`, Ctrl-C or an end from outside.

    Returns:
        What was counted, as values for JSON.

    Raises:
        UserError: if the port is taken, or a model, a column or a file cannot be used.
    """
    from hachi_tf.performing.clock import Clock
    from hachi_tf.performing.journal import Journal
    from hachi_tf.performing.osc import OscPort
    from hachi_tf.performing.stage import Stage
    from hachi_tf.performing.voice import Voice
    from hachi_tf.training.played import find_models

    begin_s = time.perf_counter()
    # python-osc logs each odd message, which in a flood is too much; ours are limited.
    logging.getLogger().addFilter(lambda record: "pythonosc" not in record.pathname)
    clock = Clock()
    with contextlib.ExitStack() as stack:
        gc.disable()  # little of what is made before the playing is garbage
        stack.callback(gc.enable)
        # First what does not need TensorFlow: that it is wrong should not take seconds to say.
        models = find_models(config.run_dir, config.export_dir)
        fixed = [model.fixed(config.fix) for model in models]
        logs = _log_paths(config.log, len(models)) if config.log else []
        for kind, name in (("input", config.midi_in), ("output", config.midi_out)):
            if name:
                from hachi_tf.performing.midi_ports import check_port

                check_port(kind, name)
        port = OscPort(
            config.in_host, config.in_port, config.out_hosts(), config.out_port, config.allow
        )
        stack.callback(port.close)
        # One event at a time is too little to share out: more threads only wake and wait.
        keras = not all(model.is_export for model in models)
        startup.import_tensorflow(config.device, threads=1, keras=keras)
        seed = secrets.randbelow(2**31) if config.seed is None else config.seed
        voices = []
        for number, (model, held) in enumerate(zip(models, fixed, strict=True), 1):
            manner = Manner(
                config.mode, config.on_end, config.pause_s, config.rate_hz,
                config.bias, config.temperature, (seed + number - 1) % 2**32,
            )  # fmt: skip
            voice = Voice(model.load(), clock, manner, held)
            log.info("%d: %s: %s", number, model.path, ", ".join(voice.columns.names))
            voices.append(voice)
        stage = Stage(voices, port, clock)
        for voice, path in zip(voices, logs, strict=False):
            stack.callback(Journal(voice, path, clock.now()).close)
        if config.midi_in or config.midi_out or config.replay:
            from hachi_tf.performing.connections import connected

            ports = connected(
                stage, config.midi_in, config.midi_out, config.replay, speed=config.speed or 1.0
            )
            stack.enter_context(ports)
        # What was made so far stays; looking through it again and again takes tens of ms.
        gc.freeze()
        stack.callback(gc.unfreeze)
        gc.enable()
        with ended_by_signals(stage.stop):  # which then says goodbye
            log.info(
                "listening at %s:%d, sending to %s:%d, seed %d, ready in %.1f s; "
                "/stop or Ctrl-C ends it",
                config.in_host, port.port, ",".join(config.out_hosts()), config.out_port, seed,
                time.perf_counter() - begin_s,
            )  # fmt: skip
            stage.run()
    return _summary(stage)


def _log_paths(log: str, count: int) -> list[pathlib.Path]:
    """The path of each voice's tables, none of which may exist."""
    from hachi_tf.performing.journal import journal_paths

    path = pathlib.Path(log)
    numbers = range(1, count + 1)
    paths = [path.with_suffix(f".{n}{path.suffix}") for n in numbers] if count > 1 else [path]
    for table in (each for path in paths for each in journal_paths(path)):
        if table.exists():
            raise UserError("a --log that does not exist", f"{table}, which does")
    return paths


def _summary(stage: Any) -> dict[str, Any]:
    first, *others = (voice.figures for voice in stage.voices)
    total = first.merged(others)
    p50, p99 = total.latency_ms()
    log.info(
        "%d inputs, %d outputs, %d late, %d errors, %d dropped; latency %.2f ms, p99 %.2f ms",
        total.inputs, total.outputs, total.late, stage.num_errors, stage.port.inbox.dropped,
        p50, p99,
    )  # fmt: skip
    return {"inputs": total.inputs, "outputs": total.outputs, "late": total.late}


def main(argv: list[str] | None = None) -> int:
    """The program; returns the exit status."""

    def program(config: PerformConfig) -> None:
        perform(config)

    return run(PerformConfig, program, "hachi_tf.perform", __doc__, positional="run_dir", argv=argv)


if __name__ == "__main__":
    sys.exit(main())
