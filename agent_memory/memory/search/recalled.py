"""A question to memory, and what it finds: every component of every score."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from agent_memory.ids import ThreadId
from agent_memory.memory.items.item import Item, Key
from agent_memory.memory.items.kinds import ItemKind, Role
from agent_memory.memory.value import value


@dataclass(frozen=True, slots=True)
class Embedding:
    """A vector and the space it lies in: those of two spaces are never compared."""

    space_id: str
    vector: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for, and where.

    keys: files, symbols, tests and fingerprints that the question names.
    thread_ids, kinds, roles: nothing else is found; empty means any.
    since: only what occurred then or later. as_of: what was held to be so at that time.
    now: the time that ages are counted from.
    """

    text: str
    now: datetime
    embedding: Embedding | None = None
    keys: tuple[Key, ...] = ()
    thread_ids: tuple[ThreadId, ...] = ()
    kinds: frozenset[ItemKind] = frozenset()
    roles: frozenset[Role] = frozenset()
    metadata: Mapping[str, str] | None = None
    since: datetime | None = None
    until: datetime | None = None
    as_of: datetime | None = None
    importance_min: float = 0.0
    include_archived: bool = False
    limit: int = 50


@value
class Candidate:
    """An item that some arm of the search found, and what the arms measured.

    bm25: of its own text. bm25_window: of it with its neighbours in the conversation.
    coverage, coverage_window: which share of the question's words, by their weight, it has, and
    has with its neighbours. bm25_answered: of the question that it directly follows, if it does.
    similarity: cosine to the question, None without vectors. similarity_near: the greatest among
    its neighbours'. num_shared_keys: keys in common with the question.
    A measure is 0 where that arm did not find the item. terms: what it is found by, each once.
    """

    item: Item
    bm25: float = 0.0
    bm25_window: float = 0.0
    similarity: float | None = None
    num_shared_keys: int = 0
    terms: Collection[str] = ()
    coverage: float = 0.0
    coverage_window: float = 0.0
    bm25_answered: float = 0.0
    similarity_near: float | None = None


@dataclass(frozen=True, slots=True)
class Candidates:
    """What the search found. `is_degraded`: time ran out, or an arm was not there; `note` says."""

    found: tuple[Candidate, ...]
    is_degraded: bool = False
    note: str = ""


@value
class Recalled:
    """An item with its score and all that went into it, by name, in the order of the score."""

    item: Item
    score: float
    components: Mapping[str, float]
