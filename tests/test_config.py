"""Flags, flag files and configurations."""

import dataclasses
import io
import signal
import subprocess
import sys
import threading
import time

import pytest

from hachi_tf import config as config_lib
from hachi_tf.config import ProgramConfig, flag
from hachi_tf.errors import UserError
from hachi_tf.program import ended_by_signals, run


@dataclasses.dataclass(frozen=True)
class Config(ProgramConfig):
    path: str = flag("", "A path.")
    hidden_size: int = flag(10, "Units.", low=1)
    rate: float = flag(0.5, "Rate.", above=0.0, high=1.0)
    share: float | None = flag(None, "Share.", low=0.0)
    resume: bool = flag(True, "Resume.")
    cell: str = flag("lstm", "Cell.", choices=("lstm", "gru"))
    names: tuple = flag((), "Names.")


def test_flags_become_fields_of_their_types():
    argv = ["--hidden-size=3", "--rate", "0.25", "--noresume", "--names=a", "--names=b", "x.csv"]
    parsed = config_lib.parse(Config, argv, positional="path")
    assert parsed == Config(False, (), "x.csv", 3, 0.25, None, False, "lstm", ("a", "b"))


def test_optional_flag_is_none_until_given():
    assert config_lib.parse(Config, []).share is None
    assert config_lib.parse(Config, ["--share=0"]).share == 0.0


def test_flagfiles_nest_relative_to_their_own_place_and_later_flags_win(tmp_path):
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "all.flags").write_text("# sizes\n--hidden-size=7\n--rate=0.1\n")
    (tmp_path / "task.flags").write_text("--flagfile=base/all.flags\n\n--rate=0.2\n")
    parsed = config_lib.parse(Config, [f"--flagfile={tmp_path}/task.flags", "--cell=gru"])
    assert (parsed.hidden_size, parsed.rate, parsed.cell) == (7, 0.2, "gru")


def test_flagfile_that_includes_itself_is_refused(tmp_path):
    path = tmp_path / "a.flags"
    path.write_text("--flagfile=a.flags\n")
    with pytest.raises(UserError, match="include themselves"):
        config_lib.parse(Config, [f"--flagfile={path}"])


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--hidden_size=0"], "--hidden_size of at least 1; got 0"),
        (["--hidden_size=x"], "hidden_size"),
        (["--rate=0"], "--rate above 0.0; got 0.0"),
        (["--rate=1.5"], "--rate of at most 1.0; got 1.5"),
        (["--rate=nan"], "a finite number for --rate"),
        (["--rate=inf"], "a finite number for --rate"),
        (["--hidden_size=1" + "0" * 400], "a finite number for --hidden_size; got 1000"),
        (["--hidden_size=10000000000000000000"], "a finite number for --hidden_size"),
        (["--cell=elman"], "--cell as one of lstm, gru; got 'elman'"),
        (["--hiden_size=3"], "hiden_size"),
        (
            ["--flagfile=/nowhere.flags"],
            "a file of flags; got /nowhere.flags, which does not exist",
        ),
        (["--flagfile=quickstart.flags"], "did you mean configs/quickstart.flags?"),
        (["--flagfile=configs"], "a readable text file for --flagfile"),
        (["--flagfile"], "--flagfile=FILE; got no file"),
        (["--noresume=1"], "--noresume=1 does not take an argument"),
        (["a", "b"], "one path"),
        (["--path=a", "b"], "no argument without a flag"),
    ],
)
def test_bad_flags_are_named(argv, message):
    with pytest.raises(UserError, match=message):
        config_lib.parse(Config, argv, positional="path")


def test_json_round_trip_and_unknown_keys():
    config = Config(path="a", share=0.5)
    assert Config.from_json(config.to_json()) == config
    with pytest.raises(UserError, match="flags that this version knows"):
        Config.from_json('{"colour": 1}')
    for text in ("[1", "[]", "3"):
        with pytest.raises(UserError, match="a JSON object"):
            Config.from_json(text)
    for names in ("5", '"ab"', "[5]", "null"):
        with pytest.raises(UserError, match="texts for --names"):
            Config.from_json(f'{{"names": {names}}}')


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (UserError("tea", "coffee", "ask again"), 2, "error: expected tea; got coffee; ask again"),
        (OSError(28, "No space left on device"), 2, "No space left on device"),
        (MemoryError(), 2, "expected enough memory and space"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_errors_become_one_line_and_a_status(error, status, said, caplog):
    def program(config):
        raise error

    assert run(Config, program, "m", "Doc.", argv=[]) == status
    assert said in caplog.text and "Traceback" not in caplog.text


def test_debug_shows_the_traceback():
    def program(config):
        raise UserError("tea", "coffee")

    with pytest.raises(UserError):
        run(Config, program, "m", "Doc.", argv=["--debug"])


def test_what_stdout_cannot_show_is_replaced(monkeypatch):
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stdout)
    assert run(Config, lambda config: sys.stdout.write("a\u5b57\n"), "m", "Doc.", argv=[]) == 0
    assert stdout.buffer.getvalue() == b"a?\n"


def test_signals_call_stop_and_nothing_else():
    before, calls = signal.getsignal(signal.SIGINT), []
    with ended_by_signals(lambda: calls.append(1)):
        signal.raise_signal(signal.SIGINT)
    assert calls == [1] and signal.getsignal(signal.SIGINT) is before

    def elsewhere():
        with ended_by_signals(calls.clear):
            calls.append(2)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert calls == [1, 2]


def test_help_of_train_is_quick_and_names_every_flag():
    from hachi_tf.train import TrainConfig

    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "hachi_tf.train", "--help"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert time.monotonic() - start < 5.0
    assert "| tensorflow" not in done.stderr and "| keras" not in done.stderr
    for field in dataclasses.fields(TrainConfig):
        assert f"--{field.name}=" in done.stdout or f"--[no]{field.name}" in done.stdout


def test_bad_flag_of_a_program_exits_with_2_and_one_line():
    done = subprocess.run(
        [sys.executable, "-m", "hachi_tf.train", "--layers=0"], capture_output=True, text=True
    )
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr == "error: expected --layers of at least 1; got 0\n"
