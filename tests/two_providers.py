"""A server whose models are the local engine's and one of another provider, both scripted."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from agent_memory.api.runtime import NamedTurns, Runtime
from agent_memory.gateway.placing import Histories, Places, Placing
from agent_memory.gateway.repeatable import Repeatable
from agent_memory.gateway.routed import Routed
from agent_memory.sessions.local_answer import LocalAnswerer
from agent_memory.sessions.local_turns import LocalTurns
from agent_memory.sessions.ports import TranscriptStore
from agent_memory.testing.engine import OpenPool, ScriptedEngine
from agent_memory.testing.near_sessions import NearSessions
from agent_memory.testing.runtime import ScriptedTurns, scripted_runtime
from agent_memory.testing.scripted_provider import ScriptedProvider
from agent_memory.turns.models import ModelCard

FAR = "far/large"
"""The other provider's model. Every other name is the local engine's."""


class Store(TranscriptStore, Histories, Protocol):
    """Where both providers keep sessions."""


class _Models:
    async def list(self) -> Sequence[ModelCard]:
        return [ModelCard("scripted", created=0, context_window=100_000)]

    async def check_is_loaded(self, model: str) -> None:
        """Every name will do."""


class TwoProviders:
    """`near` and `far` are what the two say, in order."""

    def __init__(
        self,
        store: Store,
        answered: NamedTurns,
        near: Sequence[str] = (),
        far: Sequence[str] = (),
    ) -> None:
        self.engine = ScriptedEngine(near)
        self.sessions = NearSessions(LocalAnswerer(self.engine, OpenPool()), store)
        places = Places(store)
        local = LocalTurns(self.sessions, self.sessions, places, self.engine, store, _Models())
        self.far = ScriptedProvider(FAR, far, store, places, self.sessions)
        self._routed = Routed(local, {FAR: self.far})
        self._answered = answered
        self._chain = Repeatable(Placing(self._routed, places), answered)

    def runtime(self) -> Runtime:
        """For the surfaces, which know one key."""
        return replace(
            scripted_runtime(ScriptedTurns()),
            turns=self._chain,
            routes=self._routed,
            named_turns=self._answered,
        )

    def read(self, number: int) -> str:
        """The prompt that the local engine read in that generation."""
        return "".join(map(chr, self.engine.requests[number].prompt_tokens))
