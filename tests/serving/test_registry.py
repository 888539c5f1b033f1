"""Versions: the newest is served, loaded before the old one goes, and labels stay."""

import gc
import time
import weakref

import pytest

from hachi_tf.errors import UserError
from hachi_tf.serving.failures import Failure
from hachi_tf.serving.registry import Registry, ServedModel


class Fake:
    warmed = 0

    def __init__(self, path, name, version):
        self.content = (path / "saved_model.pb").read_text()
        if self.content == "damaged":
            raise UserError("a whole export", str(path))
        self.name, self.version = name, version

    def warm_up(self):
        if self.content == "odd":
            raise RuntimeError("graph")
        self.warmed += 1


def write(folder, version, content="fine"):
    aside = folder.parent / "aside"
    aside.mkdir(parents=True)
    (aside / "saved_model.pb").write_text(content)
    folder.mkdir(exist_ok=True)
    aside.rename(folder / str(version))


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "model"
    write(folder, 1)
    return folder


@pytest.fixture
def model(folder):
    model = ServedModel("m", folder, load=Fake)
    model.update()
    return model


def states(model):
    return {version: status.state for version, status in model.statuses.items()}


def test_a_new_version_takes_over_and_the_old_one_is_freed(model, folder):
    old = weakref.ref(model.get())
    assert old().version == 1 and old().warmed == 1
    write(folder, 3)
    (folder / "2.tmp").mkdir()
    (folder / "notes").mkdir()
    (folder / "4").mkdir()  # no export in it
    model.update()
    assert model.get().version == 3 and states(model) == {1: "END", 3: "AVAILABLE"}
    gc.collect()
    assert old() is None
    with pytest.raises(Failure) as error:
        model.get(1)
    assert error.value.code == "NOT_FOUND"
    assert error.value.message == "Servable not found for request: Specific(m, 1)"


def test_the_newest_that_there_is_is_served(model, folder):
    write(folder, 2)
    model.update()
    (folder / "2" / "saved_model.pb").unlink()
    model.update()
    assert model.get().version == 1
    (folder / "1" / "saved_model.pb").unlink()
    model.update()
    assert model.get().version == 1  # better than nothing


@pytest.mark.parametrize("content", ["damaged", "odd"])
def test_a_version_that_cannot_be_loaded_leaves_the_old_one_until_it_is_mended(
    model, folder, content
):
    write(folder, 2, content)
    with pytest.raises(UserError):
        model.update()
    assert model.get().version == 1 and states(model) == {1: "AVAILABLE", 2: "END"}
    assert model.statuses[2].code == "INTERNAL" and "/" not in model.statuses[2].message
    model.update()  # it is not tried again ...
    time.sleep(0.02)
    (folder / "2" / "saved_model.pb").write_text("fine again")  # ... before its files change
    model.update()
    assert model.get().version == 2 and states(model) == {1: "END", 2: "AVAILABLE"}


def test_labels_keep_their_versions(folder):
    write(folder, 2)
    model = ServedModel("m", folder, {"stable": 1, "gone": 9}, Fake)
    model.update()
    assert model.get().version == 2 and model.get(label="stable").version == 1
    assert model.get(1).version == 1
    for label, code in (("nope", "INVALID_ARGUMENT"), ("gone", "NOT_FOUND")):
        with pytest.raises(Failure) as error:
            model.get(label=label)
        assert error.value.code == code
    write(folder, 3)
    model.update()
    assert states(model) == {1: "AVAILABLE", 2: "END", 3: "AVAILABLE"}


def test_one_version_directory_stays(folder):
    model = ServedModel("m", folder / "1", load=Fake)
    write(folder, 2)
    model.update()
    assert model.get().version == 1


def test_statuses_and_what_is_not_there(model, folder):
    registry = Registry([model])
    write(folder, 2)
    model.update()
    assert [*registry.statuses("m")] == [2, 1] and [*registry.statuses("m", 1)] == [1]
    messages = {
        ("m", 7): "Could not find version 7 of model m",
        ("x", None): "Could not find any versions of model x",
    }
    for arguments, message in messages.items():
        with pytest.raises(Failure) as error:
            registry.statuses(*arguments)
        assert (error.value.code, error.value.message) == ("NOT_FOUND", message)
    with pytest.raises(Failure) as error:
        registry.get("x")
    assert error.value.message == "Servable not found for request: Latest(x)"


def test_few_of_the_versions_that_are_gone_are_remembered(model, folder):
    for version in range(2, 40):
        (folder / str(version - 1)).rename(folder / str(version))
        model.update()
    assert len(model.statuses) == 9 and model.get().version == 39


def test_watching_sees_new_versions_and_survives_bad_ones(model, folder):
    registry = Registry([model])
    registry.watch(0.02)
    try:
        for version, content in ((2, "damaged"), (3, "fine")):
            write(folder, version, content)
            until = time.monotonic() + 10
            while version not in model.statuses and time.monotonic() < until:
                time.sleep(0.01)
        while model.get().version != 3 and time.monotonic() < until:
            time.sleep(0.01)
        assert model.get().version == 3 and registry.is_ready
    finally:
        registry.close()


def test_a_model_without_a_version_is_an_error_at_the_start(tmp_path):
    with pytest.raises(UserError):
        Registry([ServedModel("m", tmp_path, load=Fake)]).load()


def test_models_come_go_and_take_other_names_while_others_are_served(model, folder, tmp_path):
    registry = Registry([model])
    write(tmp_path / "second", 4)
    registry.add(ServedModel("second", tmp_path / "second", load=Fake))
    assert registry.get("second").version == 4 and set(registry.models) == {"m", "second"}
    with pytest.raises(UserError, match="no model has yet"):
        registry.add(ServedModel("second", tmp_path / "second", load=Fake))
    with pytest.raises(UserError):
        registry.add(ServedModel("third", tmp_path / "third", load=Fake))
    assert "third" not in registry.models and registry.is_ready
    (tmp_path / "second").rename(tmp_path / "other")
    registry.rename("second", "other", tmp_path / "other")
    assert registry.get("other").name == "other"
    write(tmp_path / "other", 5)
    registry.models["other"].update()
    assert registry.get("other").version == 5
    with pytest.raises(Failure):
        registry.get("second")
    old, gone = registry.models["other"], weakref.ref(registry.get("other"))
    registry.remove("other")
    registry.remove("other")  # is gone already
    gc.collect()
    assert gone() is None and set(registry.models) == {"m"}
    old.update()  # as a watch that was in the middle of it would
    assert not old.is_available
    assert registry.get("m").version == 1
