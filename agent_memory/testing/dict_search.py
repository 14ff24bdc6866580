"""A search among items in dictionaries."""

import orjson

from agent_memory.ids import WorkspaceId
from agent_memory.json_value import Json
from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import ItemState
from agent_memory.memory.search.recalled import Candidate, Candidates, Query
from agent_memory.memory.search.terms import query_terms
from agent_memory.testing.dict_keys import shared_names
from agent_memory.testing.dict_memory import DictMemory, held_at


class DictSearch:
    """Implements `Search` by words and keys alone, with every filter of a question.

    `bm25` is how many of the question's words an item has, and `coverage` their share, whatever
    their weight; every item stands alone in its window. Vectors are not measured.
    """

    def __init__(self, memory: DictMemory) -> None:
        self._memory = memory

    async def search(self, workspace: WorkspaceId, query: Query) -> Candidates:
        shelf = self._memory.shelf(workspace)
        wanted = frozenset(query_terms(query.text))
        found = []
        for item in shelf.all_items():
            if not _admits(query, item):
                continue
            shared = wanted & shelf.terms[item.item_id]
            num_keys = len(shared_names(query.keys, item.keys))
            if shared or num_keys:
                found.append(_measured(item, wanted, shared, num_keys))
        found.sort(key=lambda candidate: -candidate.bm25)
        return Candidates(tuple(found[: query.limit]))


def _measured(
    item: Item, wanted: frozenset[str], shared: frozenset[str], num_keys: int
) -> Candidate:
    num, share = float(len(shared)), len(shared) / len(wanted) if wanted else 0.0
    return Candidate(
        item,
        bm25=num,
        bm25_window=num,
        num_shared_keys=num_keys,
        terms=shared,
        coverage=share,
        coverage_window=share,
    )


def _admits(query: Query, item: Item) -> bool:
    """Whether the item lies where the question looks."""
    return (
        (not query.thread_ids or item.thread_id in query.thread_ids)
        and (not query.kinds or item.kind in query.kinds)
        and (not query.roles or item.role in query.roles)
        and (query.since is None or (item.last_occurred_at or item.occurred_at) >= query.since)
        and (query.until is None or item.occurred_at < query.until)
        and (query.as_of is None or held_at(item, query.as_of))
        and all(
            _in_words(item.metadata.get(name)) == asked
            for name, asked in (query.metadata or {}).items()
        )
        and (
            item.state in {ItemState.ACTIVE, ItemState.SUPERSEDED}
            or (query.include_archived and item.state is ItemState.ARCHIVED)
        )
    )


def _in_words(value: Json) -> str | None:
    """A value as a question can ask for it: numbers and truth as JSON writes them."""
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode()
