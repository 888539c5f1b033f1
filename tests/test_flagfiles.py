"""Flag files in YAML and TOML, hachi machi's words, and what is said where they do not fit."""

import logging

import pytest

from hachi_tf import config as config_lib
from hachi_tf import flagfiles
from hachi_tf.describe import DescribeConfig
from hachi_tf.errors import UserError
from hachi_tf.evaluate import EvaluateConfig
from hachi_tf.export import ExportConfig
from hachi_tf.perform import PerformConfig
from hachi_tf.prepare import PrepareConfig
from hachi_tf.record import RecordConfig
from hachi_tf.sample import SampleConfig
from hachi_tf.serve import ServeConfig
from hachi_tf.train import TrainConfig


def read(cls, path, text, *more):
    """The configuration from a file of this text and more arguments."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return config_lib.parse(cls, [f"--flagfile={path}", *more])


TRAIN = """
cmd: train
input: ../tables/a.csv
output: models/a.pt
hidden size: 16
batch-size: 8
lr: 1e-3
context: 50
mixtures: 4
noise: [0.0, 0.0]
betas: [0.9, 0.99]
slope: 1.0e-05
operations:
  - addrand(range=(-6, 6), dims=0)
  - abs(dims=1)
device: cuda
seed: 0
debug: true
"""


def test_a_file_of_hachi_machi_trains(tmp_path, caplog):
    got = read(TrainConfig, tmp_path / "work" / "train.yaml", TRAIN, "--mixtures=5")
    assert got.data == str(tmp_path / "tables" / "a.csv")
    assert got.run_dir == str(tmp_path / "work" / "models" / "a")
    assert (got.hidden_size, got.batch_size, got.learning_rate) == (16, 8, 0.001)
    assert (got.sequence_length, got.mixtures, got.device) == (50, 5, "gpu")
    assert (got.weight_noise, got.debug) == ("0.0", True)
    assert got.operations == ("addrand(range=(-6, 6), dims=0)", "abs(dims=1)")
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2 and "betas is left out" in said[0] and "slope is left out" in said[1]


def test_toml_says_the_same_as_yaml(tmp_path):
    yaml = 'cmd: fork\ninput: a.csv\noperations: ["add(value=1, dims=0)", "abs()"]\nseed: 3\n'
    toml = 'cmd = "fork"\ninput = "a.csv"\noperations = ["add(value=1, dims=0)", "abs()"]\nseed=3'
    got = read(PrepareConfig, tmp_path / "a.yml", yaml)
    assert got == read(PrepareConfig, tmp_path / "a.toml", toml)
    assert got.operations == ("add(value=1, dims=0)", "abs()") and got.seed == 3
    assert (got.input, got.output) == (str(tmp_path / "a.csv"), "output.csv")


def test_a_single_operation_needs_no_list_and_seed_0_is_none(tmp_path):
    text = "cmd: fork\ninput: a.csv\noperations: abs()\nseed: 0\ndevice: auto\noutput:\n"
    got = read(PrepareConfig, tmp_path / "a.yaml", text)
    assert got.operations == ("abs()",) and got.seed is None and got.output == "output.csv"


def test_recording_has_no_time_unless_asked_as_in_hachi_machi(tmp_path):
    text = "cmd: rec\nsize: 3\nmasked: [1]\ncategorical: 2\naddress: 127.0.0.2\nin port: 8100\n"
    got = read(RecordConfig, tmp_path / "rec.yaml", text)
    assert (got.num_features, got.masked, got.categorical) == (3, ("1",), ("2",))
    assert (got.in_host, got.in_port, got.temporal) == ("127.0.0.2", 8100, False)
    assert got.address == "/input"
    assert read(RecordConfig, tmp_path / "rec.yaml", text + "temporal: true").temporal
    own = read(RecordConfig, tmp_path / "rec.yaml", "cmd: record\nnum features: 3")
    assert own.temporal and own.num_features == 3


def test_performing_takes_the_runs_that_bear_the_names_of_pt_files(tmp_path, caplog):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    text = "cmd: run\nmodels: [a.pt, b.pt]\naddress: 10.0.0.7\nout-port: 9100\n"
    got = read(PerformConfig, tmp_path / "run.yaml", text)
    assert got.export_dir == (str(tmp_path / "a"), str(tmp_path / "b"))
    assert (got.in_host, got.out_host, got.out_port) == ("10.0.0.7", ("10.0.0.7",), 9100)
    assert "are taken with --allow=NETWORK" in caplog.text
    (tmp_path / "a" / "config.json").touch()
    got = read(PerformConfig, tmp_path / "run.yaml", "cmd: run\nmodels: a.pt\n")
    assert (got.run_dir, got.export_dir) == (str(tmp_path / "a"), ())


def test_sampling_and_describing(tmp_path):
    (tmp_path / "a").mkdir()
    got = read(SampleConfig, tmp_path / "gen.yaml", "cmd: gen\nmodel: a.pt\noutput: x/b.json\n")
    assert (got.export_dir, got.output) == (str(tmp_path / "a"), str(tmp_path / "x" / "b.json"))
    assert got.num_steps == 100
    got = read(SampleConfig, tmp_path / "gen.yaml", "cmd: gen\nmodel: a\ntokens: 7\n")
    assert (got.num_steps, got.output) == (7, "out.csv")
    assert read(DescribeConfig, tmp_path / "d.yaml", "cmd: devices").devices
    got = read(DescribeConfig, tmp_path / "d.yaml", "cmd: info\ninput: a.pt")
    assert got.export_dir == str(tmp_path / "a")


def test_our_own_names_do_too_and_a_file_nests_in_a_file_of_flags(tmp_path):
    text = "cmd: train\nrun dir: runs/a\ndata: [a.csv, b.csv]\nlearning_rate: 0.1\nresume: no\n"
    (tmp_path / "a.yaml").write_text(text)
    (tmp_path / "all.flags").write_text("--flagfile=a.yaml\n--epochs=3\n")
    got = config_lib.parse(TrainConfig, [f"--flagfile={tmp_path}/all.flags"])
    assert (got.epochs, got.learning_rate, got.resume) == (3, 0.1, False)
    assert got.data == f"{tmp_path / 'a.csv'},{tmp_path / 'b.csv'}"
    assert got.run_dir == str(tmp_path / "runs" / "a")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cmd: fork\n", r"a file for train; got cmd: fork in .*a.yaml; run python -m "
                        r"hachi_tf.prepare --flagfile=.*a.yaml"),
        ("cmd: fly\n", "cmd as one of format, fork, rec, train, gen, run, .*; got 'fly'"),
        ("cmd: [train]\n", "cmd as one of"),
        ("command: train\n", "a flag of train; got 'command' in .*a.yaml"),
        ("cmd: train\nhiden size: 3\n", "'hiden_size' in .*a.yaml; did you mean --hidden_size"),
        ("cmd: train\ndata:\n  path: a\n", "or a list of those for 'data' in .*; got something ne"),
        ("cmd: train\nepochs: [1, 2]\n", "one value for 'epochs' in .*a.yaml; got a list of 2"),
        ("cmd: train\nepochs: .nan\n", "a finite number, .* for 'epochs'"),
        ("cmd: train\nepochs: 2020-01-01\n", "a finite number, a text, .* for 'epochs'"),
        ("cmd: train\nsource: yes\n", "not true or false for 'source' in .*; got True; quote"),
        ("cmd: train\nresume: 3\n", "true or false for 'resume' in .*a.yaml; got 3"),
        ("cmd: train\nlr: 1\nlearning rate: 1\n", "--learning_rate once; got 'lr' and 'learning"),
        ("cmd: train\nbatch-size: 1\nbatch size: 1\n", "every name once in .*; got 'batch size'"),
        ("cmd: train\nnoise: [1, 2, 3]\n", "a deviation and a decay for 'noise'"),
        ("cmd: train\nepochs: 0\n", "--epochs above 0.0; got 0.0"),
        ("cmd: train\nepochs: x\n", "epochs"),
        ("cmd: [\n", "YAML in .*a.yaml; got line 2: "),
        ("- a\n", "'name: value' on each line of .*a.yaml"),
        ("cmd: &a [*a]\n", "cmd as one of"),
        ("epochs: &a [*a]\n", "got something nested"),
        ("x: !!python/object/apply:os.getcwd []\n", "YAML in .*a.yaml; got line 1: could not"),
        ("x: " + "[" * 5000, "YAML in .*a.yaml"),
    ],
)  # fmt: skip
def test_bad_files_are_named(text, message, tmp_path):
    with pytest.raises(UserError, match=message) as caught:
        read(TrainConfig, tmp_path / "a.yaml", text)
    assert len(str(caught.value)) < 600


def test_models_of_hachi_machi_must_be_trained_again(tmp_path):
    for cls, text in ((SampleConfig, "cmd: gen\nmodel: a.pt"), (PerformConfig, "models: [a.pt]")):
        with pytest.raises(UserError, match="got a.pt, a model of hachi machi .*train again .*=a$"):
            read(cls, tmp_path / "a.yaml", text)


def test_an_empty_list_of_models_is_named(tmp_path):
    for cls in (SampleConfig, PerformConfig):
        with pytest.raises(UserError, match="a run or an export for 'model' in .*an empty list"):
            read(cls, tmp_path / "a.yaml", "model: []\n")


def test_all_paths_are_relative_to_the_file(tmp_path):
    text = "per sequence: a.csv\nchart: b.svg\ncompress: c.bin\n"
    got = read(EvaluateConfig, tmp_path / "e.yaml", text)
    paths = [got.per_sequence, got.chart, got.compress]
    assert paths == [str(tmp_path / name) for name in ("a.csv", "b.svg", "c.bin")]
    got = read(
        ExportConfig, tmp_path / "x.yaml", "from export: a\noutput: a,b.html\nstyles: s.json"
    )
    paths = [got.from_export, got.output, got.styles]
    assert paths == [str(tmp_path / name) for name in ("a", "a,b.html", "s.json")]
    text = "export dir: [kanji=a/1, b]\ntoken file: t\nstudio dir: ../s\n"
    got = read(ServeConfig, tmp_path / "s.yaml", text)
    assert got.export_dir == (f"kanji={tmp_path / 'a' / '1'}", str(tmp_path / "b"))
    assert (got.token_file, got.studio_dir) == (str(tmp_path / "t"), str(tmp_path.parent / "s"))


def test_a_prime_may_be_a_file_or_the_id_of_a_line(tmp_path):
    (tmp_path / "line.svg").write_text("")
    assert read(SampleConfig, tmp_path / "a.yaml", "prime: hershey/7").prime == "hershey/7"
    got = read(SampleConfig, tmp_path / "a.yaml", "prime: line.svg").prime
    assert got == str(tmp_path / "line.svg")


def test_bad_places_and_texts(tmp_path):
    with pytest.raises(UserError, match="a readable file for --flagfile"):
        flagfiles.read(tmp_path / "none.yaml", "train", {})
    (tmp_path / "a.toml").write_bytes(b"cmd = 'train'\nepochs = \xff")
    with pytest.raises(UserError, match="TOML in"):
        flagfiles.read(tmp_path / "a.toml", "train", {})
    (tmp_path / "b.yaml").write_bytes(b"#" * (2 << 20))
    with pytest.raises(UserError, match="more than 1048576 bytes"):
        flagfiles.read(tmp_path / "b.yaml", "train", {})


def test_a_decay_of_noise_is_named(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        got = read(TrainConfig, tmp_path / "a.yaml", "cmd: train\nnoise: [0.1, 0.5]\n")
    assert got.weight_noise == "0.1" and "the decay of noise is left out" in caplog.text


@pytest.mark.parametrize(
    ("cls", "flag", "message"),
    [
        (TrainConfig, "--hidden=3", "got --hidden; use --hidden_size"),
        (TrainConfig, "-hs=3", "got --hs; use --hidden_size"),
        (TrainConfig, "--lr=3", "use --learning_rate"),
        (TrainConfig, "-c=100", "use --sequence_length"),
        (TrainConfig, "--noise=1", "use --weight_noise"),
        (TrainConfig, "--betas=1", "leave it out: Adam has Keras's"),
        (TrainConfig, "--slope=1", "leave it out"),
        (TrainConfig, "--batch_sise=1", "did you mean --batch_size?"),
        (TrainConfig, "--colour=red", "see --help"),
        (SampleConfig, "--tokens=9", "use --num_steps"),
        (SampleConfig, "-n=9", "use --num_steps"),
        (RecordConfig, "--size=2", "use --num_features"),
        (PerformConfig, "--address=a", "use --in_host and --out_host"),
        (PerformConfig, "--models=a", "use --export_dir"),
        (PrepareConfig, "-op=abs()", "use --operations"),
        (PrepareConfig, "-d=cpu", "leave it out: this program computes on the CPU"),
    ],
)
def test_old_flags_on_the_command_line_are_named(cls, flag, message):
    with pytest.raises(UserError) as caught:
        config_lib.parse(cls, [flag])
    assert message in str(caught.value)
