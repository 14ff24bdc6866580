"""The memory and the administration of a data directory on which no server is running."""

from typing import Any

from agent_memory.access.principal import ALL_SCOPES, Principal
from agent_memory.access.sealing import Sealing
from agent_memory.api.runtime import Runtime
from agent_memory.clock import utc_now
from agent_memory.deployments.administration import administration_of
from agent_memory.errors import Unavailable
from agent_memory.ids import KeyId, WorkspaceId
from agent_memory.memory.estimated_tokens import EstimatedTokens
from agent_memory.memory.ports import TokenCounter
from agent_memory.memory.service.composition import World
from agent_memory.memory.service.words_only import WordsOnly
from agent_memory.settings import Settings
from agent_memory.store.contexts.search import NoModel
from agent_memory.store.database import Database
from agent_memory.store.sealing_key import secrets_key
from agent_memory.store.stored_contexts import (
    context_search,
    memory_versions,
    stored_contexts,
)
from agent_memory.store.stored_memory import stored_memory


def offline_runtime(database: Database, workspace: WorkspaceId, settings: Settings) -> Runtime:
    """Memory, contexts and administration, for whoever may read the data directory. Everything else
    is `Unavailable`."""
    words, context_keys = WordsOnly(), settings.context_key_ring
    world = World(words, words, _estimated, utc_now)
    absent: Any = _Absent()
    return Runtime(
        turns=absent,
        routes=absent,
        sessions=absent,
        keys=_Owner(workspace),
        condition=absent,
        travel=absent,
        memory=stored_memory(database, world),
        embeddings=absent,
        workers=absent,
        models=absent,
        named_turns=absent,
        conversations=absent,
        seal=absent,
        contexts=stored_contexts(database, context_keys, utc_now),
        memory_versions=memory_versions(database, context_keys),
        context_search=context_search(database, context_keys, NoModel()),
        administration=administration_of(database, Sealing(secrets_key(settings))),
    )


class _Owner:
    """Whoever runs the command owns the data: no key is asked for."""

    def __init__(self, workspace: WorkspaceId) -> None:
        self._principal = Principal(KeyId("offline"), workspace, ALL_SCOPES)

    async def authenticate(self, key: str) -> Principal:
        del key
        return self._principal


class _Absent:
    """A part that only a running server has."""

    def __getattr__(self, name: str) -> object:
        raise Unavailable("This needs a running server.")


async def _estimated() -> TokenCounter:
    return EstimatedTokens()
