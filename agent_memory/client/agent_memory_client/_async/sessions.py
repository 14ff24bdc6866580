"""Sessions that survive."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from agent_memory_client import results
from agent_memory_client._async.archives import pieces_of, save
from agent_memory_client._async.transport import AsyncTransport
from agent_memory_client._async.turn_stream import turn_events

Messages = str | Sequence[Mapping[str, Any]]
"""A user's words, or messages as `docs/api.md` has them."""


class AsyncSessions:
    """The sessions of the key's workspace. A turn sends only what is new."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(self, session_id: str | None = None) -> results.Session:
        """A new, empty session; `Conflict` when one of that id exists.

        Example::

            session = await client.sessions.create("trip")
            assert session.num_turns == 0
        """
        body = {"session_id": session_id}
        sent = await self._transport.call("POST", "/v1/agents", body, key="new")
        return results.read_session(sent)

    async def get(self, session_id: str) -> results.Session:
        """One session by its id.

        Example::

            await client.sessions.create("trip")
            assert (await client.sessions.get("trip")).id == "trip"
        """
        return results.read_session(await self._transport.call("GET", _path(session_id)))

    async def list(self) -> AsyncIterator[results.Session]:
        """All sessions, the newest first.

        Example::

            await client.sessions.create("trip")
            assert "trip" in [one.id async for one in client.sessions.list()]
        """
        cursor = None
        while True:
            page = await self._transport.call(
                "GET", "/v1/agents", params={"cursor": cursor, "limit": 200}
            )
            for one in page["data"]:
                yield results.read_session(one)
            if (cursor := page["next_cursor"]) is None:
                return

    async def turn(
        self,
        session_id: str,
        messages: Messages,
        *,
        idempotency_key: str = "new",
        **options: Any,
    ) -> results.Turn:
        """Take a turn and wait for its end. `options` are those of `POST /v1/agents/{id}/turns`:
        `max_tokens`, `temperature`, `tools`, `memory`, ….

        Example::

            await client.sessions.create("trip")
            turn = await client.sessions.turn("trip", "What is the capital of France?")
            assert turn.finish_reason == "stop"
        """
        sent = await self._transport.call(
            "POST",
            f"{_path(session_id)}/turns",
            {**_body(messages), **options},
            key=idempotency_key,
        )
        return results.read_turn(sent)

    @asynccontextmanager
    async def stream(
        self,
        session_id: str,
        messages: Messages,
        *,
        idempotency_key: str = "new",
        **options: Any,
    ) -> AsyncIterator[AsyncIterator[results.TurnEvent]]:
        """Take a turn and read it as it comes; the whole turn is its last event. Leaving the block
        earlier cancels the turn.

        Example::

            await client.sessions.create("trip")
            async with client.sessions.stream("trip", "And of Spain?") as events:
                async for event in events:
                    last = event
            assert last.text
        """
        body = {**_body(messages), **options, "stream": True}
        path = f"{_path(session_id)}/turns"
        async with self._transport.open("POST", path, body, key=idempotency_key) as response:
            yield turn_events(response)

    async def transcript(self, session_id: str) -> Sequence[Mapping[str, Any]]:
        """All messages of a session, as they are stored.

        Example::

            await client.sessions.create("trip")
            assert await client.sessions.transcript("trip") == []
        """
        sent = await self._transport.call("GET", f"{_path(session_id)}/transcript")
        messages: Sequence[Mapping[str, Any]] = sent["messages"]
        return messages

    async def fork(
        self, session_id: str, *, num_turns: int | None = None, fork_id: str | None = None
    ) -> results.Session:
        """A new session that begins as this one stood after `num_turns` turns, or stands now.

        Example::

            await client.sessions.create("trip")
            fork = await client.sessions.fork("trip", fork_id="trip-by-train")
            assert fork.id == "trip-by-train"
        """
        body = {"session_id": fork_id, "num_turns": num_turns}
        path = f"{_path(session_id)}/fork"
        return results.read_session(await self._transport.call("POST", path, body, key="new"))

    async def export(self, session_id: str, file: str | Path) -> Path:
        """Write the session, with its KV blocks, to a tar archive.

        Example::

            await client.sessions.create("trip")
            archive = await client.sessions.export("trip", folder / "trip.tar")
            assert archive.exists()
        """
        path = Path(file)
        async with self._transport.open("GET", f"{_path(session_id)}/export") as response:
            await save(response, path)
        return path

    async def import_(self, file: str | Path, session_id: str | None = None) -> results.Session:
        """A new session out of an exported one. It is sent once; nothing is tried again.

        Example::

            await client.sessions.create("trip")
            archive = await client.sessions.export("trip", folder / "trip.tar")
            copy = await client.sessions.import_(archive, "trip-again")
            assert copy.id == "trip-again"
        """
        async with self._transport.open(
            "POST",
            "/v1/agents/import",
            params={"session_id": session_id},
            content=pieces_of(Path(file)),
        ) as response:
            await response.aread()
            return results.read_session(response.json())

    async def delete(self, session_id: str, *, keep_shelf: bool = False) -> None:
        """Forget the session for good, or with `keep_shelf` only let go of its live parts.

        Example::

            await client.sessions.create("trip")
            await client.sessions.delete("trip")
        """
        params = {"keep": "shelf"} if keep_shelf else {}
        await self._transport.call("DELETE", _path(session_id), params=params)


def _path(session_id: str) -> str:
    return f"/v1/agents/{quote(session_id, safe='')}"


def _body(messages: Messages) -> dict[str, Any]:
    if isinstance(messages, str):
        return {"message": messages}
    return {"messages": [dict(message) for message in messages]}
