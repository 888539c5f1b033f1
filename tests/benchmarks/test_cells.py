import json

import numpy as np
import pytest
from PIL import Image

from tests.benchmarks import cells
from tests.benchmarks.cells_figure import draw


def test_a_sequence_ends_with_what_it_began_with():
    for delay in (1, 7, 60):
        symbols = cells.sequence(delay, np.random.default_rng(delay))[:, 0]
        assert len(symbols) == 2 * cells.COPIED + delay + 1
        np.testing.assert_array_equal(symbols[: cells.COPIED], symbols[-cells.COPIED :])
        assert (symbols[cells.COPIED : -cells.COPIED - 1] == cells.DOT).all()
        assert symbols[-cells.COPIED - 1] == cells.SIGN


def test_letters_are_even_and_held_out_ones_are_others():
    learned, held_out = (cells.dataset(np.full(800, 3), seed) for seed in (2, 3))
    starts = [np.stack([each[: cells.COPIED, 0] for each in sets]) for sets in (learned, held_out)]
    counts = np.bincount(starts[0].ravel().astype(int), minlength=cells.LETTERS)
    assert counts.min() > 0.8 * starts[0].size / cells.LETTERS
    assert not np.array_equal(*starts)


@pytest.mark.slow
def test_the_three_are_trained_and_drawn(tmp_path):
    result = cells.run(steps=4, sequences=200, longest=4)
    assert list(result["cells"]) == ["rnn", "gru", "lstm"]
    for figures in result["cells"].values():
        assert figures["nats"] == pytest.approx(cells.CHANCE, abs=0.7)
        assert [step for step, _ in figures["by_step"]] == [0, 1, 2, 3, 4]
        assert [delay for delay, _ in figures["by_delay"]] == [1, 2, 3, 4]
    json.dumps(result)
    draw(result, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (1600, 680)
    draw(result, tmp_path / "a.svg")
    assert "vanilla RNN" in (tmp_path / "a.svg").read_text()


def test_wrong_flags_are_refused(capsys):
    for flag in ("--output=a.gif", "--steps=0"):
        with pytest.raises(SystemExit):
            cells.main([flag])
        assert "expected --output" in capsys.readouterr().err
