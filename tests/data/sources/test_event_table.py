import numpy as np
import pytest

from hachi_tf.data import infer_source, load_datasets, make_source
from hachi_tf.errors import UserError
from hachi_tf.schema import Feature
from hachi_tf.transforms import Bounded, Chain, Delay, Standardize

NOTES = """time,0_pitch,1_velocity,~2_duration,3_channel#
10,60,100,0.5,1
10.25,62,90,0.5,2
10.25,64,80,0.25,10
11,65,127,0.125,1
"""


@pytest.fixture
def write(tmp_path):
    def write(text, name="a.csv"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def columns(source):
    """The columns of each transform."""
    return {type(each): each.columns for each in source.default_transforms().transforms}


def test_a_table_of_notes(write):
    source = make_source("event_table", write(NOTES))
    assert source.schema.features == (
        Feature("time", unit="s", quantum=0.001),
        Feature("0_pitch", quantum=1.0),
        Feature("1_velocity", quantum=1.0),
        Feature("2_duration", unit="s", role="target", quantum=0.001),
        Feature("3_channel", "categorical", classes=("1", "2", "10")),
    )
    (sequence,) = source.read()
    assert sequence.id == "event_table/a.csv"
    np.testing.assert_array_equal(
        sequence.events,
        [[0, 60, 100, 0.5, 0], [0.25, 62, 90, 0.5, 1], [0, 64, 80, 0.25, 2],
         [0.75, 65, 127, 0.125, 0]],
    )  # fmt: skip
    delay, bounded, standardize = source.default_transforms().transforms
    assert isinstance(delay, Delay) and delay.columns == (0, 3)
    assert isinstance(bounded, Bounded) and bounded.columns == (1, 2)
    assert (bounded.low, bounded.high, bounded.quantum) == ((0, 1), (127, 127), (1, 1))
    assert isinstance(standardize, Standardize) and standardize.columns == (0, 1, 2, 3)


def test_no_sample_is_out_of_range_or_before_the_last(write):
    source = make_source("event_table", write(NOTES))
    middle = next(source.read()).events + [0.0005, 0.5, 0.5, 0.0005, 0]
    transforms = source.default_transforms().fit([middle])
    normal = np.random.default_rng(0).normal(0, 30, (10_000, 5))
    inverse = transforms.inverse(normal)
    assert (inverse[:, [0, 3]] >= 0).all() and np.isfinite(inverse).all()
    notes = np.floor(inverse[:, 1:3])
    assert notes.min(0).tolist() == [0, 1] and notes.max(0).tolist() == [127, 127]


def test_a_table_of_other_things_is_only_standardized(write):
    source = make_source("event_table", write("x,~y,pitch\n0.5,1,60.5\n1.5,2,61\n"))
    assert [feature.quantum for feature in source.schema.features] == [None, 1.0, None]
    assert columns(source) == {Standardize: (0, 1, 2)}


@pytest.mark.parametrize(
    "header, values, expected",
    [
        ("velocity", (0, 3), (0, 127)),
        ("velocity", (1, 3), (1, 127)),
        ("4_Pitch", (1, 127), (0, 127)),
        ("value", (0, 64), (0, 127)),
        ("control_64", (0, 64), (0, 127)),
        ("value", (0, 0.5), None),
        ("pitch", (0, 128), None),
        ("pitch", (-1, 127), None),
        ("speed", (0, 64), None),
    ],
)
def test_which_columns_have_a_range(write, header, values, expected):
    source = make_source("event_table", write(f"{header}\n{values[0]}\n{values[1]}\n"))
    found = [each for each in source.default_transforms().transforms if isinstance(each, Bounded)]
    assert [(each.low[0], each.high[0]) for each in found] == ([expected] if expected else [])


def test_ranges_can_be_given(write):
    path = write(NOTES)
    source = make_source("event_table(ranges={'pitch': (36, 84), '1_velocity': None})", path)
    bounded = source.default_transforms().transforms[1]
    assert (bounded.columns, bounded.low, bounded.high) == ((1,), (36,), (84,))
    with pytest.raises(UserError, match=r"0_pitch from 62 to 84; got 60 in .*a.csv, event 1"):
        list(make_source("event_table(ranges={'pitch': (62, 84)})", path).read())
    with pytest.raises(UserError, match=r"ranges of the columns 0_pitch, .*; got note"):
        list(make_source("event_table(ranges={'note': (62, 84)})", path).read())
    for wrong in ("(1, 0)", "3", "('a', 'b')", "(1,)"):
        with pytest.raises(UserError, match=r"ranges={'pitch'"):
            make_source(f"event_table(ranges={{'pitch': {wrong}}})", path)


def test_missing_values_are_marked(write):
    source = make_source("event_table", write("time,a,b#\n0,1,x\n1,,\n2,3,y\n"))
    assert [feature.missing for feature in source.schema.features] == [False, True, True]
    np.testing.assert_array_equal(next(source.read()).events[1], [1, np.nan, np.nan])
    transforms = source.default_transforms().fit(load_datasets(source, 0.0)["train"])
    assert isinstance(transforms, Chain) and transforms.transforms[-1].loc[1] == 2.0


def test_one_event_alone_teaches_nothing(write, tmp_path):
    one = write("time,x\n0,1\n", "a.csv")
    with pytest.raises(UserError, match="at least two events, one after the other; got one in .*a"):
        list(make_source("event_table", one).read())
    write("time,x\n0,1\n1,2\n", "b.csv")
    assert [len(each.events) for each in make_source("event_table", tmp_path).read()] == [1, 2]


def test_several_files(write, tmp_path):
    write(NOTES)
    write(NOTES.replace(",10\n", ",3\n").replace("\n", "\r\n"), "b.csv")
    for data in (tmp_path, f"{tmp_path}/*.csv", f"{tmp_path}/a.csv, {tmp_path}/b.csv"):
        assert infer_source(data) == "event_table"
        source = make_source("event_table", data)
        assert [sequence.id[-5:] for sequence in source.read()] == ["a.csv", "b.csv"]
        assert source.schema.features[-1].classes == ("1", "2", "3", "10")
    joined = list(make_source("event_table(records='joined')", tmp_path).read())
    assert len(joined) == 1 and joined[0].events.shape == (8, 5)
    np.testing.assert_array_equal(joined[0].events[4], [0, 60, 100, 0.5, 0])


def test_files_with_other_columns_are_both_named(write, tmp_path):
    write("a,b\n1,2\n")
    write("a,~b\n1,2\n", "b.csv")
    with pytest.raises(UserError, match=r"columns of .*a.csv, a, b; got a, ~b in .*b.csv"):
        make_source("event_table", tmp_path).schema  # noqa: B018


def test_a_problem_names_file_line_and_column(write, tmp_path):
    write(NOTES)
    write(NOTES.replace("64,80", "64,loud"), "b.csv")
    with pytest.raises(
        UserError, match=r"number; got 'loud' in .*b.csv, line 4, column 1_velocity"
    ):
        make_source("event_table", tmp_path).schema  # noqa: B018


def test_tables_can_be_read_as_a_model_knows_them(write, tmp_path):
    model = make_source("event_table", write(NOTES)).schema
    other = make_source("event_table", write(NOTES.replace(",10\n", ",2\n"), "b.csv"))
    assert other.schema != model
    before = other.fingerprint()
    other.use_schema(model)
    assert other.schema == model and other.fingerprint() != before
    assert next(other.read()).events[:, 4].tolist() == [0, 1, 1, 0]
    strange = make_source("event_table", write(NOTES.replace(",10\n", ",3\n"), "c.csv"))
    with pytest.raises(UserError, match=r"3_channel#: 1, 2, 10; got '3' in event 3, in .*c.csv"):
        strange.use_schema(model)


def test_the_fingerprint_does_not_depend_on_what_was_asked(write):
    source = make_source("event_table", write(NOTES))
    before = source.fingerprint()
    assert source.schema and source.fingerprint() == before


def test_what_is_recognized(write, tmp_path):
    for name in ("a.csv", "a.JSON", "a.llll"):
        assert infer_source(write("", name)) == "event_table"
    assert infer_source(write(NOTES.replace(",", " "), "a.txt")) == "event_table"
    with pytest.raises(UserError, match=r"tables of events .*; got .*a.xyz"):
        infer_source(write("", "a.xyz"))
    with pytest.raises(UserError, match=r"which does not exist"):
        infer_source(f"{tmp_path}/*.nothing, also nothing")


@pytest.mark.parametrize(
    "options, message",
    [
        ("event_table(quantum='never')", "quantum of 'auto'"),
        ("event_table(quantum=-1)", "quantum of 'auto'"),
        ("event_table(time_quantum=0)", "time_quantum above 0"),
        ("event_table(records='row')", "records"),
        ("event_table(quantum={'x': 1})", "quantum for the columns"),
    ],
)
def test_bad_options_are_refused(write, options, message):
    with pytest.raises(UserError, match=message):
        make_source(options, write(NOTES)).schema  # noqa: B018
    with pytest.raises(UserError, match="tables of events; got none"):
        make_source("event_table")
