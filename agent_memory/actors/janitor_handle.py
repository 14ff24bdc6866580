"""The janitor as whoever stops the server sees it."""

from agent_memory.actors.lookup import NamedActor
from agent_memory.actors.options import JANITOR
from agent_memory.errors import Unavailable

_MARGIN_S = 5.0


class JanitorHandle:
    def __init__(self) -> None:
        self._actor = NamedActor(JANITOR.name)

    async def drain(self, grace_s: float) -> None:
        """Running jobs finish or are put back. `Unavailable` when there is no janitor."""
        await self._actor.call(
            lambda actor: actor.drain.remote(grace_s), grace_s + _MARGIN_S, Unavailable
        )
