"""Where an actor is: its node, and the stream it serves there."""

import asyncio

import ray

from agent_memory.actors.config import RuntimeConfig
from agent_memory.wire.streams import Handler, StreamAddress, StreamServer


def own_node_id() -> str:
    return str(ray.get_runtime_context().get_node_id())


class StreamedActor:
    """The stream server of one actor, opened when it is first asked for.

    A restarted actor runs its constructor only, so nothing may depend on a call that started it.
    """

    def __init__(self, name: str, config: RuntimeConfig, handler: Handler) -> None:
        self._name = name
        self._config = config
        self._server = StreamServer(handler, config.secret)
        self._opening = asyncio.Lock()
        self._address: StreamAddress | None = None

    async def address(self) -> StreamAddress:
        async with self._opening:
            if self._address is None:
                host = ray.util.get_node_ip_address() if self._config.spans_nodes else None
                self._address = await self._server.listen(
                    own_node_id(), self._config.socket(self._name), host
                )
            return self._address
