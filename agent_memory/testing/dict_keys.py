"""Keys that two items, or an item and a question, have in common."""

from collections.abc import Collection

from agent_memory.memory.items.item import Key
from agent_memory.store.memory.key_rows import key_name, key_value

Name = tuple[str, str]
"""The kind of a key, and what equal ones have in common."""


def shared_names(own: Collection[Key], theirs: Collection[Key]) -> frozenset[Name]:
    """The names of the keys of `own` that are among `theirs`; of files, a path may go further up
    than the other."""
    return frozenset(
        (one.kind.value, key_name(one)) for one in own if any(_meet(one, other) for other in theirs)
    )


def _meet(one: Key, other: Key) -> bool:
    mine, yours = key_value(one), key_value(other)
    return one.kind is other.kind and (
        mine == yours or mine.endswith(f"/{yours}") or yours.endswith(f"/{mine}")
    )
