"""The front's side of the runtime: handles and stores, composed for the HTTP surfaces."""

import time

from agent_memory.access.limiter import Limiter, LocalLimiter
from agent_memory.access.sealing import Sealing
from agent_memory.actors.config import RuntimeConfig
from agent_memory.actors.directory_handle import DirectoryHandle
from agent_memory.actors.embedder_handle import embedders_of
from agent_memory.actors.engine_handle import MODEL_AGE_S, EngineHandle
from agent_memory.actors.pool_handle import PoolHandle
from agent_memory.actors.turn_streams import SessionStreams
from agent_memory.api.limits import Limits
from agent_memory.api.runtime import Runtime
from agent_memory.clock import utc_now
from agent_memory.deployments.administration import administration_of
from agent_memory.deployments.condition import RuntimeCondition
from agent_memory.deployments.context_feed import context_feed
from agent_memory.deployments.disk_probe import DiskProbe
from agent_memory.deployments.earlier_contexts import EarlierContexts
from agent_memory.deployments.upstreams import upstreams_of
from agent_memory.device.text.served_tokens import ServedTokens
from agent_memory.gateway.accountant import Accountant
from agent_memory.gateway.attaching import Attaching
from agent_memory.gateway.placing import Places, Placing
from agent_memory.gateway.prompt_log import PromptLog
from agent_memory.gateway.remembering import Remembering
from agent_memory.gateway.repeatable import Repeatable
from agent_memory.gateway.routed import Routed
from agent_memory.gateway.straight import Straight
from agent_memory.jobs.desk import JobDesk
from agent_memory.memory.service.composition import World
from agent_memory.providers.embedding_service import EmbeddingService, InlineEmbedding
from agent_memory.sealed_text import TextSeal
from agent_memory.sessions.catalogue import SessionCatalogue
from agent_memory.sessions.local_models import LocalModelCatalogue
from agent_memory.sessions.local_turns import LocalTurns
from agent_memory.sessions.memory_tool import ContextMemoryTool
from agent_memory.sessions.stored_messages import StoredMessages
from agent_memory.sessions.travel import SessionTravel
from agent_memory.settings import Settings
from agent_memory.store.answered_turns import AnsweredTurnStore
from agent_memory.store.authenticator import KeyAuthenticator
from agent_memory.store.books import BookStore
from agent_memory.store.contexts.body_cache import RedisBodies
from agent_memory.store.conversations import ConversationStore
from agent_memory.store.database import Database
from agent_memory.store.jobs import JobStore
from agent_memory.store.keys import KeyStore
from agent_memory.store.memory.policies import PolicyStore
from agent_memory.store.memory.spaces import SpaceStore
from agent_memory.store.prompt_log import PromptLogStore
from agent_memory.store.session_copies import SessionCopies
from agent_memory.store.sessions import SessionStore
from agent_memory.store.shared_limiter import SharedLimiter
from agent_memory.store.stored_contexts import (
    context_search,
    memory_versions,
    stored_contexts,
)
from agent_memory.store.stored_memory import stored_memory

MAX_CONNECTIONS = 8


def front_runtime(config: RuntimeConfig) -> Runtime:
    """All that the surfaces of one front process need. Nothing is connected before it is used."""
    database = Database(config.database_url, max_size=MAX_CONNECTIONS)
    limiter = limiter_of(config.settings)
    store = SessionStore(database)
    engine = EngineHandle(config.secret, MODEL_AGE_S)
    pool, directory = PoolHandle(), DirectoryHandle()
    models = LocalModelCatalogue(engine, config.settings, int(time.time()))
    spaces = SpaceStore(database)
    embedders = embedders_of(config.settings, spaces)
    embed_now = InlineEmbedding(embedders, spaces)
    jobs = JobStore(database)
    world = World(embedders, embed_now, ServedTokens(engine).counter, utc_now)
    memory = stored_memory(database, world, is_enriched=config.settings.enricher_url is not None)
    places = Places(store)
    streams = SessionStreams(config.secret, directory)
    bodies = None if config.settings.redis_url is None else RedisBodies(config.settings.redis_url)
    keys = config.settings.context_key_ring
    contexts = stored_contexts(database, keys, utc_now, bodies=bodies)
    memory_tool = ContextMemoryTool(contexts)
    sealing = Sealing(config.secrets_key)
    upstreams = upstreams_of(config, database, store, places, directory, memory_tool)
    local = LocalTurns(streams, directory, places, engine, store, models)
    routed = Routed(local, far=upstreams.turns)
    remembering = Remembering(routed, memory.recollect, StoredMessages(store))
    earlier = EarlierContexts(contexts.reader)
    attaching = Attaching(remembering, StoredMessages(store), earlier)
    named_turns = AnsweredTurnStore(database)
    chain = Repeatable(Placing(attaching, places), named_turns)
    return Runtime(
        turns=Straight(chain, upstreams.turns),
        routes=routed,
        sessions=SessionCatalogue(store, directory, pool, engine, models.served_name),
        keys=KeyAuthenticator(KeyStore(database)),
        condition=RuntimeCondition(
            database, directory, pool, engine, jobs, embedders, _disk_of_database(config), limiter
        ),
        travel=SessionTravel(SessionCopies(database), pool, engine),
        memory=memory,
        embeddings=EmbeddingService(embedders),
        workers=JobDesk(jobs, utc_now),
        models=models,
        named_turns=named_turns,
        conversations=ConversationStore(database),
        seal=TextSeal(config.secret),
        contexts=contexts,
        context_search=context_search(database, keys, embedders),
        memory_versions=memory_versions(database, keys),
        context_feed=context_feed(database, config.database_url, config.settings, sealing),
        accounts=Accountant(BookStore(database), limiter),
        administration=administration_of(database, sealing),
        find_session=places.session_of,
        providers=upstreams.desk,
        prices=upstreams.configuration,
        prompt_log=PromptLog(PromptLogStore(database), PolicyStore(database)),
    )


def _disk_of_database(config: RuntimeConfig) -> DiskProbe | None:
    """The embedded PostgreSQL of this machine lies in the data directory."""
    is_here = config.settings.database_url is None and not config.spans_nodes
    return DiskProbe(config.settings.home) if is_here else None


def limiter_of(settings: Settings) -> Limiter:
    """The limits of this process, or those that it shares with others through Redis."""
    if settings.redis_url is None:
        return LocalLimiter()
    return SharedLimiter(settings.redis_url, is_open=settings.limits_without_redis == "open")


def limits_of(settings: Settings) -> Limits:
    return Limits(
        max_body_bytes=settings.max_body_bytes,
        max_import_bytes=settings.max_import_bytes,
        max_header_bytes=settings.max_header_bytes,
        max_json_depth=settings.max_json_depth,
    )
