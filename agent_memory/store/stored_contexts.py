"""Contexts over PostgreSQL, composed for the process that serves them."""

from collections.abc import Callable, Sequence
from datetime import datetime

from agent_memory.contexts.codec import ContextCodec
from agent_memory.contexts.key_ring import KeyRing
from agent_memory.contexts.service.contexts import Contexts, Stores, compose_contexts
from agent_memory.store.contexts.body_cache import BodyCache
from agent_memory.store.contexts.contexts import StoredContexts
from agent_memory.store.contexts.exporting import ContextExportStore
from agent_memory.store.contexts.links import ContextLinkStore
from agent_memory.store.contexts.memory_versions import MemoryVersionStore
from agent_memory.store.contexts.policies import ContextPolicyStore
from agent_memory.store.contexts.sealed import SealedContextStore
from agent_memory.store.contexts.search import ContextSearchStore, QuestionEmbedder
from agent_memory.store.contexts.sweeping import ContextSweepStore
from agent_memory.store.contexts.text_index import cause_all
from agent_memory.store.contexts.usage import ContextUsageStore
from agent_memory.store.contexts.writing import OnChanged
from agent_memory.store.database import Database


def stored_contexts(
    database: Database,
    keys: Sequence[bytes],
    clock: Callable[[], datetime],
    on_changed: OnChanged = cause_all,
    bodies: BodyCache | None = None,
) -> Contexts:
    """keys: those that seal contexts, the first of them now. bodies: where large ones may be had
    besides."""
    stores = Stores(
        contexts=StoredContexts(database, on_changed, bodies),
        policies=ContextPolicyStore(database),
        sweeping=ContextSweepStore(database),
        sealed=SealedContextStore(database),
        exporting=ContextExportStore(database),
        links=ContextLinkStore(database),
        usage=ContextUsageStore(database),
    )
    return compose_contexts(stores, ContextCodec(KeyRing(keys)), clock)


def memory_versions(database: Database, keys: Sequence[bytes]) -> MemoryVersionStore:
    """Versions of contexts as Anthropic's memory stores have them."""
    return MemoryVersionStore(database, ContextCodec(KeyRing(keys)))


def context_search(
    database: Database, keys: Sequence[bytes], embedder: QuestionEmbedder
) -> ContextSearchStore:
    """The search for contexts; `embedder` makes vectors of questions."""
    return ContextSearchStore(database, ContextCodec(KeyRing(keys)), embedder)
