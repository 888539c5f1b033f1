import json

import numpy as np
import pytest

from hachi_tf.layers.heads import make_head
from hachi_tf.transforms import Standardize
from tests.benchmarks import chorales, events, known_process


def test_the_density_of_the_known_process_is_that_of_its_samples():
    sample = known_process.draw(4000, 7)
    nats = -known_process.log_prob(sample)
    error = nats.mean(1).std() / np.sqrt(len(sample))
    assert error < 0.005
    assert abs(nats.mean() - known_process.entropy()) < 4 * error
    assert len(known_process.SCHEMA) == sample.shape[2] and np.abs(sample).max() < 8


def test_the_density_of_the_known_process_sums_to_one():
    start = known_process.draw(1, 0)[:, :3]
    grid = np.linspace(-6, 6, 121)
    x, y, accent, voice = np.meshgrid(grid, grid, [0, 1], [0, 1, 2], indexing="ij")
    last = np.stack([x, y, accent, voice], -1).reshape(-1, 1, 4)
    whole = np.concatenate([np.repeat(start, len(last), 0), last], 1)
    total = np.exp(known_process.log_prob(whole)[:, -1]).sum() * (grid[1] - grid[0]) ** 2
    assert abs(total - 1) < 1e-3


def test_a_grid_of_voices_becomes_notes():
    piece = [[60, 55, 50, 40], [60, 55, 50, 40], [62, 55, -1, 41], [62, 57, -1, 41]]
    got = chorales.events(piece)
    assert got.tolist() == [
        [0, 60, 2, 0], [0, 55, 3, 1], [0, 50, 2, 2], [0, 40, 2, 3],
        [2, 62, 2, 0], [0, 41, 2, 3], [1, 57, 1, 1],
    ]  # fmt: skip


def test_the_chorales_are_found_by_the_environment(tmp_path, monkeypatch):
    monkeypatch.delenv("HACHI_TF_DATA", raising=False)
    assert chorales.find() is None
    monkeypatch.setenv("HACHI_TF_DATA", str(tmp_path))
    assert chorales.find() is None
    path = tmp_path / "jsb_chorales" / "Jsb16thSeparated.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"train": [[[60, 55, 50, 40]]]}))
    assert chorales.find() == path
    assert chorales.read(path)["train"][0].shape == (4, 4)


def test_the_chorales_are_the_known_ones():
    path = chorales.find()
    if path is None:
        pytest.skip("HACHI_TF_DATA names no folder with jsb_chorales/")
    splits = chorales.read(path)
    assert {name: len(pieces) for name, pieces in splits.items()} == {
        "train": 229, "valid": 76, "test": 77,
    }  # fmt: skip
    notes = np.concatenate(splits["train"])
    assert notes[:, 1].min() >= 36 and notes[:, 1].max() <= 81 and notes[:, 2].min() >= 1


def test_both_heads_have_as_many_parameters():
    for schema in (known_process.SCHEMA, chorales.SCHEMA):
        heads = events.equal_heads(schema, 20)
        coupled, apart = (make_head(schema, each).params_size for each in heads.values())
        assert coupled <= apart < 1.05 * coupled


@pytest.mark.slow
def test_a_coupled_head_recovers_the_known_loss_within_0_02_nats():
    """And a head whose columns are apart could not: it is about a nat away."""
    training, held_out = known_process.draw(2048, 0), known_process.draw(512, 1)
    true = -known_process.log_prob(held_out).mean()
    network, transforms = events.train(
        known_process.SCHEMA, Standardize([0, 1]), list(training), events.COUPLED.format(6),
        layers=1, units=48, steps=400, rate=0.01,
    )  # fmt: skip
    assert abs(events.score(network, transforms, list(held_out)) - true) < 0.02
