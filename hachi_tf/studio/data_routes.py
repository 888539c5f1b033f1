"""Routes about what is learned from: files, and lines that were written on the page."""

import asyncio
from typing import Any

from hachi_tf.errors import UserError
from hachi_tf.serving.asgi import respond
from hachi_tf.studio.data_files import DataFiles
from hachi_tf.studio.lines import Lines
from hachi_tf.studio.prompts import prompts
from hachi_tf.studio.web import Request


class DataRoutes:
    """Answers what is asked of files.

    Args:
        files: the files.
        max_upload_bytes: of a file.
    """

    def __init__(self, files: DataFiles, max_upload_bytes: int):
        self._files, self._most = files, max_upload_bytes
        self._reading = asyncio.Semaphore(1)  # in a process of its own, which may take long

    def routes(self) -> list[tuple[str, str, Any]]:
        """As `StudioApp` takes them."""
        return [
            ("GET", "data", self.list),
            ("PUT", "data/NAME", self.upload),
            ("GET", "data/NAME", self.describe),
            ("DELETE", "data/NAME", self.delete),
            ("GET", "data/NAME/picture.svg", self.svg),
            ("GET", "data/NAME/picture.png", self.png),
        ]

    async def list(self, request: Request) -> None:
        """All files, and the sources that there are."""
        found = await asyncio.to_thread(self._files.entries)
        await request.answer({"data": found, "sources": self._files.sources()})

    async def upload(self, request: Request, name: str) -> None:
        """Takes a file, if something can be learned from it."""
        path = self._files.target(name)
        if path.exists():
            raise UserError("a name that no file has yet", name, "delete the other one first")
        size = await request.save_body(path, self._most)
        source = await asyncio.to_thread(self._files.accept, path)
        await request.answer({"name": path.name, "bytes": size, "source": source}, 201)

    async def describe(self, request: Request, name: str) -> None:
        """What is in a file."""
        async with self._reading:
            found = await asyncio.to_thread(self._files.describe, name)
        await request.answer(found)

    async def delete(self, request: Request, name: str) -> None:
        """Deletes a file."""
        await asyncio.to_thread(self._files.delete, name)
        await request.answer({"deleted": name})

    async def svg(self, request: Request, name: str) -> None:
        """A picture of a file's first sequences."""
        async with self._reading:
            content = await asyncio.to_thread(self._files.picture, name, "svg")
        await respond(request.send, 200, content, "image/svg+xml")

    async def png(self, request: Request, name: str) -> None:
        """The same as PNG."""
        async with self._reading:
            content = await asyncio.to_thread(self._files.picture, name, "png")
        await respond(request.send, 200, content, "image/png")


class LineRoutes:
    """Answers what is asked of written lines.

    Args:
        lines: the lines.
    """

    def __init__(self, lines: Lines):
        self._lines = lines

    def routes(self) -> list[tuple[str, str, Any]]:
        """As `StudioApp` takes them."""
        return [
            ("GET", "prompts", self.prompts),
            ("GET", "lines", self.list),
            ("POST", "lines/NAME", self.add),
            ("DELETE", "lines/NAME", self.delete),
            ("GET", "lines/NAME/file", self.file),
            ("GET", "lines/NAME/LINE", self.picture),
            ("DELETE", "lines/NAME/LINE", self.delete),
        ]

    async def prompts(self, request: Request) -> None:
        """Sentences to write; `alphabet=...` leaves out those with other characters."""
        await request.answer({"prompts": prompts(request.query.get("alphabet"))})

    async def list(self, request: Request) -> None:
        """All collections."""
        await request.answer({"collections": await asyncio.to_thread(self._lines.collections)})

    async def add(self, request: Request, name: str) -> None:
        """Adds a line."""
        body = await request.json()
        id = await asyncio.to_thread(self._lines.add, name, body)
        await request.answer({"id": id}, 201)

    async def delete(self, request: Request, name: str, line: str | None = None) -> None:
        """Deletes a line, or a collection."""
        await asyncio.to_thread(self._lines.delete, name, line)
        await request.answer({"deleted": name if line is None else f"{name}/{line}"})

    async def file(self, request: Request, name: str) -> None:
        """Sends a collection's file, which `train` reads."""
        path = self._lines.path(name)
        await request.attach_file(path, "application/json", path.name)

    async def picture(self, request: Request, name: str, line: str) -> None:
        """A line as SVG."""
        content = await asyncio.to_thread(self._lines.picture, name, line.removesuffix(".svg"))
        await respond(request.send, 200, content, "image/svg+xml")
