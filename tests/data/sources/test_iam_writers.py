import pytest

from hachi_tf.data.sources.iam_writers import forms_of, writers_in_file, writers_in_order
from hachi_tf.errors import UserError


def test_a_writer_begins_where_forms_sort_back_after_eight_and_with_each_list():
    eight = [f"c0{number}" for number in range(8)]
    writers = writers_in_order([["a01", "b05", "b04", "b06", "a02"], ["a03", *eight[1:]], eight])
    assert [writers[form] for form in ("a01", "b05", "b04", "b06", "a02")] == [
        "a01", "a01", "b04", "b04", "a02",
    ]  # fmt: skip
    assert writers["a03"] == "a03"
    assert {writers[form] for form in eight} == {"c00"}
    nine = writers_in_order([[*eight, "c08"]])
    assert nine["c07"] == "c00" and nine["c08"] == "c08"
    assert writers_in_order([]) == writers_in_order([[]]) == {}


def test_a_file_of_forms_may_have_comments_and_more_columns(tmp_path):
    path = tmp_path / "forms.txt"
    path.write_text("# form writer\n a01-000u 10012 # a remark\n\r\nb02-001\t3 x y\n", "utf-8")
    assert writers_in_file(path) == {"a01-000u": "10012", "b02-001": "3"}
    path.write_text("a01-000u 1\nb02-001\n")
    with pytest.raises(UserError, match=r"'b02-001' in line 2 of .*forms\.txt"):
        writers_in_file(path)
    with pytest.raises(UserError, match="elsewhere"):
        writers_in_file(tmp_path / "elsewhere")


def test_a_writer_is_named_by_themselves_or_by_any_of_their_forms():
    writers = {"a": "1", "b": "2", "c": "1"}
    assert forms_of("1", writers) == forms_of("a", writers) == forms_of("c", writers) == {"a", "c"}
    with pytest.raises(UserError, match=r"one of the 2 writers \(1, 2, \.\.\.\); got '3'"):
        forms_of("3", writers)
