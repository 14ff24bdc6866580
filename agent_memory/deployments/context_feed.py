"""The feed of changes of contexts, composed for one front process."""

from agent_memory.access.sealing import Sealing
from agent_memory.api.feed.connections import Connections
from agent_memory.api.feed.runtime import ContextFeed
from agent_memory.contexts.feed.feed import Feed
from agent_memory.contexts.feed.hub import Hub
from agent_memory.contexts.feed.reader import FeedReader
from agent_memory.settings import Settings
from agent_memory.store.contexts.change_log import ContextChangeLog
from agent_memory.store.contexts.readers import FeedReaders
from agent_memory.store.contexts.webhooks import WebhookStore
from agent_memory.store.database import Database


def context_feed(database: Database, url: str, settings: Settings, sealing: Sealing) -> ContextFeed:
    """url: of the same database, for the one connection that listens. sealing: of the secrets of
    webhooks."""
    hub, changes, readers = Hub(), ContextChangeLog(database, url), FeedReaders(database)
    return ContextFeed(
        feed=Feed(hub, changes, FeedReader(hub, changes, changes)),
        readers=readers,
        connections=Connections(readers),
        webhooks=WebhookStore(database, sealing),
        webhooks_to_private=settings.webhooks_to_private,
        origins=settings.cors_origins,
    )
