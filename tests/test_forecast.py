"""Series from end to end: train, forecast, chart, evaluate, export; in one small run."""

import csv
import json
import pathlib
import re

import numpy as np
import pytest
from PIL import Image

from hachi_tf.config import parse
from hachi_tf.errors import UserError
from hachi_tf.evaluate import EvaluateConfig, evaluate, in_words
from hachi_tf.export import ExportConfig, export
from hachi_tf.forecasting.programs import sample_series
from hachi_tf.sample import SampleConfig, sample
from hachi_tf.train import TrainConfig, train
from hachi_tf.training.sampled import open_sampled

ROOT = pathlib.Path(__file__).resolve().parents[1]
ROWS, FUTURE, LIFT = 300, 12, 8.0
SHOPS = ("east", "north", "west")
HEADER = "date,shop,sales,promo"


def shop_rows(rows=ROWS, future=FUTURE, promo=None):
    """Sales that are higher on weekends and while there is a promotion, which is planned."""
    days = np.datetime64("2023-01-02") + np.arange(rows + future)
    lines = []
    for index, shop in enumerate(SHOPS):
        random = np.random.default_rng(index)
        planned = random.random(rows + future) < 0.3
        if promo is not None:
            planned[rows:] = promo
        noise = random.normal(0.0, 1.0, rows + future)
        sales = 20.0 + 5 * index + 6.0 * (np.arange(rows + future) % 7 >= 5) + LIFT * planned
        for t, day in enumerate(days):
            value = f"{sales[t] + noise[t]:.3f}" if t < rows else ""
            lines.append(f"{day},{shop},{value},{int(planned[t])}")
    return lines


def write(path, lines, header=HEADER):
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def shops(tmp_path_factory):
    return write(tmp_path_factory.mktemp("data") / "shops.csv", shop_rows())


@pytest.fixture(scope="module")
def run_dir(shops, tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "shops"
    flags = (
        f"--data={shops}", "--source=time_series(covariates='promo', transform='none')",
        f"--run_dir={path}", "--head=student_t_mixture", "--mixtures=1", "--layers=1",
        "--hidden_size=16", "--context=14", "--horizon=7", "--stride=3", "--batch_size=32",
        "--learning_rate=0.02", "--epochs=12", "--validate_every=60", "--device=cpu",
    )  # fmt: skip
    train(parse(TrainConfig, flags))
    return path


@pytest.fixture(scope="module")
def exported(run_dir, tmp_path_factory):
    target = tmp_path_factory.mktemp("exports") / "shops"
    export(parse(ExportConfig, [f"--run_dir={run_dir}", f"--export_dir={target}"]))
    return target


@pytest.fixture(scope="module")
def opened(run_dir):
    return open_sampled(str(run_dir))


def drawn(opened, *flags):
    """What `sample` does with a model once it is opened."""
    return sample_series(parse(SampleConfig, flags), opened.model, opened.trained_on, 3)


def by_shop(result, name="q0.5"):
    return {each["series"]: np.array(each["sales"][name]) for each in result["forecasts"]}


@pytest.fixture(scope="module")
def forecast(run_dir, tmp_path_factory):
    path = tmp_path_factory.mktemp("out") / "a.csv"
    flags = [f"--run_dir={run_dir}", f"--output={path}", "--seed=3"]
    return sample(parse(SampleConfig, flags)), path


def test_a_forecast_goes_on_where_the_file_ends_as_training_windows_did(forecast):
    result, path = forecast
    assert result["num_paths"] == 200 and result["num_steps"] == 7
    assert [each["series"] for each in result["forecasts"]] == list(SHOPS)
    last = np.datetime64("2023-01-02") + ROWS - 1
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["date"] for row in rows[:7]] == [str(last + 1 + step) for step in range(7)]
    assert [row["step"] for row in rows] == list("1234567") * 3
    names = ["q0.05", "q0.1", "q0.25", "q0.5", "q0.75", "q0.9", "q0.95"]
    numbers = np.array([[float(row[name]) for name in names] for row in rows])
    assert (np.diff(numbers, axis=1) >= 0).all() and np.isfinite(numbers).all()
    np.testing.assert_allclose(numbers[:7, 3], by_shop(result)["east"], rtol=1e-6)


def test_what_is_known_of_the_future_matters(opened, tmp_path):
    medians = []
    for promo in (0, 1):
        data = write(tmp_path / f"{promo}.csv", shop_rows(promo=promo))
        flags = [f"--data={data}", f"--output={tmp_path}/a.json"]
        medians.append(by_shop(drawn(opened, *flags)))
    for shop in SHOPS:  # the same history, but for the plan of what comes
        lift = medians[1][shop] - medians[0][shop]
        assert abs(lift.mean() - LIFT) < 3.0, shop


def test_charts_and_json(opened, tmp_path):
    flags = ["--num_steps=10", "--num_samples=50"]
    png = drawn(opened, *flags, f"--output={tmp_path}/a.png")
    with Image.open(tmp_path / "a.png") as image:
        assert image.size[1] > 3 * 360 and len(image.convert("RGB").getcolors(1 << 20)) > 20
    drawn(opened, *flags, f"--output={tmp_path}/a.svg", "--prime=west")
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert "west" in text and "east" not in text and "median" in text
    drawn(opened, *flags, f"--output={tmp_path}/a.json")
    assert json.loads((tmp_path / "a.json").read_text()) == png["forecasts"]
    assert {path.name for path in tmp_path.iterdir()} == {"a.png", "a.svg", "a.json"}
    ten = by_shop(png)["east"]
    assert len(ten) == 10 and png["lengths"] == [10] * 150


def test_a_forecast_beyond_trainings_windows_is_said(opened, tmp_path, caplog):
    with caplog.at_level("INFO"):
        drawn(opened, "--num_steps=9", f"--output={tmp_path}/a.csv")
    assert "9 rows are forecast, training saw 7 after a context" in caplog.text


@pytest.fixture(scope="module")
def figures(run_dir, tmp_path_factory):
    chart = tmp_path_factory.mktemp("chart") / "a.png"
    flags = [f"--run_dir={run_dir}", "--origins=6", "--num_paths=100", f"--chart={chart}"]
    return evaluate(parse(EvaluateConfig, flags)), chart


def test_evaluation_stands_beside_simple_methods(figures):
    result, chart = figures
    own = result["forecasts"]
    assert own["num_origins"] == 18 and own["num_series"] == 3 and own["num_steps"] == 7
    assert set(own["methods"]) == {"model", "last_value", "drift", "seasonal"}
    crps = {name: each["crps_scaled"] for name, each in own["methods"].items()}
    assert crps["model"] == min(crps.values())  # nothing else knows the promotions
    for each in own["methods"].values():
        assert each["quantile_loss"] > 0 and 0 <= each["coverage"]["0.9"] <= 1
    words = in_words(result)
    assert "The model beats" in words and "better than a Gaussian walk" in words
    assert re.search(r"this model +\d", words) and "the value a season ago" in words
    with Image.open(chart) as image:
        assert image.size[1] > 3 * 360


def test_an_export_forecasts_and_is_scored_the_same(run_dir, exported, shops, forecast, figures):
    own, path = forecast
    flags = [f"--export_dir={exported}", f"--data={shops}", f"--output={path.parent}/b.csv"]
    result = sample(parse(SampleConfig, [*flags, "--seed=3"]))
    for shop, values in by_shop(own).items():
        np.testing.assert_allclose(by_shop(result)[shop], values, rtol=1e-3)
    flags = [f"--export_dir={exported}", f"--data={shops}", "--origins=6", "--num_paths=100"]
    scored = evaluate(parse(EvaluateConfig, flags))
    assert scored["nats_per_step"] == pytest.approx(figures[0]["nats_per_step"], abs=1e-4)
    ours = scored["forecasts"]["methods"]["model"]["crps"]
    assert ours == pytest.approx(figures[0]["forecasts"]["methods"]["model"]["crps"], rel=1e-3)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--output=a.gif"], "--output with a suffix of .png .svg .csv .json for series"),
        (["--prime=south"], "a series of east, north, west; got 'south'"),
        (["--text=Hello"], "no --text for a model of series"),
        (["--fix=sales=3"], "no --fix for a model of series"),
        (["--bias=1"], "no --bias for a model of series"),
        (["--top_k=3"], "no --top_k for a model of series"),
        (["--data=nowhere.csv"], "nowhere.csv"),
    ],
)
def test_flags_that_mean_nothing_to_series(tmp_path, opened, monkeypatch, flags, said):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=re.escape(said)):
        drawn(opened, *flags)
    assert not list(tmp_path.iterdir())


def test_bad_input_ends_with_one_line_and_status_2(tmp_path, run_dir, failing_program, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = failing_program("sample", run_dir, "--num_steps=40")
    assert done.returncode == 2 and "promo for 40 rows after the last" in done.stderr
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    assert done.stdout == "" and not list(tmp_path.iterdir())


DAYS = [f"2024-01-{day:02d},east,{day % 4 + 0.5},0" for day in range(1, 31)]


@pytest.mark.parametrize(
    ("lines", "header", "said"),
    [
        (DAYS[::2] + DAYS[1::2], HEADER, "dates in their order"),
        ([*DAYS, DAYS[-1]], HEADER, "each date once"),
        ([re.sub("east,.*,", "east,3,", each) for each in DAYS], HEADER, "not all the same"),
        (DAYS[:1], HEADER, "at least 3 values"),
        ([*DAYS[:9], "2024-01-10,east,inf,0"], HEADER, "finite numbers in column sales"),
        ([*DAYS, "2024-02-01 07:30,east,3,0"], HEADER, "rows at one distance"),
        ([each.rpartition(",")[0] for each in DAYS], "date,shop,sales", "a column 'promo'"),
        (DAYS, "date,shop,turnover,promo", "no sales"),
    ],
)  # fmt: skip
def test_bad_series_are_refused_in_prediction(opened, tmp_path, lines, header, said):
    data = write(tmp_path / "bad.csv", lines, header)
    with pytest.raises(UserError, match=said):
        drawn(opened, f"--data={data}", f"--output={tmp_path}/a.csv")
    assert not (tmp_path / "a.csv").exists()


def test_gaps_in_what_came_before_are_no_obstacle(opened, tmp_path, caplog):
    lines = shop_rows(60)
    del lines[40:44]
    holes = [re.sub("(east),[^,]+,", r"\1,,", each) if i == 50 else each
             for i, each in enumerate(lines)]  # fmt: skip
    data = write(tmp_path / "gaps.csv", holes)
    with caplog.at_level("INFO"):
        result = drawn(opened, f"--data={data}", f"--output={tmp_path}/a.png")
    assert "4 dates left out in gaps are filled with missing values" in caplog.text
    assert np.isfinite(by_shop(result)["east"]).all()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--horizon=0"], "--horizon of at least 1"),
        (["--num_paths=1"], "--num_paths of at least 2"),
        (["--chart=a.gif"], "--chart=FILE.png or .svg"),
    ],
)
def test_flags_of_evaluate_out_of_range(flags, said):
    with pytest.raises(UserError, match=said):
        parse(EvaluateConfig, flags)


def test_a_horizon_longer_than_what_is_held_out_is_refused(run_dir, failing_program):
    done = failing_program("evaluate", run_dir, "--horizon=500")
    assert done.returncode == 2
    assert "a series with 500 rows that are held out" in done.stderr.splitlines()[-1]


def test_other_models_have_no_forecasts(failing_program):
    done = failing_program("evaluate", f"--export_dir={ROOT}/exports/rhythm", "--chart=a.png")
    assert done.returncode == 2 and "a model of series" in done.stderr
