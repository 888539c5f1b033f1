"""Shares of a batch: all its rows, none twice, with the numbers that the whole batch has."""

import numpy as np
import pytest

from hachi_tf.data.operations import parse_operations
from hachi_tf.data.pipeline import Pipeline
from hachi_tf.schema import Feature, Schema
from tests.data.test_pipeline import LENGTHS, make_dataset


@pytest.mark.parametrize("carry", [False, True])
@pytest.mark.parametrize("count", [2, 3, 5])
def test_shares_hold_every_row_of_the_batch_once(carry, count):
    """With 11 sequences in batches of 4, also where there are more shares than rows."""
    schema = Schema((Feature("i"), Feature("t"), Feature("one")))
    operations = parse_operations("addrand(range=(-6, 6), dims=0)", schema)
    options = dict(operations=operations, carry=carry, sequence_length=3 if carry else 0)
    pipeline = Pipeline(make_dataset(LENGTHS), 4, **options)
    for step in range(pipeline.steps_per_epoch + 2):
        whole, seen = pipeline.batch(step), []
        shares = [pipeline.batch(step, (number, count)) for number in range(count)]
        assert {share["events"].shape for share in shares} == {
            (-(-len(whole["index"]) // count), *whole["events"].shape[1:])
        }
        for share in shares:
            assert share["rows"] == len(whole["index"])
            for row, place in enumerate(share["place"]):
                if place < 0:
                    assert share["lengths"][row] == 0 and not share["events"][row].any()
                    continue
                seen.append(place)
                for name in whole:
                    np.testing.assert_array_equal(share[name][row], whole[name][place], name)
        assert seen == list(range(len(whole["index"])))
