"""Which items contend for a place in a section, and what each would be worth there.

Worth is relevance to the purpose (by the search, or by the words in common where the search did
not come that far), plus what being among the newest of the section is worth. No age
in days goes into it: as long as nothing new is remembered, the order stays what it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent_memory.ids import ItemId
from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import FAILURES, SEMANTIC, ItemState
from agent_memory.memory.items.validity import holds
from agent_memory.memory.search.fixes import Fix, known_fixes, last_seen_at
from agent_memory.memory.search.recalled import Recalled
from agent_memory.memory.search.terms import query_terms
from agent_memory.memory.workingset.inputs import WorkingSetInputs
from agent_memory.memory.workingset.likeness import term_cosine
from agent_memory.memory.workingset.sections import SectionName, section_of

NEWEST_WORTH = 0.5
"""Of the newest, where the most relevant item has 1; the n-th newest has 1 / (1 + n / 8) of it."""
_HALVED_AT = 8
WORDS_WORTH = 0.5
"""Of the same words as the purpose has, for an item that the search did not come to."""
MAX_FIXES = 2


@dataclass(frozen=True, slots=True)
class Contender:
    """score: as it was recalled. previous: the statement that this one took the place of.
    fixes: of a failure, the likeliest."""

    item: Item
    worth: float
    score: float | None = None
    previous: Item | None = None
    fixes: tuple[Fix, ...] = ()


def contenders(
    inputs: WorkingSetInputs, purpose: str, now: datetime
) -> Mapping[SectionName, list[Contender]]:
    """Of each section, those that hold at `now`, the worthiest first. A change that is known to
    have fixed a failure contends with it, not among the artifacts."""
    scores = _scores(inputs.relevant)
    everything = {item.item_id: item for item in (*_items(inputs.relevant), *inputs.recent)}
    held = [item for item in everything.values() if holds(item, now)]
    current = _newest(held)
    outdated = [item for item in (*everything.values(), *inputs.superseded) if _is_outdated(item)]
    fixes = {
        item.item_id: known_fixes(item, inputs.linked.get(item.item_id, ()))[:MAX_FIXES]
        for item in current
        if item.kind in FAILURES
    }
    changes = {fix.change.item_id for some in fixes.values() for fix in some}
    sections: dict[SectionName, list[Item]] = {name: [] for name in SectionName}
    for item in current:
        if item.item_id not in changes:
            sections[section_of(item)].append(item)
    relevance = _Relevance(scores, purpose)
    return {
        name: _by_worth(
            [
                Contender(
                    item,
                    worth=relevance.of(item) + newness,
                    score=scores.get(item.item_id),
                    previous=_previous(item, outdated),
                    fixes=fixes.get(item.item_id, ()),
                )
                for item, newness in _with_newness(items)
            ]
        )
        for name, items in sections.items()
    }


def _scores(relevant: Sequence[Recalled]) -> dict[ItemId, float]:
    scores: dict[ItemId, float] = {}
    for entry in relevant:
        item_id = entry.item.item_id
        scores[item_id] = max(entry.score, scores.get(item_id, entry.score))
    return scores


def _items(relevant: Sequence[Recalled]) -> Iterable[Item]:
    return (entry.item for entry in relevant)


class _Relevance:
    """From 0 to 1, which the item with the highest score has."""

    def __init__(self, scores: Mapping[ItemId, float], purpose: str) -> None:
        self._scores = scores
        self._highest = max(scores.values(), default=0.0)
        self._terms = frozenset(query_terms(purpose))

    def of(self, item: Item) -> float:
        score = self._scores.get(item.item_id)
        if score is not None:
            return max(0.0, score / self._highest) if self._highest > 0 else 0.0
        return WORDS_WORTH * term_cosine(self._terms, frozenset(query_terms(item.text)))


def _is_outdated(item: Item) -> bool:
    return item.state is ItemState.SUPERSEDED


def _newest(items: Sequence[Item]) -> list[Item]:
    """Of statements on one subject, and of one failure, the newest."""
    newest: dict[tuple[str, ...], Item] = {}
    for item in sorted(items, key=_age_key):
        newest[_identity(item)] = item
    return list(newest.values())


def _identity(item: Item) -> tuple[str, ...]:
    if item.kind in FAILURES and item.fingerprint is not None:
        return ("fingerprint", item.fingerprint)
    if item.kind in SEMANTIC and item.subject is not None:
        return ("subject", item.thread_id, item.kind, item.subject)
    return ("item", item.item_id)


def _previous(item: Item, outdated: Sequence[Item]) -> Item | None:
    if item.kind not in SEMANTIC:
        return None
    before = [
        other
        for other in outdated
        if other.successor_id == item.item_id and other.item_id != item.item_id
    ]
    return max(before, key=_age_key, default=None)


def _with_newness(items: Sequence[Item]) -> Iterable[tuple[Item, float]]:
    newest_first = sorted(items, key=_age_key, reverse=True)
    return (
        (item, NEWEST_WORTH / (1 + place / _HALVED_AT)) for place, item in enumerate(newest_first)
    )


def _age_key(item: Item) -> tuple[datetime, datetime, str]:
    return (last_seen_at(item), item.valid_from, item.item_id)


def _by_worth(entries: Sequence[Contender]) -> list[Contender]:
    return sorted(entries, key=lambda entry: (-entry.worth, entry.item.item_id))
