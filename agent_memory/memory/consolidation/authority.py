"""Whose word counts: what a model says never takes the place of what a person said.

A model that reads an old statement says it again, and what it said would be read again.
"""

from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import Role
from agent_memory.memory.items.traits import is_affirmed_in

_SECOND_HAND = frozenset({Role.ASSISTANT, Role.TOOL})


def may_overrule(newer: Item, older: Item) -> bool:
    return is_first_hand(newer) or not is_first_hand(older)


def is_first_hand(item: Item) -> bool:
    """Said by a person, or by a model that repeats the words of the person it answers."""
    return item.role not in _SECOND_HAND or is_affirmed_in(item.metadata)
