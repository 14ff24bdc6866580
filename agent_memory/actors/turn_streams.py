"""Turns sent to the processes of their sessions, over byte streams."""

from typing import Self, cast

from agent_memory.actors.directory_handle import DirectoryHandle
from agent_memory.actors.place import own_node_id
from agent_memory.sessions.local_turns import StreamLost
from agent_memory.turns.events import TurnStep
from agent_memory.turns.request import TurnRequest
from agent_memory.wire.streams import Exchange, PeerLost, open_exchange


class SessionStream:
    """It meets `sessions.local_turns.TurnStream`."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> TurnStep:
        try:
            return cast("TurnStep", await anext(self._exchange))
        except PeerLost as error:
            raise StreamLost(str(error)) from error

    def close(self) -> None:
        self._exchange.close()


class SessionStreams:
    """It meets `sessions.local_turns.TurnStreams`."""

    def __init__(self, secret: bytes, directory: DirectoryHandle) -> None:
        self._secret = secret
        self._directory = directory

    async def open(self, request: TurnRequest) -> SessionStream:
        address = await self._directory.locate(
            request.workspace_id, request.placed.session_id, request.request_id
        )
        try:
            exchange = await open_exchange(address, own_node_id(), self._secret, request)
        except PeerLost as error:
            raise StreamLost(str(error)) from error
        return SessionStream(exchange)
