"""Routes about trainings."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

from hachi_tf.errors import UserError
from hachi_tf.serving.asgi import respond
from hachi_tf.serving.failures import Failure
from hachi_tf.studio.names import check_name
from hachi_tf.studio.render import TYPES
from hachi_tf.studio.runs import Runs
from hachi_tf.studio.web import Request

_SAMPLE = re.compile(r"[\w][\w.-]{0,100}")
_MOST_ROWS = 5000


class RunRoutes:
    """Answers what is asked of trainings.

    Args:
        runs: the trainings.
        export: exports a run, by its name, under a name, and serves it.
    """

    def __init__(self, runs: Runs, export: Callable[[str, str], dict[str, Any]]):
        self._runs, self._export = runs, export
        self._exporting = asyncio.Semaphore(1)

    def routes(self) -> list[tuple[str, str, Callable[..., Awaitable[None]]]]:
        """As `StudioApp` takes them."""
        return [
            ("GET", "runs", self.list),
            ("POST", "runs", self.add),
            ("GET", "runs/NAME", self.describe),
            ("DELETE", "runs/NAME", self.delete),
            ("GET", "runs/NAME/metrics", self.metrics),
            ("GET", "runs/NAME/samples", self.samples),
            ("GET", "runs/NAME/samples/FILE", self.sample),
            ("POST", "runs/NAME/stop", self.stop),
            ("POST", "runs/NAME/resume", self.resume),
            ("POST", "runs/NAME/export", self.export),
        ]

    async def list(self, request: Request) -> None:
        """All trainings."""
        await request.answer({"runs": await asyncio.to_thread(self._runs.describe_all)})

    async def add(self, request: Request) -> None:
        """Asks for a training."""
        body = await request.json()
        await request.answer(await asyncio.to_thread(self._runs.add, body), 201)

    async def describe(self, request: Request, name: str) -> None:
        """One, with its log."""
        await request.answer(await asyncio.to_thread(self._runs.describe, name))

    async def delete(self, request: Request, name: str) -> None:
        """Deletes one that does not train."""
        await asyncio.to_thread(self._runs.delete, name)
        await request.answer({"deleted": name})

    async def stop(self, request: Request, name: str) -> None:
        """Asks one to save and to end."""
        await request.json()
        await asyncio.to_thread(self._runs.stop, name)
        await request.answer(await asyncio.to_thread(self._runs.describe, name))

    async def resume(self, request: Request, name: str) -> None:
        """Goes on with one."""
        body = await request.json()
        await asyncio.to_thread(self._runs.resume, name, body)
        await request.answer(await asyncio.to_thread(self._runs.describe, name))

    async def metrics(self, request: Request, name: str) -> None:
        """Figures of the steps after one."""
        after = request.query.get("after", "-1")
        if not re.fullmatch(r"-?\d{1,12}", after, re.ASCII):
            raise UserError("a step as after", repr(after[:40]))
        run = self._runs.get(name)
        rows = await asyncio.to_thread(run.rows)
        rows = [row for row in rows if row["step"] > int(after)]
        await request.answer({"rows": rows[:_MOST_ROWS], "more": len(rows) > _MOST_ROWS})

    async def samples(self, request: Request, name: str) -> None:
        """Names of what was drawn on the way, the newest last."""
        folder = self._runs.get(name).directory.samples
        paths = sorted(folder.iterdir()) if folder.is_dir() else []
        await request.answer({"samples": [each.name for each in paths if _is_sample(each)]})

    async def sample(self, request: Request, name: str, file: str) -> None:
        """One of them."""
        path = self._runs.get(name).directory.samples / file
        if not _SAMPLE.fullmatch(file) or not _is_sample(path):
            raise Failure("NOT_FOUND", f"expected a sample of {name}; got {file[:80]!r}")
        content = await asyncio.to_thread(path.read_bytes)
        await respond(request.send, 200, content, TYPES[path.suffix])

    async def export(self, request: Request, name: str) -> None:
        """Exports one and serves it."""
        wanted = (await request.json()).get("name") or name
        model = check_name(wanted, "name of a model")
        async with self._exporting:
            found = await asyncio.to_thread(self._export, name, model)
        await request.answer(found, 201)


def _is_sample(path: Any) -> bool:
    return path.is_file() and path.suffix in TYPES and not path.name.startswith(".")
