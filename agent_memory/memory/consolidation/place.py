"""Within what a statement holds: its thread, or the project that the thread belongs to."""

from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import SEMANTIC


def project_of(item: Item) -> str:
    """What stands before the last `:` of the thread's id; "" is the whole workspace."""
    return item.thread_id.rpartition(":")[0]


def place_of(item: Item) -> tuple[str, str]:
    """A subject of several words (`staging port`) is the same in every thread of a project; one of
    a single word (`port`) is each thread's own."""
    if item.kind in SEMANTIC and item.subject is not None and " " in item.subject:
        return ("project", project_of(item))
    return ("thread", item.thread_id)
