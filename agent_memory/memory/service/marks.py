"""Marks on what was found: messages that say what no longer holds, and what holds in its place."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from agent_memory.ids import ItemId, WorkspaceId
from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import ItemKind, ItemState
from agent_memory.memory.items.outdated import is_mostly_superseded, with_outdated
from agent_memory.memory.ports import Outdating
from agent_memory.memory.search.ranking import SUPERSEDED_FACTOR
from agent_memory.memory.search.recalled import Query, Recalled

OUTDATED_FACTOR = 0.5
"""Of a message that says little else than what no longer holds."""
_COMPONENT = "superseded"


class Marks:
    """Looks up what became of what was found."""

    def __init__(self, items: Outdating) -> None:
        self._items = items

    async def put(
        self, workspace: WorkspaceId, query: Query, ranked: Sequence[Recalled]
    ) -> tuple[Recalled, ...]:
        """Messages bear what in them is outdated and rank lower when it is most of them. What took
        the place of a statement in another thread is added, since the question did not go there."""
        marked = await self._marked(workspace, query, [one.item for one in ranked])
        found = [
            _lowered(replace(one, item=marked[one.item.item_id]))
            if one.item.item_id in marked
            else one
            for one in ranked
        ]
        if query.thread_ids and query.as_of is None:
            found += await self._successors(workspace, query, ranked)
        if not marked and len(found) == len(ranked):
            return tuple(ranked)
        return tuple(sorted(found, key=lambda one: -one.score))

    async def _marked(
        self, workspace: WorkspaceId, query: Query, items: Sequence[Item]
    ) -> Mapping[ItemId, Item]:
        messages = [item for item in items if item.kind is ItemKind.CHAT]
        if not messages:
            return {}
        sources = [message.item_id for message in messages]
        outdated = await self._items.list_outdated(workspace, sources)
        return with_outdated(messages, outdated, query.as_of)

    async def _successors(
        self, workspace: WorkspaceId, query: Query, ranked: Sequence[Recalled]
    ) -> list[Recalled]:
        found = {one.item.item_id for one in ranked}
        missing = {
            one.item.successor_id: one
            for one in reversed(ranked)
            if one.item.state is ItemState.SUPERSEDED
            and one.item.successor_id is not None
            and one.item.successor_id not in found
        }
        if not missing:
            return []
        items = await self._items.get_items(workspace, sorted(missing))
        return [
            _in_place_of(missing[item.item_id], replace(missing[item.item_id], item=item))
            for item in items
            if item.kind is not ItemKind.CHAT
            and item.state is ItemState.ACTIVE
            and item.thread_id not in query.thread_ids
            and (not query.kinds or item.kind in query.kinds)
        ]


def _lowered(entry: Recalled) -> Recalled:
    if not is_mostly_superseded(entry.item) or entry.score <= 0:
        return entry
    factor = entry.components.get(_COMPONENT, 1.0) * OUTDATED_FACTOR
    components = {**entry.components, _COMPONENT: factor}
    return replace(entry, score=entry.score * OUTDATED_FACTOR, components=components)


def _in_place_of(older: Recalled, newer: Recalled) -> Recalled:
    """As it would have scored with the words of the older one."""
    factor = older.components.get(_COMPONENT, SUPERSEDED_FACTOR)
    components = {name: one for name, one in older.components.items() if name != _COMPONENT}
    return replace(newer, score=older.score / factor, components=components)
