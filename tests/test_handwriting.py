"""Writing texts from the command line, with the ready export and with a run of a few steps."""

import json
import pathlib

import numpy as np
import pytest
from PIL import Image

import hachi_tf
from hachi_tf.data.sources.hershey import write_text
from hachi_tf.rendering import read_npz
from hachi_tf.sample import main as sample_main
from hachi_tf.training.sampled import open_sampled

pytestmark = pytest.mark.usefixtures("opened_once")

EXPORT = pathlib.Path(__file__).parents[1] / "exports" / "hershey"


@pytest.fixture(scope="module")
def model(opened_once):
    """The ready export."""
    return open_sampled(export_dir=str(EXPORT)).model


@pytest.fixture
def sample(capsys):
    """`hachi_tf.sample` in this process, from the export loaded once; gives its JSON."""

    def run(*arguments):
        status = sample_main([f"--export_dir={EXPORT}", "--json", *map(str, arguments)])
        assert status == 0
        return json.loads(capsys.readouterr().out)

    return run


def test_the_commands_of_the_readme_write_a_text(tmp_path, program):
    output = tmp_path / "fox.svg"
    text = "The quick brown fox"
    flags = [f"--export_dir={EXPORT}", f"--text={text}", "--bias=1", "--seed=1", "--json"]
    told = json.loads(program("sample", *flags, f"--output={output}").stdout)
    assert told["text"] == [text] and told["complete"] == [True] and told["ended"] == [True]
    assert 100 < told["lengths"][0] < 450
    assert output.read_text().count("<path") >= 5  # strokes


def test_every_line_of_a_text_is_a_sample_and_a_file_is_read(tmp_path, sample):
    (tmp_path / "in.txt").write_text("One line\n\nand another\n", encoding="utf-8")
    flags = [f"--text=@{tmp_path}/in.txt", "--bias=1", "--seed=4", "--num_samples=2"]
    told = sample(*flags, f"--output={tmp_path}/a.npz")
    assert told["text"] == ["One line", "and another"] * 2
    lines = read_npz(tmp_path / "a.npz")
    assert [len(line) for line in lines] == told["lengths"]
    assert not np.array_equal(lines[0], lines[2])  # a hand of its own


def test_style_decides_the_hand_and_a_seed_the_line(tmp_path, sample, model):
    drawn = {}
    for style in ("", *model.styles):
        flags = ["--text=we hit thirty", f"--style={style}", "--bias=2", "--seed=3"]
        sample(*flags, f"--output={tmp_path}/a.npz")
        sample(*flags, f"--output={tmp_path}/b.npz")
        (drawn[style],), (same,) = read_npz(tmp_path / "a.npz"), read_npz(tmp_path / "b.npz")
        np.testing.assert_array_equal(drawn[style], same)
    # Joined letters: fewer strokes than in print.
    assert drawn["script"][:, 2].sum() < drawn["print"][:, 2].sum()


def test_a_drawing_primes_and_is_not_part_of_the_result(tmp_path, sample):
    own = write_text("This is my own hand", "scripts", seed=2)
    points = np.cumsum(np.concatenate([np.zeros((1, 2)), own[:, :2] * 5.0]), axis=0)
    cuts = np.flatnonzero(own[:, 2]) + 2
    strokes = [part.tolist() for part in np.split(points, cuts) if len(part)]
    (tmp_path / "own.json").write_text(json.dumps(strokes))
    flags = ["--text=hello", "--bias=2", "--seed=3", f"--prime={tmp_path}/own.json"]
    told = sample(*flags, "--prime_text=This is my own hand", f"--output={tmp_path}/a.npz")
    (line,) = read_npz(tmp_path / "a.npz")
    assert told["complete"] == [True] and 25 < len(line) < 150
    assert np.abs(line[:, :2].sum(0)).max() < 150 < np.abs(own[:, :2].sum(0)).max()


@pytest.mark.slow
def test_a_line_of_the_training_data_primes(tmp_path, sample):
    flags = ["--text=hello", "--bias=2", "--seed=3", "--prime=hershey/validation-0-000043"]
    assert sample(*flags, f"--output={tmp_path}/a.npz")["lengths"][0] > 20


def test_unknown_characters_are_named_or_replaced_or_left_out(tmp_path, sample, failing_program):
    output = f"--output={tmp_path}/a.npz"
    done = failing_program("sample", f"--export_dir={EXPORT}", "--text=x 猫 y", output)
    assert done.returncode == 2 and "猫" in done.stderr and "--on_unknown" in done.stderr
    assert not (tmp_path / "a.npz").exists()
    told = sample("--text=x 猫 y", "--on_unknown=drop", "--seed=1", output)
    assert told["text"] == ["x  y"] or told["text"] == ["x y"]
    told = sample("--text=“so” — it’s…", "--seed=1", output)
    assert told["text"] == ['"so" - it\'s...']


def test_a_letter_comes_on_pages_in_millimetres(tmp_path, sample, caplog):
    text = "Dear Anna,\n\nthe roses are out.\n\nYours, Tom"
    flags = [f"--text={text}", "--bias=1", "--seed=3", "--style=print", "--retries=3"]
    caplog.set_level("INFO")
    told = sample(*flags, "--page=100x60mm", "--margin_mm=5", f"--output={tmp_path}/letter.svg")
    assert told["pages"] == [f"{tmp_path}/letter.svg"] and len(told["lengths"]) == 5
    assert "3 lines of " in caplog.text  # blank ones are none
    svg = (tmp_path / "letter.svg").read_text()
    assert 'width="100mm"' in svg and 'height="60mm"' in svg and 'fill="none"' in svg


def test_again_rewrites_one_line_and_no_other(tmp_path, sample):
    flags = ["--text=one\ntwo\nthree", "--bias=1", "--seed=3"]
    sample(*flags, f"--output={tmp_path}/a.npz")
    sample(*flags, "--again=2", f"--output={tmp_path}/b.npz")
    first, second = read_npz(tmp_path / "a.npz"), read_npz(tmp_path / "b.npz")
    same = [np.array_equal(a, b) for a, b in zip(first, second, strict=True)]
    assert same == [True, False, True]


@pytest.mark.parametrize(
    "flags, said",
    [
        (["--text="], "--text"),
        (["--text=hi", "--style=gothic"], "script"),
        (["--text=hi", "--page=B7"], "A4"),
        (["--text=hi", "--again=x"], "again"),
        (["--text=@nowhere.txt"], "nowhere.txt"),
        (["--text=hi", "--prime=nowhere"], "nowhere"),
        (["--text=hi", "--prime=hershey/validation-0-000043", "--style=script"], "style"),
    ],
)
def test_bad_input_is_refused_in_one_line(tmp_path, failing_program, flags, said):
    done = failing_program("sample", f"--export_dir={EXPORT}", *flags, f"--output={tmp_path}/a.svg")
    assert done.returncode == 2 and said in done.stderr
    assert done.stderr.count("error:") == 1 and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "picture",
    ["alignment", "density", "components", pytest.param("bias", marks=pytest.mark.slow)],
)
def test_describe_draws_how_the_network_sees_a_line(tmp_path, sample, failing_program, picture):
    sample("--text=hello", "--bias=1", "--seed=3", f"--output={tmp_path}/a.npz")
    flags = [f"--picture={picture}", f"--sample={tmp_path}/a.npz", "--text=hello"]
    output = tmp_path / "p.png"
    done = failing_program(
        "describe", f"--export_dir={EXPORT}", *flags, f"--output={output}", "--json"
    )
    assert done.returncode == 0 and json.loads(done.stdout)["picture"] == picture
    with Image.open(output) as image:
        assert image.format == "PNG" and image.width > 300
        assert len(np.unique(np.asarray(image.convert("L").resize((60, 60))))) > 5


@pytest.mark.slow
def test_styles_go_into_an_export_and_again_into_the_next(tmp_path, program, failing_program):
    strokes = [[[0, 0], [10, 30], [20, 0]], [[30, 0], [40, 30], [50, 0], [130, 10]]]
    (tmp_path / "line.json").write_text(json.dumps(strokes))
    styles = {"mine": {"prime": "line.json", "text": "AV_"}}
    (tmp_path / "styles.json").write_text(json.dumps(styles))
    again = [f"--from_export={EXPORT}", f"--export_dir={tmp_path}/out", "--json"]
    done = failing_program("export", *again, f"--styles={tmp_path}/styles.json")
    assert json.loads(done.stdout)["styles"] == ["mine"]
    done = failing_program("export", f"--from_export={tmp_path}/out", *again[1:])
    assert json.loads(done.stdout)["styles"] == ["mine"]
    drawn = hachi_tf.load(tmp_path / "out").sample(1, text="hi", style="mine", bias=2.0, seed=1)
    assert len(drawn.events[0]) > 10
    (tmp_path / "styles.json").write_text('{"mine": 3}')
    done = failing_program("export", *again, f"--styles={tmp_path}/styles.json")
    assert done.returncode == 2 and "styles" in done.stderr
