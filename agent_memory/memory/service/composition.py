"""How the parts of memory are put together."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from agent_memory.memory.ports import Embedder, Ingestion, Items, Search, Timeline
from agent_memory.memory.service.expand import Expand
from agent_memory.memory.service.find import Find, Rank
from agent_memory.memory.service.ingest import Ingest, RedactionPolicies
from agent_memory.memory.service.memory import Memory
from agent_memory.memory.service.precheck import Precheck
from agent_memory.memory.service.preparing import prepare_all
from agent_memory.memory.service.recall import Recall, Tokens
from agent_memory.memory.service.recollect import Recollect
from agent_memory.memory.service.understanding import understood
from agent_memory.memory.service.working_sets import WorkingSets


class Reading(Items, Timeline, Protocol):
    """Items one by one, and by what they are."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What memory stands on: stores, an embedder, a tokenizer and a clock."""

    ingestion: Ingestion
    search: Search
    reading: Reading
    redaction_policies: RedactionPolicies
    embedder: Embedder
    rank: Rank
    tokens: Tokens
    clock: Callable[[], datetime]


def compose(world: Surroundings) -> Memory:
    """Memory over `world`."""
    finder = Find(world.search, world.embedder, understood, world.rank)
    working_sets = WorkingSets(finder, world.reading, world.reading, world.tokens, world.clock)
    return Memory(
        ingest=Ingest(world.ingestion, world.redaction_policies, prepare_all, world.clock),
        recall=Recall(finder, world.tokens, world.clock),
        working_sets=working_sets,
        precheck=Precheck(finder, world.reading, world.clock),
        expand=Expand(world.reading),
        recollect=Recollect(working_sets),
    )
