"""`Memory`: one actor of the pool that reads, ingests and recalls in parallel."""

from dataclasses import replace

from agent_memory.actors.config import RuntimeConfig
from agent_memory.actors.embedder_handle import embedders_of
from agent_memory.actors.engine_handle import MODEL_AGE_S, EngineHandle
from agent_memory.actors.niceness import give_way
from agent_memory.clock import utc_now
from agent_memory.device.text.served_tokens import ServedTokens
from agent_memory.ids import WorkspaceId
from agent_memory.memory.service.composition import World
from agent_memory.memory.service.ingest import Ingested, IngestRequest
from agent_memory.memory.service.recall import RecallRequest, RecallResult
from agent_memory.providers.embedding_service import InlineEmbedding
from agent_memory.store.database import Database
from agent_memory.store.memory.spaces import SpaceStore
from agent_memory.store.stored_memory import stored_memory
from agent_memory.store.workspaces import WorkspaceStore
from agent_memory.telemetry import configure_logging

MAX_CONNECTIONS = 4


class MemoryActor:
    """Connections to the database and nothing else: one that dies is made again, and what it was
    asked can be asked again."""

    def __init__(self, config: RuntimeConfig, name: str) -> None:
        configure_logging(name, config.settings.log_level, config.log_file("memory"))
        give_way()
        database = Database(config.database_url, max_size=MAX_CONNECTIONS)
        spaces = SpaceStore(database)
        embedders = embedders_of(config.settings, spaces)
        tokens = ServedTokens(EngineHandle(config.secret, MODEL_AGE_S))
        world = World(embedders, InlineEmbedding(embedders, spaces), tokens.counter, utc_now)
        self._workspaces = WorkspaceStore(database)
        self._memory = stored_memory(
            database, world, is_enriched=config.settings.enricher_url is not None
        )

    async def ensure_workspace(self, workspace: WorkspaceId) -> None:
        """Make the workspace unless it exists."""
        await self._workspaces.ensure_workspace(workspace)

    async def ingest(self, workspace: WorkspaceId, request: IngestRequest) -> Ingested:
        """See `memory.service.ingest`."""
        return await self._memory.ingest.ingest(workspace, replace(request, is_record=True))

    async def recall(self, workspace: WorkspaceId, request: RecallRequest) -> RecallResult:
        """See `memory.service.recall`."""
        return await self._memory.recall.recall(workspace, request)

    async def ping(self) -> None:
        """Return when the actor is there."""
