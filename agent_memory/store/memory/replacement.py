"""A message that gets another text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from agent_memory.errors import Conflict, InvalidRequest, NotFound
from agent_memory.ids import ItemId, MaterialId, ThreadId, WorkspaceId, new_id
from agent_memory.memory.items.ingestion import Prepared, Remembered
from agent_memory.memory.items.item import Span
from agent_memory.memory.items.kinds import ItemKind
from agent_memory.memory.search.terms import Terms
from agent_memory.store.memory.draft_rows import Place, draft_row
from agent_memory.store.memory.eraser import drop_keys, erase, list_doomed, refuse_held
from agent_memory.store.memory.index_writer import add_to_index, take_from_index
from agent_memory.store.memory.ingest_plan import FreshMaterial, KnownItem, ThreadRow
from agent_memory.store.memory.ingest_writer import (
    find_known_items,
    insert_keys,
    insert_materials,
    write_fresh,
)
from agent_memory.store.memory.key_rows import KeyColumns
from agent_memory.store.memory.material_texts import forget_in_materials
from agent_memory.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class _MessageRow:
    item_no: int
    item_id: ItemId
    thread_no: int
    thread_id: ThreadId
    material_id: MaterialId
    kind: str
    content_hash: str
    occurred_at: datetime
    last_occurred_at: datetime | None
    num_occurrences: int
    position: int | None
    place: int | None
    next_position: int
    span_begin: int
    span_end: int


async def replace_message(
    transaction: Transaction,
    workspace: WorkspaceId,
    item: ItemId,
    prepared: Prepared,
    terms: Sequence[Terms],
) -> Remembered:
    """See `ItemChangeStore.replace_message`; the memory of the workspace is locked."""
    row = await transaction.fetch_one(
        "get_message", _MessageRow, workspace_id=workspace, item_id=item
    )
    if row is None:
        raise NotFound("item", item)
    _check(row, prepared)
    thread = ThreadRow(row.thread_id, row.thread_no, row.next_position)
    fresh = FreshMaterial(prepared, terms, MaterialId(new_id("mat")), thread)
    await _refuse_known_text(transaction, workspace, row, prepared)
    await _forget_old_text(transaction, workspace, row)
    await insert_materials(transaction, workspace, [fresh])
    await _write_new_text(transaction, workspace, row, fresh)
    span = Span(row.span_begin, row.span_end)
    await forget_in_materials(transaction, workspace, {row.material_id: [span]})
    plan = await write_fresh(transaction, workspace, [fresh], [_known(row, fresh)])
    return Remembered(
        materials=(fresh.material_id,),
        added=tuple(plan.added),
        updated=(item, *(known.item_id for known in plan.changed.values())),
    )


def _check(row: _MessageRow, prepared: Prepared) -> None:
    if row.kind != ItemKind.CHAT:
        raise Conflict(f"The item '{row.item_id}' is not a message: its text is derived.")
    if not prepared.drafts or prepared.drafts[0].kind is not ItemKind.CHAT:
        raise InvalidRequest("The new text does not make a message.", "content")
    if prepared.material.thread_id != row.thread_id:
        raise InvalidRequest("conversation_id cannot be changed.", "conversation_id")


async def _refuse_known_text(
    transaction: Transaction, workspace: WorkspaceId, row: _MessageRow, prepared: Prepared
) -> None:
    """And make way for the same raw text once more: only metadata or dates may have changed."""
    identity = (row.thread_no, row.kind, prepared.drafts[0].content_hash)
    known = await find_known_items(transaction, workspace, [identity])
    if any(other.item_no != row.item_no for other in known.values()):
        raise Conflict(f"The thread '{row.thread_id}' already has a message of this text.")
    await transaction.run(
        "rename_material",
        workspace_id=workspace,
        thread_no=row.thread_no,
        content_hash=prepared.content_hash,
    )


async def _forget_old_text(
    transaction: Transaction, workspace: WorkspaceId, row: _MessageRow
) -> None:
    doomed = await list_doomed(transaction, workspace, [row.item_no])
    refuse_held(doomed)
    message = [one for one in doomed if one.item_no == row.item_no]
    derived = [one for one in doomed if one.item_no != row.item_no]
    await erase(transaction, workspace, derived)
    await take_from_index(transaction, workspace, [row.item_no])
    await drop_keys(transaction, workspace, message)
    for name in ("drop_vectors", "drop_bands"):
        await transaction.run(name, workspace_id=workspace, item_no=row.item_no)


async def _write_new_text(
    transaction: Transaction, workspace: WorkspaceId, row: _MessageRow, fresh: FreshMaterial
) -> None:
    draft = fresh.prepared.drafts[0]
    place = Place(
        item_no=row.item_no,
        item_id=row.item_id,
        thread_no=row.thread_no,
        material_id=fresh.material_id,
        position=row.position,
        place=row.place,
        source_id=None,
    )
    values = orjson.dumps([draft_row(draft, fresh.terms[0], place)]).decode()
    await transaction.run("rewrite_item", workspace_id=workspace, items=values)
    columns = KeyColumns()
    columns.add(row.item_no, draft.keys)
    await insert_keys(transaction, workspace, columns)
    await add_to_index(transaction, workspace, [row.item_no])


def _known(row: _MessageRow, fresh: FreshMaterial) -> KnownItem:
    """The message as it is now, so that it is not added a second time."""
    draft = fresh.prepared.drafts[0]
    return KnownItem(
        item_no=row.item_no,
        item_id=row.item_id,
        thread_no=row.thread_no,
        kind=draft.kind.value,
        content_hash=draft.content_hash,
        occurred_at=draft.occurred_at,
        last_occurred_at=draft.last_occurred_at,
        num_occurrences=draft.num_occurrences,
        place=row.place,
    )
