"""The list of models while models come and go."""

import asyncio
import threading
import types

from hachi_tf.serving.failures import Failure
from hachi_tf.studio.model_routes import ModelRoutes
from hachi_tf.studio.shelf import Shelf


def test_a_model_that_goes_while_the_list_is_read_is_left_out():
    def describe(name):
        if name == "gone":
            raise Failure("NOT_FOUND", "expected a model that there is; got 'gone'")
        return {"name": name}

    said = []

    async def answer(value):
        said.append(value)

    routes = object.__new__(ModelRoutes)
    routes._shelf = types.SimpleNamespace(names=lambda: ["a", "gone", "z"], describe=describe)
    asyncio.run(routes.list(types.SimpleNamespace(answer=answer)))
    assert said == [{"models": [{"name": "a"}, {"name": "z"}]}]


def test_closing_waits_for_the_model_that_is_being_loaded(tmp_path, monkeypatch):
    begun, finished = threading.Event(), []

    def serve(self, name, path):
        begun.set()
        self._stop.wait(10)
        finished.append(name)

    monkeypatch.setattr(Shelf, "serve", serve)
    shelf = Shelf(types.SimpleNamespace(models={}), tmp_path, {"a": tmp_path, "b": tmp_path})
    shelf.load()
    begun.wait(10)
    shelf.close()
    assert finished == ["a"]
