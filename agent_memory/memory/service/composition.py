"""How the parts of memory are put together."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from agent_memory.memory.ports import Embedder, Ingestion, Items, Outdating, Search, Timeline
from agent_memory.memory.service.consolidate import Consolidate, Consolidations
from agent_memory.memory.service.conversations import Conversations
from agent_memory.memory.service.expand import Expand
from agent_memory.memory.service.feedback import FeedbackBook, Verdicts, WeightSets
from agent_memory.memory.service.find import Find, Rank
from agent_memory.memory.service.holds import Holds
from agent_memory.memory.service.ingest import Ingest
from agent_memory.memory.service.jobs import Jobs
from agent_memory.memory.service.marks import Marks
from agent_memory.memory.service.memory import Memory
from agent_memory.memory.service.message_ports import (
    EmbedNow,
    Erasure,
    ItemChanges,
    MessageFinder,
    Pages,
    Threads,
)
from agent_memory.memory.service.messages import Messages, MessageStores
from agent_memory.memory.service.precheck import Precheck
from agent_memory.memory.service.preparing import prepare_all
from agent_memory.memory.service.ranker import Experienced, LiveWeights, Ranker
from agent_memory.memory.service.recall import Impressions, Recall, Tokens
from agent_memory.memory.service.recollect import Recollect
from agent_memory.memory.service.redaction import Redaction, RedactionPolicyStore
from agent_memory.memory.service.retelling import Retelling
from agent_memory.memory.service.retention import Retention, RetentionPolicies
from agent_memory.memory.service.understanding import understood
from agent_memory.memory.service.working_sets import WorkingSets


class Reading(Items, Outdating, Timeline, Pages, Protocol):
    """Items one by one, by what they are and what became of them, and page by page."""


class Policies(RedactionPolicyStore, RetentionPolicies, Protocol):
    """What a workspace has removed, and how long it keeps what."""


class Weightings(WeightSets, LiveWeights, Protocol):
    """Versions of weights, and which of them ranks."""


@dataclass(frozen=True, slots=True)
class Stores:
    """Where everything is kept."""

    ingestion: Ingestion
    search: Search
    reading: Reading
    messages: MessageFinder
    changes: ItemChanges
    erasure: Erasure
    threads: Threads
    policies: Policies
    consolidations: Consolidations
    verdicts: Verdicts
    weights: Weightings
    impressions: Impressions
    experience: Experienced
    jobs: Jobs


@dataclass(frozen=True, slots=True)
class World:
    """What else memory stands on: embedders, a tokenizer and a clock; and a ranking, where it is
    not the one that learns."""

    embedder: Embedder
    embed_now: EmbedNow
    tokens: Tokens
    clock: Callable[[], datetime]
    rank: Rank | None = None


def compose(stores: Stores, world: World) -> Memory:
    """Memory over `stores`."""
    rank = world.rank or Ranker(stores.weights, stores.experience, time.monotonic).rank
    reading, clock = stores.reading, world.clock
    finder = Find(stores.search, world.embedder, understood, rank, Marks(reading))
    working_sets = WorkingSets(finder, reading, reading, world.tokens, clock)
    message_stores = MessageStores(
        stores.ingestion,
        stores.messages,
        reading,
        stores.changes,
        stores.erasure,
        stores.policies,
        world.embed_now,
    )
    consolidating = Consolidate(
        stores.consolidations,
        reading,
        reading,
        stores.verdicts,
        stores.search,
        world.embedder,
        clock,
    )
    settle = consolidating.settle
    return Memory(
        ingest=Ingest(
            stores.ingestion,
            stores.policies,
            prepare_all,
            settle,
            Retelling(stores.messages, reading),
            clock,
        ),
        recall=Recall(finder, world.tokens, stores.impressions, clock),
        working_sets=working_sets,
        precheck=Precheck(finder, reading, clock),
        expand=Expand(reading),
        recollect=Recollect(working_sets),
        messages=Messages(message_stores, finder, prepare_all, settle, clock),
        conversations=Conversations(stores.threads, reading, stores.erasure),
        feedback=FeedbackBook(stores.verdicts, stores.weights),
        redaction=Redaction(stores.policies, stores.jobs),
        holds=Holds(stores.changes, stores.threads),
        retention=Retention(
            stores.policies, reading, stores.threads, stores.changes, stores.erasure, clock
        ),
        consolidate=consolidating,
        tokens=world.tokens,
    )
