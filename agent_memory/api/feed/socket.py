"""One WebSocket that reads the feed: what its client asks, and what it is told."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from agent_memory.api.errors import fault_of
from agent_memory.api.feed.connections import Connection
from agent_memory.api.feed.ports import GetContext
from agent_memory.api.feed.words import RESET, change_message, message, state_json
from agent_memory.clock import utc_now
from agent_memory.contexts.change import Change
from agent_memory.contexts.feed.feed import Feed
from agent_memory.contexts.feed.listener import Listener
from agent_memory.contexts.feed.pattern import KeyPattern
from agent_memory.errors import InvalidRequest
from agent_memory.json_value import Json

log = logging.getLogger(__name__)

MAX_MESSAGE = 64 * 1024
MAX_FRAME = 1024 * 1024
HEARTBEAT_S = 30.0
_CLOSING_S = 5.0
"""A client that does not even read the reason is left."""

NOT_TEXT, POLICY, TOO_BIG, FAILED, TRY_AGAIN = 1003, 1008, 1009, 1011, 1013
"""Codes of RFC 6455 and its registry."""


@dataclass(frozen=True, slots=True)
class _Asked:
    kind: str
    id: Json
    payload: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Ending:
    """Why we close the connection."""

    code: int
    reason: str = ""


class FeedSocket:
    """Answers the client's messages and passes on what it subscribed to, until either leaves."""

    def __init__(
        self,
        socket: WebSocket,
        feed: Feed,
        listener: Listener,
        connection: Connection,
        get_context: GetContext,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self._socket = socket
        self._feed = feed
        self._listener = listener
        self._connection = connection
        self._get_context = get_context
        self._heartbeat_s = heartbeat_s

    async def run(self) -> None:
        """Until the client leaves, its key ends, or it reads too slowly."""
        works = (self._answer(), self._deliver(), self._watch_key(), self._watch_pace())
        tasks = [asyncio.create_task(work) for work in works]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await self._close(_ending_of(next(iter(done))))

    async def _answer(self) -> Ending | None:
        while True:
            try:
                text = await self._socket.receive_text()
            except WebSocketDisconnect:
                return None
            except KeyError:
                return Ending(NOT_TEXT, "Only text is understood.")
            if len(text) > MAX_MESSAGE:
                return Ending(TOO_BIG, f"A message has at most {MAX_MESSAGE} characters.")
            await self._answer_one(text)

    async def _answer_one(self, text: str) -> None:
        asked = _Asked("", None, {})
        try:
            asked = _read(text)
            await self._obey(asked)
        except (WebSocketDisconnect, RuntimeError, OSError):
            raise
        except Exception as error:  # noqa: BLE001  the table of errors, told within the connection
            fault = fault_of(error)
            told: Json = {"code": fault.code, "message": fault.message, "status": fault.status}
            await self._send("error", told, asked.id)

    async def _obey(self, asked: _Asked) -> None:
        match asked.kind:
            case "subscribe-context":
                await self._subscribe(asked)
            case "unsubscribe-context":
                await self._unsubscribe(asked)
            case "get-context":
                await self._tell_context(asked)
            case "heartbeat":
                await self._send("heartbeat", self._pulse(), asked.id)
            case _:
                raise InvalidRequest(
                    "A message is of the type subscribe-context, unsubscribe-context, get-context "
                    "or heartbeat.",
                    "type",
                )

    async def _subscribe(self, asked: _Asked) -> None:
        patterns, since = _patterns(asked), _number(asked.payload, "since")
        async for told in self._feed.subscribe(self._listener, patterns, since):
            if isinstance(told, Change):
                await self._socket.send_text(change_message(told))
            else:
                for part in state_json(told, _texts(patterns)):
                    await self._send(RESET, part)
        number = self._feed.head(self._listener)
        await self._send(
            "subscribed-context", {"keys": _texts(patterns), "sequence": number}, asked.id
        )

    async def _unsubscribe(self, asked: _Asked) -> None:
        ended = [pattern for pattern in _patterns(asked) if self._listener.stop(pattern)]
        await self._send("unsubscribed-context", {"keys": _texts(ended)}, asked.id)

    async def _tell_context(self, asked: _Asked) -> None:
        key, version = asked.payload.get("key"), _number(asked.payload, "version")
        if not isinstance(key, str):
            raise InvalidRequest("payload.key must be the key of a context.", "key")
        text = message("context", await self._get_context(key, version), asked.id)
        if len(text) * 4 > MAX_FRAME and len(text.encode()) > MAX_FRAME:
            raise InvalidRequest(
                f"The context does not fit in a message of {MAX_FRAME} bytes; GET it.", "key"
            )
        await self._socket.send_text(text)

    async def _deliver(self) -> Ending | None:
        while True:
            if not await self._listener.wait(self._heartbeat_s):
                await self._send("heartbeat", self._pulse())
            for change in self._listener.take():
                await self._socket.send_text(change_message(change))

    async def _watch_key(self) -> Ending:
        await self._connection.is_revoked.wait()
        return Ending(POLICY, "The API key is no longer valid.")

    async def _watch_pace(self) -> Ending:
        await self._listener.is_late.wait()
        return Ending(TRY_AGAIN, f"too slow; resume from {self._listener.resume_from}")

    def _pulse(self) -> dict[str, Json]:
        """sequence: what this client may resume from: all before it has been sent."""
        behind = self._listener.num_waiting > 0
        number = self._listener.resume_from if behind else self._feed.head(self._listener)
        return {"timestamp": utc_now().isoformat(), "sequence": number}

    async def _send(self, kind: str, payload: object, id: Json = None) -> None:  # noqa: A002
        await self._socket.send_text(message(kind, payload, id))

    async def _close(self, ending: Ending | None) -> None:
        if ending is None:
            return
        try:
            async with asyncio.timeout(_CLOSING_S):
                await self._socket.close(ending.code, ending.reason)
        except (TimeoutError, RuntimeError, WebSocketDisconnect):
            return


def _ending_of(work: asyncio.Task[Ending | None]) -> Ending | None:
    """None where the client has left."""
    match work.exception():
        case None:
            return work.result()
        case WebSocketDisconnect() | RuntimeError() | OSError():
            return None
        case error:
            log.error("a reader of the feed was lost", exc_info=error)
            return Ending(FAILED, "An internal error occurred.")


def _read(text: str) -> _Asked:
    try:
        fields = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise InvalidRequest("A message is a JSON object.") from None
    if not isinstance(fields, dict):
        raise InvalidRequest("A message is a JSON object.")
    kind, payload = fields.get("type"), fields.get("payload", {})
    if not isinstance(kind, str) or not isinstance(payload, dict):
        raise InvalidRequest("A message has a 'type', and a 'payload' that is an object.", "type")
    id = fields.get("id")  # noqa: A001  the message's word
    if id is not None and not isinstance(id, (str, int)):
        raise InvalidRequest("id must be a text or a number.", "id")
    return _Asked(kind, id, payload)


def _patterns(asked: _Asked) -> Sequence[KeyPattern]:
    """From `key`, or from `keys` where there are several."""
    key, keys = asked.payload.get("key"), asked.payload.get("keys")
    wanted = keys if key is None else [key]
    if not isinstance(wanted, list) or not wanted or (key is not None and keys is not None):
        raise InvalidRequest("payload has a 'key', or 'keys' that are a list.", "key")
    return [KeyPattern.parse(it) if isinstance(it, str) else _no_key() for it in wanted]


def _no_key() -> NoReturn:
    raise InvalidRequest("A key is a text: a key, or the beginning of keys and '*'.", "key")


def _texts(patterns: Sequence[KeyPattern]) -> list[Json]:
    return [pattern.text for pattern in patterns]


def _number(payload: Mapping[str, Json], name: str) -> int | None:
    value = payload.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise InvalidRequest(f"payload.{name} must be a whole number.", name)
    return value
