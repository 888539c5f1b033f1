import json

import pytest

from hachi_tf.errors import UserError
from hachi_tf.schema import Feature, Schema

SCHEMA = Schema(
    (
        Feature("time", unit="s", quantum=0.001),
        Feature("pressure", missing=True),
        Feature("channel", "categorical", role="target", classes=("1", "2")),
    ),
    end_of_sequence=True,
)


def test_json_gives_the_schema_back():
    assert Schema.from_dict(json.loads(json.dumps(SCHEMA.to_dict()))) == SCHEMA


def test_a_schema_of_before_there_were_missing_values_is_read():
    old = {"name": "a", "kind": "continuous", "unit": "", "role": "both", "quantum": None,
           "classes": []}  # fmt: skip
    schema = Schema.from_dict({"features": [old], "end_of_sequence": False})
    assert schema == Schema((Feature("a"),))
    assert {**schema.to_dict()["features"][0], "classes": []} == old  # and written as before


def test_a_column_says_that_values_may_be_missing():
    assert str(SCHEMA.features[0]) == "time (continuous, s, on a grid of 0.001)"
    assert str(SCHEMA.features[1]) == "pressure (continuous, values may be missing)"


def test_a_foreign_dictionary_is_refused():
    with pytest.raises(UserError, match="a schema as hachi_tf writes it"):
        Schema.from_dict({"features": [{"colour": 1}], "end_of_sequence": False})
    for wrong in ({"name": 5}, {"name": "byte", "kind": "categorical", "classes": [1]}):
        with pytest.raises(UserError, match="texts as a column's name, unit and classes"):
            Schema.from_dict({"features": [wrong], "end_of_sequence": False})
