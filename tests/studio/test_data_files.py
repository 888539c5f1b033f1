"""The list of files, whatever lies among them."""

from hachi_tf.errors import UserError
from hachi_tf.studio import data_files
from hachi_tf.studio.data_files import DataFiles


def test_a_file_that_goes_while_the_list_is_read_is_left_out(tmp_path, monkeypatch):
    for name in ("a.txt", "b.txt", "no name.txt", "odd.bin"):
        (tmp_path / name).write_text("words " * 50)

    def infer(path):
        if path.name == "a.txt":
            path.unlink()
        if path.name == "odd.bin":
            raise UserError("a source", "none")
        return "text"

    monkeypatch.setattr(data_files, "infer_source", infer)
    found = {each["name"]: each["source"] for each in DataFiles(tmp_path).entries()}
    assert found == {"b.txt": "text", "odd.bin": None}
