"""Sampling from a run: files of every kind, seeds, primes, bad input."""

import json

import numpy as np
import pytest
from PIL import Image

from hachi_tf.rendering import read_npz

pytestmark = pytest.mark.usefixtures("opened_once")


@pytest.mark.slow
def test_same_seed_writes_the_same_numbers_in_two_processes(tmp_path, tiny_run, program):
    for name in ("a", "b"):
        program("sample", tiny_run, "--num_samples=3", "--num_steps=30", "--seed=7",
                f"--output={tmp_path}/{name}.npz")  # fmt: skip
    for one, other in zip(*(read_npz(tmp_path / f"{name}.npz") for name in "ab"), strict=True):
        np.testing.assert_array_equal(one, other)
    assert set(np.unique(one[:, 2])) <= {0.0, 1.0} and len(one) <= 30


@pytest.mark.slow
def test_seed_that_was_drawn_is_said_and_draws_it_again(tmp_path, tiny_run, program):
    flags = [tiny_run, "--num_steps=20", "--json"]
    first = json.loads(program("sample", *flags, f"--output={tmp_path}/a.npz").stdout)
    again = program("sample", *flags, f"--seed={first['seed']}", f"--output={tmp_path}/b.npz")
    assert json.loads(again.stdout)["lengths"] == first["lengths"]
    np.testing.assert_array_equal(*(read_npz(tmp_path / f"{n}.npz")[0] for n in "ab"))


SLOW = [pytest.param(suffix, marks=pytest.mark.slow) for suffix in ("gif", "csv", "json")]


@pytest.mark.parametrize("suffix", ["svg", "png", *SLOW])
def test_every_kind_of_file_is_written_and_opens(tmp_path, tiny_run, failing_program, suffix):
    path = tmp_path / f"sheet.{suffix}"
    flags = ("--num_samples=4", "--num_steps=20", "--seed=1", f"--output={path}")
    assert failing_program("sample", tiny_run, *flags).returncode == 0
    if suffix == "svg":
        assert path.read_text().count("<path") >= 4
    elif suffix in ("png", "gif"):
        with Image.open(path) as image:
            assert image.format == suffix.upper() and min(image.size) > 50
            assert getattr(image, "n_frames", 1) > (1 if suffix == "gif" else 0)
    elif suffix == "json":
        assert len(json.loads(path.read_text())["samples"]) == 4
    else:
        assert path.read_text().splitlines()[0] == "sample,dx,dy,end_of_stroke"


@pytest.mark.slow
def test_prime_is_continued_and_not_repeated(tmp_path, tiny_run, program):
    flags = [tiny_run, "--num_samples=16", "--num_steps=20", "--seed=3"]
    program("sample", *flags, f"--output={tmp_path}/whole.npz")
    drawn = read_npz(tmp_path / "whole.npz")
    row = int(np.argmax([len(events) for events in drawn]))
    whole = drawn[row]
    assert len(whole) > 8
    np.savez(tmp_path / "prime.npz", events=whole[None, :4], lengths=np.int32([4]))
    prime = f"--prime={tmp_path}/prime.npz"
    program("sample", *flags, prime, f"--output={tmp_path}/rest.npz")
    rest = read_npz(tmp_path / "rest.npz")[row]
    np.testing.assert_allclose(rest[:4], whole[4:8], rtol=1e-3, atol=1e-2)


@pytest.mark.parametrize("events", [np.zeros((0, 4, 3)), np.full((1, 4, 3), np.nan)])
def test_prime_that_is_empty_or_not_finite_is_refused(tmp_path, tiny_run, failing_program, events):
    np.savez(tmp_path / "prime.npz", events=events, lengths=np.full(len(events), 4))
    flags = [f"--prime={tmp_path}/prime.npz", f"--output={tmp_path}/a.svg"]
    done = failing_program("sample", tiny_run, *flags)
    assert done.returncode == 2 and "sequence for --prime" in done.stderr
    assert not (tmp_path / "a.svg").exists()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--output=a.doc"], "--output with a suffix of .svg"),
        (["--temperature=-1"], "--temperature of at least 0"),
        (["--bias=-0.5"], "--bias of at least 0"),
        (["--num_samples=0"], "--num_samples of at least 1"),
        (["--prime=/nowhere.npz"], "/nowhere.npz"),
        (["--seed=-3"], "--seed of at least 0"),
    ],
)
def test_bad_input_ends_with_one_line_and_status_2(
    tmp_path, tiny_run, failing_program, monkeypatch, flags, said
):
    monkeypatch.chdir(tmp_path)
    done = failing_program("sample", tiny_run, *flags)
    assert done.returncode == 2 and said in done.stderr
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())
