"""Names, options and what a page asks for."""

import pytest

from hachi_tf.errors import UserError
from hachi_tf.studio.names import check_name, free_name
from hachi_tf.studio.options import check_options, to_flags
from hachi_tf.studio.settings import read_settings


@pytest.mark.parametrize("name", ["a", "Tinte-1", "cat.txt", "1", "Türkis", "字", "a" * 64, "_x"])
def test_names(name):
    assert check_name(name) == name


def test_names_are_in_one_form():
    assert check_name("Tu\u0308rkis") == "Türkis"


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "a/b", "a\\b", "/a", ".a", "-a", "a ", "a\0", "a\n", "a:b", "a" * 65, "a.",
     "字" * 64 + "x", "NUL", "con.txt", None, 3, "a%2fb", "\u202ea"],
)  # fmt: skip
def test_what_is_no_name(name):
    with pytest.raises(UserError, match="letters, digits"):
        check_name(name)


def test_a_free_name(tmp_path):
    assert free_name(tmp_path, "cat") == "cat"
    (tmp_path / "cat").mkdir()
    assert free_name(tmp_path, "cat") == "cat-2"
    assert free_name(tmp_path, "cat", {"cat-2"}) == "cat-3"


def test_options_become_flags():
    options = check_options({"layers": 2, "learning_rate": 1, "cell": "gru", "dropout": None})
    assert set(to_flags(options)) == {
        "--validate_every=100", "--layers=2", "--learning_rate=1.0", "--cell=gru"
    }  # fmt: skip


@pytest.mark.parametrize(
    "options",
    [
        {"run_dir": "/tmp/x"}, {"debug": True}, {"flagfile": "x"}, {"plugin": "x"}, {"head": "x"},
        {"operations": ["x"]}, {"layers": "2"}, {"layers": 2.5}, {"layers": 0}, {"layers": True},
        {"epochs": float("nan")}, {"epochs": -1}, {"cell": "x"}, {"cell": "lstm --debug"},
        {"seed": 2**31}, {"init_from": 3}, {"init_from": "m", "layers": 2},
        {"network": "synthesis", "cell": "gru"}, {"network": "synthesis", "sequence_length": 5},
    ],
)  # fmt: skip
def test_options_outside_the_list_or_the_limits(options):
    with pytest.raises(UserError):
        check_options(options)


def test_each_option_is_a_flag_of_train_and_its_limits_are_within_those():
    import dataclasses

    from hachi_tf.studio.options import CHOICES, NAMES, NUMBERS
    from hachi_tf.train import TrainConfig

    fields = {field.name: field for field in dataclasses.fields(TrainConfig)}
    assert {*CHOICES, *NAMES, *NUMBERS} <= set(fields)
    assert {name: fields[name].metadata["choices"] for name in CHOICES} == CHOICES
    for name, (kind, low, high) in NUMBERS.items():
        for value in (kind(low), kind(high)):
            TrainConfig(**{name: value})


def test_settings_have_limits():
    assert read_settings({}).num_samples == 1
    assert read_settings({"bias": 2}).bias == 2.0
    for body in [{"bias": -1}, {"temperature": 101}, {"num_samples": 0}, {"num_samples": 65},
                 {"seed": -1}, {"text": 3}, {"text": "a" * 20_001}, {"stop": [1]}, {"fixed": []},
                 {"page": {"size": "x"}}, {"page": {"margin_mm": 200}}, {"top_p": 0},
                 {"paragraph": 1}]:  # fmt: skip
        with pytest.raises(UserError):
            read_settings(body)
