"""The feed of the application that a request came to."""

from agent_memory.api.feed.runtime import ContextFeed
from agent_memory.api.surface import Surface
from agent_memory.errors import Unavailable


def feed_of(surface: Surface) -> ContextFeed:
    """`Unavailable` where there is none: not every application that tests make has one."""
    if surface.runtime.context_feed is None:
        raise Unavailable("This server has no feed of changes.")
    return surface.runtime.context_feed
