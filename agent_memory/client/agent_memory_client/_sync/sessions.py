"""Sessions that survive."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from agent_memory_client import results
from agent_memory_client._sync.archives import pieces_of, save
from agent_memory_client._sync.transport import Transport
from agent_memory_client._sync.turn_stream import turn_events

Messages = str | Sequence[Mapping[str, Any]]
"""A user's words, or messages as `docs/api.md` has them."""


class Sessions:
    """The sessions of the key's workspace. A turn sends only what is new."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, session_id: str | None = None) -> results.Session:
        """A new, empty session; `Conflict` when one of that id exists.

        Example::

            session = client.sessions.create("trip")
            assert session.num_turns == 0
        """
        body = {"session_id": session_id}
        sent = self._transport.call("POST", "/v1/agents", body, key="new")
        return results.read_session(sent)

    def get(self, session_id: str) -> results.Session:
        """One session by its id.

        Example::

            client.sessions.create("trip")
            assert client.sessions.get("trip").id == "trip"
        """
        return results.read_session(self._transport.call("GET", _path(session_id)))

    def list(self) -> Iterator[results.Session]:
        """All sessions, the newest first.

        Example::

            client.sessions.create("trip")
            assert "trip" in [one.id for one in client.sessions.list()]
        """
        cursor = None
        while True:
            page = self._transport.call(
                "GET", "/v1/agents", params={"cursor": cursor, "limit": 200}
            )
            for one in page["data"]:
                yield results.read_session(one)
            if (cursor := page["next_cursor"]) is None:
                return

    def turn(
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

            client.sessions.create("trip")
            turn = client.sessions.turn("trip", "What is the capital of France?")
            assert turn.finish_reason == "stop"
        """
        sent = self._transport.call(
            "POST",
            f"{_path(session_id)}/turns",
            {**_body(messages), **options},
            key=idempotency_key,
        )
        return results.read_turn(sent)

    @contextmanager
    def stream(
        self,
        session_id: str,
        messages: Messages,
        *,
        idempotency_key: str = "new",
        **options: Any,
    ) -> Iterator[Iterator[results.TurnEvent]]:
        """Take a turn and read it as it comes; the whole turn is its last event. Leaving the block
        earlier cancels the turn.

        Example::

            client.sessions.create("trip")
            with client.sessions.stream("trip", "And of Spain?") as events:
                for event in events:
                    last = event
            assert last.text
        """
        body = {**_body(messages), **options, "stream": True}
        path = f"{_path(session_id)}/turns"
        with self._transport.open("POST", path, body, key=idempotency_key) as response:
            yield turn_events(response)

    def transcript(self, session_id: str) -> Sequence[Mapping[str, Any]]:
        """All messages of a session, as they are stored.

        Example::

            client.sessions.create("trip")
            assert client.sessions.transcript("trip") == []
        """
        sent = self._transport.call("GET", f"{_path(session_id)}/transcript")
        messages: Sequence[Mapping[str, Any]] = sent["messages"]
        return messages

    def fork(
        self, session_id: str, *, num_turns: int | None = None, fork_id: str | None = None
    ) -> results.Session:
        """A new session that begins as this one stood after `num_turns` turns, or stands now.

        Example::

            client.sessions.create("trip")
            fork = client.sessions.fork("trip", fork_id="trip-by-train")
            assert fork.id == "trip-by-train"
        """
        body = {"session_id": fork_id, "num_turns": num_turns}
        path = f"{_path(session_id)}/fork"
        return results.read_session(self._transport.call("POST", path, body, key="new"))

    def export(self, session_id: str, file: str | Path) -> Path:
        """Write the session, with its KV blocks, to a tar archive.

        Example::

            client.sessions.create("trip")
            archive = client.sessions.export("trip", folder / "trip.tar")
            assert archive.exists()
        """
        path = Path(file)
        with self._transport.open("GET", f"{_path(session_id)}/export") as response:
            save(response, path)
        return path

    def import_(self, file: str | Path, session_id: str | None = None) -> results.Session:
        """A new session out of an exported one. It is sent once; nothing is tried again.

        Example::

            client.sessions.create("trip")
            archive = client.sessions.export("trip", folder / "trip.tar")
            copy = client.sessions.import_(archive, "trip-again")
            assert copy.id == "trip-again"
        """
        with self._transport.open(
            "POST",
            "/v1/agents/import",
            params={"session_id": session_id},
            content=pieces_of(Path(file)),
        ) as response:
            response.read()
            return results.read_session(response.json())

    def delete(self, session_id: str, *, keep_shelf: bool = False) -> None:
        """Forget the session for good, or with `keep_shelf` only let go of its live parts.

        Example::

            client.sessions.create("trip")
            client.sessions.delete("trip")
        """
        params = {"keep": "shelf"} if keep_shelf else {}
        self._transport.call("DELETE", _path(session_id), params=params)


def _path(session_id: str) -> str:
    return f"/v1/agents/{quote(session_id, safe='')}"


def _body(messages: Messages) -> dict[str, Any]:
    if isinstance(messages, str):
        return {"message": messages}
    return {"messages": [dict(message) for message in messages]}
