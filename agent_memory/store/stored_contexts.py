"""Contexts over PostgreSQL, composed for the process that serves them."""

from collections.abc import Callable, Sequence
from datetime import datetime

from agent_memory.contexts.codec import ContextCodec
from agent_memory.contexts.key_ring import KeyRing
from agent_memory.contexts.service.contexts import Contexts, compose_contexts
from agent_memory.store.contexts.contexts import StoredContexts
from agent_memory.store.contexts.policies import ContextPolicyStore
from agent_memory.store.contexts.writing import OnChanged, do_nothing
from agent_memory.store.database import Database


def stored_contexts(
    database: Database,
    keys: Sequence[bytes],
    clock: Callable[[], datetime],
    on_changed: OnChanged = do_nothing,
) -> Contexts:
    """keys: those that seal contexts, the first of them now."""
    return compose_contexts(
        StoredContexts(database, on_changed),
        ContextPolicyStore(database),
        ContextCodec(KeyRing(keys)),
        clock,
    )
