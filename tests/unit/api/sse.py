"""Reads server-sent events back, and drives the application without a client between."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import orjson
from fastapi import FastAPI
from starlette.types import Message

from agent_memory.testing.runtime import TEST_KEY


def events(text: str) -> list[tuple[str | None, Any]]:
    """(name, data) of each event; comments are left out; `[DONE]` stays text.

    Lines end at every character that Python knows, as they do for many a client.
    """
    found: list[tuple[str | None, Any]] = []
    for block in text.split("\n\n"):
        name, data = None, None
        for line in block.splitlines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                raw = line.removeprefix("data: ")
                data = raw if raw == "[DONE]" else orjson.loads(raw)
        if data is not None:
            found.append((name, data))
    return found


@dataclass(slots=True)
class Exchange:
    """One request to an ASGI application, chunk by chunk; `leave()` closes the connection."""

    app: FastAPI
    path: str
    body: bytes
    status: int | None = None
    chunks: list[bytes] = field(default_factory=list)
    _gone: asyncio.Event = field(default_factory=asyncio.Event)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _is_sent: bool = False

    def start(self) -> asyncio.Task[None]:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": self.path,
            "raw_path": self.path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"test"), (b"x-api-key", TEST_KEY.encode())],
            "client": ("127.0.0.1", 1),
            "server": ("test", 80),
        }
        return asyncio.create_task(self.app(scope, self._receive, self._send))

    def leave(self) -> None:
        self._gone.set()

    async def until_chunk(self, wanted: bytes) -> None:
        """Wait until the response contains `wanted`."""
        async with asyncio.timeout(5):
            while wanted not in b"".join(self.chunks):
                self._news.clear()
                await self._news.wait()

    async def _receive(self) -> Message:
        if not self._is_sent:
            self._is_sent = True
            return {"type": "http.request", "body": self.body, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.chunks.append(message.get("body", b""))
        self._news.set()
