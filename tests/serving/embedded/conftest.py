"""The server's parts in this process, over the small exports of the folder above."""

import asyncio

import pytest


@pytest.fixture(scope="session")
def core(version_dir, writer, export_text):
    """What answers requests for three models in this process: strokes, texts to write, text."""
    from hachi_tf.serving.core import Core
    from hachi_tf.serving.registry import Registry, ServedModel

    paths = {"small": version_dir, "writer": writer.path, "char": export_text("char")}
    paths = {name: path.parent for name, path in paths.items()}
    registry = Registry([ServedModel(name, path, {"best": 1}) for name, path in paths.items()])
    registry.load()
    core = Core(registry)
    yield core
    core.close()


@pytest.fixture(scope="session")
def http():
    """Asks an ASGI application: `await http(app, method, path, body)` -> status, headers, body."""

    async def http(app, method, path, body=b"", headers=(), chunks=None, gone=None):
        pairs = {"host": "127.0.0.1:8501"} | dict(headers)
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "headers": [
                (k.encode(), v.encode("latin-1")) for k, v in pairs.items() if v is not None
            ],
        }
        parts = [body] if chunks is None else list(chunks)
        sent = []

        async def receive():
            if parts:
                part = parts.pop(0)
                if part is None:  # never comes
                    await asyncio.Event().wait()
                return {"type": "http.request", "body": part, "more_body": bool(parts)}
            await (gone or asyncio.Event()).wait()
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)

        await app(scope, receive, send)
        if not sent:
            return None, {}, b""
        found = {k.decode(): v.decode("latin-1") for k, v in sent[0]["headers"]}
        return sent[0]["status"], found, b"".join(each["body"] for each in sent[1:])

    return http
