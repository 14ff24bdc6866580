"""From items to a plan: first the statements about each subject, then those that are taken back by
name, tasks that are done and questions that are answered, then duplicates among the rest."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby

from agent_memory.ids import ItemId
from agent_memory.memory.consolidation.bands import bands_of
from agent_memory.memory.consolidation.closing import OpenWork, closed_by
from agent_memory.memory.consolidation.decision import (
    MIN_SIMILARITY,
    Merge,
    age_order,
    can_supersede,
    decide,
)
from agent_memory.memory.consolidation.history import (
    merged_into,
    proven_by,
    settle_history,
    superseded,
)
from agent_memory.memory.consolidation.place import place_of, project_of
from agent_memory.memory.consolidation.plan import Action, ActionKind, ConsolidationPlan
from agent_memory.memory.consolidation.retraction import find_retracted
from agent_memory.memory.consolidation.standing import Change, standing_of
from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import ItemState

Similarities = Mapping[frozenset[ItemId], float]
"""Cosine of the embeddings of two items; pairs that are not alike can be left out."""
_MAX_COMPARED = 200
"""With how many items that share a band one is compared: the earliest."""


def consolidate(
    items: Sequence[Item],
    now: datetime,
    similarities: Similarities | None = None,
    *,
    across_threads: bool = False,
    has_merges: bool = True,
) -> ConsolidationPlan:
    """items: those in question with all that could be the same: what shares a band, is similar, or
    is about the same subject, whatever its state. Nothing is changed by this. has_merges: whether
    duplicates are looked for too, which takes the longest.
    """
    known = {item.item_id: item for item in items}.values()  # found in several ways, some of them
    histories = [
        action
        for group in _subjects(known, across_threads)
        for action in _settle(
            group, now, {item.item_id for item in known} - {one.item_id for one in group}
        )
    ]
    taken = {change.item_id for action in histories for change in action.changes}
    retracted = list(_retract([item for item in known if item.item_id not in taken], known, now))
    taken |= {change.item_id for action in retracted for change in action.changes}
    closed = list(_close([item for item in known if item.item_id not in taken], known, now))
    taken |= {change.item_id for action in closed for change in action.changes}
    if not has_merges:
        return ConsolidationPlan((*histories, *retracted, *closed))
    rest = [item for item in known if item.item_id not in taken and item.state is ItemState.ACTIVE]
    merges = _merge(sorted(rest, key=age_order), similarities or {}, now, across_threads)
    return ConsolidationPlan((*histories, *retracted, *closed, *merges))


def _retract(items: Sequence[Item], known: Iterable[Item], now: datetime) -> Iterator[Action]:
    """Statements that a later one takes back by name."""
    retracted: set[ItemId] = set()
    for newer in sorted(known, key=age_order):
        for older in find_retracted(newer, items):
            if older.item_id not in retracted:
                retracted.add(older.item_id)
                before = standing_of(older)
                change = Change(older.item_id, before, superseded(before, newer, now))
                yield Action(ActionKind.SUPERSEDE, "taken back by name", (change,))


def _close(items: Sequence[Item], known: Iterable[Item], now: datetime) -> Iterator[Action]:
    """Tasks that are done, and questions that are answered."""
    work = OpenWork(items)
    closed: set[ItemId] = set()
    for message in sorted(known, key=age_order):
        for item in work.find_closed(message):
            if item.item_id not in closed:
                closed.add(item.item_id)
                change = closed_by(item, message, now)
                yield Action(ActionKind.SUPERSEDE, "done or answered", (change,))


def find_alike(items: Sequence[Item], similarities: Similarities) -> Iterator[tuple[Item, Item]]:
    """Pairs (earlier, later) that share a band or are similar, by place in `items`."""
    by_band: dict[int, list[Item]] = {}
    by_id = {item.item_id: item for item in items}
    similar: dict[ItemId, list[Item]] = {}
    for pair, similarity in similarities.items():
        if similarity >= MIN_SIMILARITY and pair <= by_id.keys() and len(pair) == 2:
            first, second = sorted(pair)
            similar.setdefault(first, []).append(by_id[second])
            similar.setdefault(second, []).append(by_id[first])
    place = {item.item_id: index for index, item in enumerate(items)}
    for item in items:
        found = {other.item_id: other for other in similar.get(item.item_id, ())}
        for band in bands_of(item.text):
            with_band = by_band.setdefault(band, [])
            found.update((other.item_id, other) for other in with_band[:_MAX_COMPARED])
            with_band.append(item)
        earlier = [one for one in found.values() if place[one.item_id] < place[item.item_id]]
        for other in sorted(earlier, key=lambda one: place[one.item_id]):
            yield other, item


def _subjects(items: Iterable[Item], across_threads: bool) -> Iterator[list[Item]]:
    def subject(item: Item) -> tuple[tuple[str, str], str]:
        place = ("project", project_of(item)) if across_threads else place_of(item)
        return (place, item.subject or "")

    about = [item for item in items if can_supersede(item, item)]
    for _, group in groupby(sorted(about, key=subject), key=subject):
        yield list(group)


def _settle(
    statements: Sequence[Item], now: datetime, elsewhere: Collection[ItemId]
) -> Iterator[Action]:
    if changes := settle_history(statements, now, elsewhere):
        reason = f"statements about '{statements[0].subject}'"
        yield Action(ActionKind.SUPERSEDE, reason, changes)


def _merge(
    items: Sequence[Item], similarities: Similarities, now: datetime, across_threads: bool
) -> Iterator[Action]:
    """Each duplicate goes into an item that stays, never into one that goes: likeness does not
    carry over from neighbour to neighbour."""
    into: dict[ItemId, list[tuple[Item, str]]] = {}
    merged: set[ItemId] = set()
    for earlier, later in find_alike(items, similarities):
        if merged & {earlier.item_id, later.item_id}:
            continue
        similarity = similarities.get(frozenset((earlier.item_id, later.item_id)))
        decision = decide(earlier, later, similarity, across_threads=across_threads)
        if isinstance(decision, Merge):
            merged.add(later.item_id)
            into.setdefault(earlier.item_id, []).append((later, decision.reason))
    for item in items:
        if item.item_id in into:
            yield _merge_into(item, into[item.item_id], now)


def _merge_into(kept: Item, duplicates: Sequence[tuple[Item, str]], now: datetime) -> Action:
    before = standing_of(kept)
    after = proven_by(before, kept, [item for item, _ in duplicates])
    reasons = ", ".join(sorted({reason for _, reason in duplicates}))
    changes = [merged_into(kept, item, now) for item, _ in duplicates]
    return Action(ActionKind.MERGE, reasons, (Change(kept.item_id, before, after), *changes))
