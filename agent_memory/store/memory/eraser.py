"""The removal of items with all that only they gave rise to."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from agent_memory.errors import Conflict
from agent_memory.ids import ItemId, MaterialId, WorkspaceId
from agent_memory.memory.items.erased import Erased
from agent_memory.memory.items.item import Span
from agent_memory.store.memory.index_writer import take_from_index
from agent_memory.store.memory.item_rows import decode_keys
from agent_memory.store.memory.key_rows import KeyColumns
from agent_memory.store.memory.material_texts import forget_in_materials
from agent_memory.store.transaction import Transaction

_LONGEST_CHAIN = 1000


@dataclass(frozen=True, slots=True)
class DoomedRow:
    item_no: int
    item_id: ItemId
    material_id: MaterialId
    span_begin: int
    span_end: int
    legal_hold: bool
    keys: str


@dataclass(frozen=True, slots=True)
class _Number:
    item_no: int


@dataclass(frozen=True, slots=True)
class _Impression:
    impression_id: str


async def list_doomed(
    transaction: Transaction, workspace: WorkspaceId, item_nos: Sequence[int]
) -> list[DoomedRow]:
    """The items, and those that were derived from them alone."""
    return await transaction.fetch_all(
        "list_doomed_items", DoomedRow, workspace_id=workspace, item_nos=list(item_nos)
    )


def refuse_held(doomed: Sequence[DoomedRow]) -> None:
    """`Conflict` when one of them is under legal hold."""
    held = [row.item_id for row in doomed if row.legal_hold]
    if held:
        raise Conflict(f"{len(held)} item(s) are under legal hold, '{held[0]}' among them.")


async def erase(
    transaction: Transaction, workspace: WorkspaceId, doomed: Sequence[DoomedRow]
) -> Erased:
    """Remove them; the memory of the workspace is locked."""
    if not doomed:
        return Erased()
    item_nos = [row.item_no for row in doomed]
    await _take_from_indexes(transaction, workspace, doomed)
    await _release_others(transaction, workspace, doomed)
    impressions = await transaction.fetch_all(
        "list_impressions_of_items", _Impression, workspace_id=workspace, item_nos=item_nos
    )
    await transaction.run("delete_items", workspace_id=workspace, item_nos=item_nos)
    await transaction.run(
        "delete_empty_impressions",
        workspace_id=workspace,
        impression_ids=[row.impression_id for row in impressions],
    )
    num_materials = await forget_in_materials(transaction, workspace, _spans(doomed))
    return Erased(num_items=len(doomed), num_materials=num_materials)


async def _take_from_indexes(
    transaction: Transaction, workspace: WorkspaceId, doomed: Sequence[DoomedRow]
) -> None:
    await take_from_index(transaction, workspace, [row.item_no for row in doomed])
    await drop_keys(transaction, workspace, doomed)


async def drop_keys(
    transaction: Transaction, workspace: WorkspaceId, doomed: Sequence[DoomedRow]
) -> None:
    columns = KeyColumns()
    for row in doomed:
        columns.add(row.item_no, decode_keys(row.keys))
    await transaction.run(
        "delete_item_keys",
        workspace_id=workspace,
        kinds=columns.kinds,
        names=columns.names,
        values=columns.values,
        item_nos=columns.item_nos,
    )


async def _release_others(
    transaction: Transaction, workspace: WorkspaceId, doomed: Sequence[DoomedRow]
) -> None:
    """Items that stay no longer speak of those that go."""
    item_nos = [row.item_no for row in doomed]
    item_ids = [row.item_id for row in doomed]
    for _ in range(_LONGEST_CHAIN):
        moved = await transaction.fetch_all(
            "pass_over_successors", _Number, workspace_id=workspace, item_nos=item_nos
        )
        if not moved:
            break
    orphans = await transaction.fetch_all(
        "orphan_derived_items",
        _Number,
        workspace_id=workspace,
        item_ids=item_ids,
        item_nos=item_nos,
    )
    await transaction.run(
        "orphan_postings", workspace_id=workspace, item_nos=[row.item_no for row in orphans]
    )
    await transaction.run("forget_other_items", workspace_id=workspace, item_ids=item_ids)


def _spans(doomed: Sequence[DoomedRow]) -> dict[MaterialId, list[Span]]:
    spans: dict[MaterialId, list[Span]] = defaultdict(list)
    for row in doomed:
        spans[row.material_id].append(Span(row.span_begin, row.span_end))
    return spans
