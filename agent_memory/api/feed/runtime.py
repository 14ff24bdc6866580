"""The feed of a process, as its surfaces have it."""

from collections.abc import Collection
from dataclasses import dataclass

from agent_memory.api.feed.connections import Connections
from agent_memory.api.feed.ports import Readers
from agent_memory.contexts.feed.feed import Feed
from agent_memory.contexts.webhooks.ports import Webhooks


@dataclass(frozen=True, slots=True)
class ContextFeed:
    """webhooks_to_private: whether private addresses will do for them. origins: of pages that may
    open WebSockets, beside our own."""

    feed: Feed
    readers: Readers
    connections: Connections
    webhooks: Webhooks
    webhooks_to_private: bool = False
    origins: Collection[str] = ()
