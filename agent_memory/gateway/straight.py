"""The short way: requests that belong to no session, for models of other providers."""

from collections.abc import AsyncGenerator, Sequence

from agent_memory.gateway.provider import Provider
from agent_memory.turns.events import TurnEvent
from agent_memory.turns.models import ModelCard
from agent_memory.turns.request import TurnRequest


class Straight:
    """A provider that takes the short way where it may: nothing is looked up for such a request,
    and nothing of it is kept. It meets `Provider`."""

    def __init__(self, following: Provider, far: Provider) -> None:
        self._following = following
        self._far = far

    def answer(self, request: TurnRequest) -> AsyncGenerator[TurnEvent, None]:
        return self._provider(request).answer(request)

    async def count(self, request: TurnRequest) -> int:
        return await self._provider(request).count(request)

    async def cards(self) -> Sequence[ModelCard]:
        return await self._following.cards()

    def _provider(self, request: TurnRequest) -> Provider:
        return self._far if is_straight(request) else self._following


def is_straight(request: TurnRequest) -> bool:
    """Whether the request names no session, asks for no memory, and only providers may answer. On
    surfaces of our own, and where responses are stored, a transcript is what is asked for."""
    route = request.route
    if request.sent is None or route is None or route.is_local or route.local_model is not None:
        return False
    has_wires = all(target.wire is not None for target in route.targets)
    is_plain = not request.contexts and request.continues is None and request.memory is None
    return has_wires and is_plain and request.named_session is None
