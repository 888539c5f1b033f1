"""Routes about models: list, keep, give away, write with."""

import asyncio
import contextlib
import pathlib
import tempfile
from collections.abc import Callable
from typing import Any

from hachi_tf.errors import UserError
from hachi_tf.serving import manifest
from hachi_tf.serving.core import Core
from hachi_tf.serving.failures import Failure
from hachi_tf.serving.page import write_page
from hachi_tf.studio.archives import pack, unpack
from hachi_tf.studio.lines import Lines
from hachi_tf.studio.names import check_name
from hachi_tf.studio.playing import Playing, play
from hachi_tf.studio.render import TYPES, render
from hachi_tf.studio.settings import read_settings
from hachi_tf.studio.shelf import Shelf
from hachi_tf.studio.web import Request
from hachi_tf.studio.writing import for_json, own_prime, write


class ModelRoutes:
    """Answers what is asked of models.

    Args:
        shelf: the models.
        core: computes.
        lines: a person's own lines.
        data_of: gives the path of the data that a model goes on from, "" for none.
        folder: where uploads are unpacked.
        max_upload_bytes: of an archive.
    """

    def __init__(
        self,
        shelf: Shelf,
        core: Core,
        lines: Lines,
        data_of: Callable[[str], str],
        folder: pathlib.Path,
        max_upload_bytes: int,
    ):
        self._shelf, self._core, self._lines = shelf, core, lines
        self._data_of, self._folder, self._most = data_of, folder, max_upload_bytes
        self._busy = asyncio.Semaphore(4)

    def routes(self) -> list[tuple[str, str, Any]]:
        """As `StudioApp` takes them."""
        return [
            ("GET", "models", self.list),
            ("POST", "models", self.upload),
            ("GET", "models/NAME", self.describe),
            ("DELETE", "models/NAME", self.delete),
            ("POST", "models/NAME/rename", self.rename),
            ("GET", "models/NAME/download", self.download),
            ("GET", "models/NAME/page", self.page),
            ("POST", "models/NAME/write", self.write),
            ("GET", "lines/COLLECTION/LINE/events", self.prime),
            ("POST", "models/NAME/render", self.render),
        ]

    async def list(self, request: Request) -> None:
        """All models."""

        def read() -> list[dict[str, Any]]:
            found = []
            for name in self._shelf.names():
                with contextlib.suppress(Failure):  # one that has gone since it was listed
                    found.append(self._shelf.describe(name))
            return found

        await request.answer({"models": await asyncio.to_thread(read)})

    async def describe(self, request: Request, name: str) -> None:
        """What `describe --json` says of one, and what the list does."""

        def read() -> dict[str, Any]:
            version = manifest.find_version(self._shelf.path(name))
            return manifest.describe(version) | self._shelf.describe(name)

        await request.answer(await asyncio.to_thread(read))

    async def rename(self, request: Request, name: str) -> None:
        """Renames one of the studio's own."""
        new_name = check_name((await request.json()).get("name"), "name of a model")
        await asyncio.to_thread(self._shelf.rename, name, new_name)
        await request.answer(await asyncio.to_thread(self._shelf.describe, new_name))

    async def delete(self, request: Request, name: str) -> None:
        """Deletes one of the studio's own."""
        await asyncio.to_thread(self._shelf.delete, name)
        await request.answer({"deleted": name})

    async def download(self, request: Request, name: str) -> None:
        """Sends the newest version in one file."""
        path = self._shelf.path(name)
        with tempfile.TemporaryDirectory() as folder:
            target = pathlib.Path(folder, "export.tar.gz")
            version = manifest.find_version(path)
            await asyncio.to_thread(pack, version, name, target)
            await request.attach_file(target, "application/gzip", f"{name}.tar.gz")

    async def upload(self, request: Request) -> None:
        """Takes such a file; nothing in it is loaded before it was looked through."""
        name = check_name(request.query.get("name"), "name of a model")
        self._shelf.check_free(name)
        # Beside the exports, since what was looked through is renamed in.
        with tempfile.TemporaryDirectory(dir=self._folder, prefix=".upload-") as folder:
            path, unpacked = pathlib.Path(folder, "archive"), pathlib.Path(folder, "unpacked")
            unpacked.mkdir()
            await request.save_body(path, self._most)
            version = await asyncio.to_thread(unpack, path, unpacked)
            await asyncio.to_thread(self._shelf.add, name, version)
        await request.answer(await asyncio.to_thread(self._shelf.describe, name), 201)

    async def page(self, request: Request, name: str) -> None:
        """The page to give away."""
        version = manifest.find_version(self._shelf.path(name))
        with tempfile.TemporaryDirectory() as folder:
            target = pathlib.Path(folder, f"{name}.html")
            await asyncio.to_thread(write_page, version, target)
            await request.attach_file(target, "text/html; charset=utf-8", target.name)

    async def write(self, request: Request, name: str) -> None:
        """Draws lines, letters, drawings, texts, forecasts or sound."""
        settings = read_settings(await request.json())
        playing, data = self._playing(name), self._data_of(name)
        async with self._busy:
            drawn = await asyncio.to_thread(write, playing, settings, self._lines, data)
        await request.answer(drawn)

    async def prime(self, request: Request, collection: str, line: str) -> None:
        """A person's own line as events of a model, for `sample_primed`."""
        name = request.query.get("model", "")
        playing = self._playing(name)
        if playing.model.alphabet is None:
            raise UserError("a model that writes texts", name)
        style = f"{collection}/{line}"
        found = await asyncio.to_thread(own_prime, playing, style, self._lines)
        await request.answer({"events": for_json(found.events), "text": found.text})

    async def render(self, request: Request, name: str) -> None:
        """Sends what was written as a file."""
        kind = request.query.get("format", "").lower()
        if f".{kind}" not in TYPES or kind == "zip":
            formats = ", ".join(each[1:] for each in TYPES if each != ".zip")
            raise UserError(f"a format of {formats}", repr(kind[:20]))
        body = await request.json()
        playing, data = self._playing(name), self._data_of(name)
        async with self._busy:
            content, suffix = await asyncio.to_thread(render, playing, kind, body, data)
        await request.attach(content, TYPES[suffix], f"{name}{suffix}")

    def _playing(self, name: str) -> Playing:
        return play(self._core, name, asyncio.get_running_loop())
