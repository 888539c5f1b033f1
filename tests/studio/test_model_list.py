"""The list of models while models come and go."""

import asyncio
import types

from hachi_tf.serving.failures import Failure
from hachi_tf.studio.model_routes import ModelRoutes


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
