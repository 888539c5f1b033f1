"""Lines of another unit come to a model as it knows them."""

import numpy as np
import pytest

from hachi_tf.data.dataset import Dataset
from hachi_tf.data.fitting import fit_splits
from hachi_tf.data.line_scale import measure_lines
from hachi_tf.data.sources.hershey import write_text
from hachi_tf.data.sources.source import Sequence
from hachi_tf.data.sources.strokes import stroke_schema
from hachi_tf.errors import UserError
from hachi_tf.schema import Feature, Schema

TEXTS = ("The quick brown fox jumps", "over the lazy dog again and", "not a line")
MODEL, TABLET = stroke_schema("font units", None), stroke_schema("tablet units", None)


def dataset(factor):
    lines = [write_text(text, "print", seed=index) for index, text in enumerate(TEXTS[:2])]
    lines = [np.float32(line * [factor, factor, 1.0]) for line in lines]
    lines.append(np.float32([[factor, 0, 1]]))  # a dot
    rows = zip(lines, TEXTS, strict=True)
    return Dataset.from_sequences((Sequence(e, t, t[:3]) for e, t in rows), 3)


def test_same_columns_stay_as_they_are():
    splits = {"train": dataset(1.0)}
    assert fit_splits(splits, MODEL, MODEL, None) is splits


def test_lines_of_another_unit_get_the_models_height_and_keep_their_texts():
    scale = measure_lines(dataset(1.0).subset([0, 1]))
    fitted = fit_splits({"train": dataset(40.0)}, TABLET, MODEL, scale)["train"]
    assert fitted.texts == list(TEXTS[:2]) and len(fitted) == 2  # the dot is no line
    measured = measure_lines(fitted)
    assert measured["line_height"] == pytest.approx(scale["line_height"], rel=0.05)
    assert measured["point_spacing"] == pytest.approx(scale["point_spacing"], rel=0.1)
    for line, own in zip(fitted, dataset(1.0), strict=False):
        assert line[:, 2].sum() == own[:, 2].sum()  # as many strokes
        np.testing.assert_allclose(line[:, 0].sum(), own[:, 0].sum(), rtol=0.2)


@pytest.mark.parametrize(
    "wanted, scale",
    [(MODEL, None), (Schema((Feature("time"), Feature("pitch"))), {"line_height": 20.0})],
)
def test_other_columns_or_a_model_without_scale_are_refused(wanted, scale):
    with pytest.raises(UserError, match="columns"):
        fit_splits({"train": dataset(1.0)}, TABLET, wanted, scale)
