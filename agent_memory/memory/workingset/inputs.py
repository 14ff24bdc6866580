"""All that a working set is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from agent_memory.ids import ItemId
from agent_memory.memory.items.item import Item
from agent_memory.memory.search.recalled import Recalled


@dataclass(frozen=True, slots=True)
class WorkingSetInputs:
    """What memory has for the purpose; the order of none of it matters.

    relevant: what a search for the purpose found, of every kind, with its scores.
    recent: the newest of each kind that has a section, whatever the purpose.
    superseded: statements that newer ones took the place of: said as what was before.
    linked: for failures, what shares keys with them, changes above all.
    """

    relevant: tuple[Recalled, ...] = ()
    recent: tuple[Item, ...] = ()
    superseded: tuple[Item, ...] = ()
    linked: Mapping[ItemId, tuple[Item, ...]] = field(default_factory=dict)
    is_degraded: bool = False
    note: str = ""
