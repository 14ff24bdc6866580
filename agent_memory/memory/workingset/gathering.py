"""Fetches all that a working set is made of."""

import asyncio
from collections.abc import Sequence

from agent_memory.ids import ItemId, ThreadId, WorkspaceId
from agent_memory.memory.item import Item
from agent_memory.memory.kinds import FAILURES, ItemKind, ItemState
from agent_memory.memory.ports import Items
from agent_memory.memory.recalled import Query
from agent_memory.memory.sources import Sources
from agent_memory.memory.workingset.inputs import WorkingSetInputs

STANDING = frozenset({ItemKind.CONSTRAINT, ItemKind.REQUIREMENT, ItemKind.PREFERENCE})
_GROUPS: tuple[tuple[frozenset[ItemKind], int], ...] = (
    (STANDING, 60),
    (frozenset({ItemKind.DECISION}), 40),
    (frozenset({ItemKind.TASK}), 30),
    (FAILURES, 20),
    (frozenset({ItemKind.QUESTION}), 15),
    (frozenset({ItemKind.ARTIFACT, ItemKind.DIFF}), 20),
)
"""What is listed, and how many of the newest."""
_MAX_FAILURES = 12
"""So many have their fixes looked for."""
_MAX_LINKED = 12
_MAX_HISTORIES = 12


async def gather_inputs(
    sources: Sources, workspace: WorkspaceId, query: Query, thread: ThreadId | None
) -> WorkingSetInputs:
    """What memory has for `query`, which names the purpose; of one thread or of all.

    Listed is as of `query.as_of`.
    """
    found, listed = await asyncio.gather(
        sources.search.search(workspace, query),
        asyncio.gather(
            *(
                sources.timeline.list_items(workspace, kinds, thread, query.as_of, limit)
                for kinds, limit in _GROUPS
            )
        ),
    )
    relevant = tuple(sources.rank(found, query))
    recent = tuple(item for items in listed for item in items)
    everything = _unique([*(entry.item for entry in relevant), *recent])
    linked, superseded = await asyncio.gather(
        _linked(sources.items, workspace, everything),
        _superseded(sources.items, workspace, everything),
    )
    return WorkingSetInputs(
        relevant=relevant,
        recent=recent,
        superseded=superseded,
        linked=linked,
        is_degraded=found.is_degraded,
        note=found.note,
    )


async def _linked(
    items: Items, workspace: WorkspaceId, everything: Sequence[Item]
) -> dict[ItemId, tuple[Item, ...]]:
    failures = [item for item in everything if item.kind in FAILURES][:_MAX_FAILURES]
    found = await asyncio.gather(
        *(items.find_linked(workspace, item.item_id, _MAX_LINKED) for item in failures)
    )
    return {
        item.item_id: tuple(linked) for item, linked in zip(failures, found, strict=True) if linked
    }


async def _superseded(
    items: Items, workspace: WorkspaceId, everything: Sequence[Item]
) -> tuple[Item, ...]:
    """What the decisions that have a subject took the place of."""
    decisions = [
        item
        for item in everything
        if item.kind is ItemKind.DECISION
        and item.subject is not None
        and item.state is ItemState.ACTIVE
    ][:_MAX_HISTORIES]
    histories = await asyncio.gather(
        *(items.find_history(workspace, item.item_id) for item in decisions)
    )
    return tuple(_unique([item for history in histories for item in history]))


def _unique(items: Sequence[Item]) -> list[Item]:
    return list({item.item_id: item for item in items}.values())
