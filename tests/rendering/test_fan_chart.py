import numpy as np
import pytest
from PIL import Image

from hachi_tf.errors import UserError
from hachi_tf.rendering import colours
from hachi_tf.rendering.fan_chart import LEVELS, Fan, round_dates, save_fans


def fan(**changes):
    generator = np.random.default_rng(0)
    history = 100 + np.cumsum(generator.normal(size=90))
    paths = history[-1] + np.cumsum(generator.normal(size=[300, 20]), axis=1)
    dates = (np.datetime64("2023-11-01") + np.arange(110)).astype("datetime64[s]")
    quantiles = np.quantile(paths, LEVELS, axis=0)
    values = {"dates": dates, "truth": paths[0], "paths": paths[1:4]}
    return Fan(**{"title": "shop & sons", "history": history, "quantiles": quantiles}
               | values | changes)  # fmt: skip


def count(pixels, colour):
    return int((pixels == colours.rgb(colour)).all(axis=-1).sum())


def test_a_chart_has_its_fan_its_history_and_what_came(tmp_path):
    save_fans([fan()], tmp_path / "a.png")
    pixels = np.asarray(Image.open(tmp_path / "a.png").convert("RGB"))
    areas = [count(pixels, shade) for shade in colours.BLUE[1:4]]
    assert min(areas) > 2000
    assert count(pixels[100:440, 130:1000], colours.INK) > 500
    assert count(pixels, colours.HUES[1]) > 300
    plain = save_fans([fan(truth=None, paths=None)], tmp_path / "b.png")
    assert count(np.asarray(Image.open(plain).convert("RGB")), colours.HUES[1]) == 0
    two = Image.open(save_fans([fan(), fan()], tmp_path / "c.png"))
    assert two.height > 1.8 * len(pixels)


def test_as_svg_too(tmp_path):
    text = save_fans([fan()], tmp_path / "a.svg").read_text()
    assert text.count("<polygon") == 3 and "shop &amp; sons" in text and "2024-01" in text


@pytest.mark.parametrize(
    "changes",
    [
        {"dates": None},
        {"history": np.full(90, np.nan)},
        {"history": np.full(90, 5.0), "quantiles": np.full([7, 20], 5.0), "paths": None},
        {"history": np.zeros(0), "dates": None},
        {"history": np.ones(1), "quantiles": np.zeros([7, 0]), "dates": None, "truth": None,
         "paths": None},
        {"quantiles": np.full([7, 20], np.nan), "truth": None, "paths": None},
    ],
    ids=["steps", "nothing known", "constant", "no history", "one row", "no forecast"],
)  # fmt: skip
def test_odd_series_are_drawn(tmp_path, changes):
    assert save_fans([fan(**changes)], tmp_path / "a.png").stat().st_size > 1000
    assert "NaN" not in save_fans([fan(**changes)], tmp_path / "a.svg").read_text()


def test_gaps_stay_gaps(tmp_path):
    history = fan().history.copy()
    history[30:60] = np.nan
    whole = count(_pixels(save_fans([fan()], tmp_path / "a.png")), colours.INK)
    holes = count(_pixels(save_fans([fan(history=history)], tmp_path / "b.png")), colours.INK)
    assert holes < 0.8 * whole


def _pixels(path):
    return np.asarray(Image.open(path).convert("RGB"))[100:440, 130:]


@pytest.mark.parametrize(
    ("first", "last", "texts"),
    [
        ("2020-01-01", "2026-01-01", ["2020", "2021", "2022", "2023", "2024", "2025", "2026"]),
        ("2024-01-15", "2024-04-20", ["2024-02", "2024-03", "2024-04"]),
        ("2024-01-01", "2024-01-05", ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04",
                                      "2024-01-05"]),
        ("2024-01-01", "2024-01-01T06:00", ["2024-01-01 00:00", "2024-01-01 01:00"]),
    ],
)  # fmt: skip
def test_dates_on_the_axis_are_round(first, last, texts):
    found = round_dates(np.datetime64(first, "s"), np.datetime64(last, "s"), 7)
    assert [text for _, text in found][: len(texts)] == texts and len(found) <= 9


def test_other_files_and_nothing_are_refused(tmp_path):
    for fans, name in (([fan()], "a.gif"), ([], "a.png")):
        with pytest.raises(UserError, match=".png or .svg"):
            save_fans(fans, tmp_path / name)
