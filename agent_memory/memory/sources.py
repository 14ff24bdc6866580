"""Where items are found for a purpose."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from agent_memory.memory.ports import Items, Search, Timeline
from agent_memory.memory.recalled import Candidates, Query, Recalled


class Rank(Protocol):
    """How candidates are put in order: with the weights and the feedback of a workspace."""

    def __call__(self, candidates: Candidates, query: Query) -> Sequence[Recalled]: ...


@dataclass(frozen=True, slots=True)
class Sources:
    """Search and its order, lists by kind, and items one by one."""

    search: Search
    timeline: Timeline
    items: Items
    rank: Rank
