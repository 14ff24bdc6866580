"""The statements of one ingestion, in their order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import orjson

from agent_memory.ids import MaterialId, ThreadId, WorkspaceId, new_id
from agent_memory.memory.items.ingestion import Prepared, Remembered
from agent_memory.memory.search.terms import Terms
from agent_memory.store.memory.draft_rows import Row
from agent_memory.store.memory.index_writer import add_to_index
from agent_memory.store.memory.ingest_plan import (
    FreshMaterial,
    Identity,
    IngestPlan,
    KnownItem,
    ThreadRow,
)
from agent_memory.store.memory.key_rows import KeyColumns
from agent_memory.store.memory.safe_json import escape_mapping
from agent_memory.store.safe_text import escape
from agent_memory.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class _KnownMaterial:
    thread_no: int
    content_hash: str
    material_id: MaterialId


@dataclass(frozen=True, slots=True)
class _Number:
    item_no: int


async def write_prepared(
    transaction: Transaction,
    workspace: WorkspaceId,
    prepared: Sequence[Prepared],
    terms: Sequence[Sequence[Terms]],
) -> Remembered:
    """Write what is not known yet; the memory of the workspace is locked."""
    threads = await _ensure_threads(transaction, workspace, prepared)
    ids, fresh = await _sort_materials(transaction, workspace, prepared, terms, threads)
    num_known = sum(len(entry.drafts) for entry in prepared)
    num_known -= sum(len(material.prepared.drafts) for material in fresh)
    await insert_materials(transaction, workspace, fresh)
    plan = await write_fresh(transaction, workspace, fresh)
    await _advance_threads(transaction, workspace, threads.values())
    return Remembered(
        materials=tuple(ids),
        added=tuple(plan.added),
        updated=tuple(item.item_id for item in plan.changed.values()),
        num_known=num_known + plan.num_known,
    )


async def _ensure_threads(
    transaction: Transaction, workspace: WorkspaceId, prepared: Sequence[Prepared]
) -> dict[ThreadId, ThreadRow]:
    rows = await transaction.fetch_all(
        "ensure_threads",
        ThreadRow,
        workspace_id=workspace,
        thread_ids=sorted({entry.material.thread_id for entry in prepared}),
    )
    return {row.thread_id: row for row in rows}


async def _sort_materials(
    transaction: Transaction,
    workspace: WorkspaceId,
    prepared: Sequence[Prepared],
    terms: Sequence[Sequence[Terms]],
    threads: dict[ThreadId, ThreadRow],
) -> tuple[list[MaterialId], list[FreshMaterial]]:
    """The ids of all, and those that are new."""
    wanted = [(threads[entry.material.thread_id], entry.content_hash) for entry in prepared]
    rows = await transaction.fetch_all(
        "find_known_materials",
        _KnownMaterial,
        workspace_id=workspace,
        thread_nos=[thread.thread_no for thread, _ in wanted],
        content_hashes=[content_hash for _, content_hash in wanted],
    )
    known = {(row.thread_no, row.content_hash): row.material_id for row in rows}
    ids: list[MaterialId] = []
    fresh: list[FreshMaterial] = []
    for entry, of_entry, (thread, content_hash) in zip(prepared, terms, wanted, strict=True):
        identity = (thread.thread_no, content_hash)
        if identity not in known:
            known[identity] = MaterialId(new_id("mat"))
            fresh.append(FreshMaterial(entry, of_entry, known[identity], thread))
        ids.append(known[identity])
    return ids, fresh


async def write_fresh(
    transaction: Transaction,
    workspace: WorkspaceId,
    fresh: Sequence[FreshMaterial],
    known: Sequence[KnownItem] = (),
) -> IngestPlan:
    """Store the drafts of new materials; `known`: items not to be added although none is found."""
    plan = await _plan(transaction, workspace, fresh, known)
    await _insert_items(transaction, workspace, plan)
    await _recount(transaction, workspace, plan.changed.values())
    return plan


async def _plan(
    transaction: Transaction,
    workspace: WorkspaceId,
    fresh: Sequence[FreshMaterial],
    known: Sequence[KnownItem],
) -> IngestPlan:
    drafts = [
        (material.thread.thread_no, draft.kind.value, draft.content_hash)
        for material in fresh
        for draft in material.prepared.drafts
    ]
    numbers = await transaction.fetch_all("take_item_numbers", _Number, count=len(drafts))
    stored = await find_known_items(transaction, workspace, drafts)
    plan = IngestPlan(
        numbers=iter([number.item_no for number in numbers]),
        known=stored | {item.identity: item for item in known},
    )
    for material in fresh:
        plan.add(material)
    return plan


async def find_known_items(
    transaction: Transaction, workspace: WorkspaceId, identities: Sequence[Identity]
) -> dict[Identity, KnownItem]:
    wanted = set(identities)
    rows = await transaction.fetch_all(
        "find_known_items",
        KnownItem,
        workspace_id=workspace,
        thread_nos=[thread_no for thread_no, _, _ in wanted],
        kinds=[kind for _, kind, _ in wanted],
        content_hashes=[content_hash for _, _, content_hash in wanted],
    )
    return {row.identity: row for row in rows}


async def insert_materials(
    transaction: Transaction, workspace: WorkspaceId, fresh: Sequence[FreshMaterial]
) -> None:
    rows = [_material_row(material) for material in fresh]
    await transaction.run(
        "insert_materials", workspace_id=workspace, materials=orjson.dumps(rows).decode()
    )


def _material_row(fresh: FreshMaterial) -> Row:
    material = fresh.prepared.material
    return {
        "material_id": fresh.material_id,
        "thread_no": fresh.thread.thread_no,
        "kind": material.kind.value,
        "text": escape(material.text),
        "content_hash": fresh.prepared.content_hash,
        "occurred_at": material.occurred_at,
        "purpose": escape(material.purpose) if material.purpose else None,
        "metadata": escape_mapping(material.metadata),
        "notes": [escape(note) for note in fresh.prepared.notes],
        "redactions": dict(fresh.prepared.redactions or {}),
        "redaction_version": fresh.prepared.redaction_version,
    }


async def _insert_items(transaction: Transaction, workspace: WorkspaceId, plan: IngestPlan) -> None:
    if not plan.rows:
        return
    rows = orjson.dumps(list(plan.rows.values())).decode()
    await transaction.run("insert_items", workspace_id=workspace, items=rows)
    await insert_keys(transaction, workspace, plan.keys)
    await add_to_index(transaction, workspace, list(plan.rows))


async def insert_keys(
    transaction: Transaction, workspace: WorkspaceId, columns: KeyColumns
) -> None:
    await transaction.run(
        "insert_item_keys",
        workspace_id=workspace,
        kinds=columns.kinds,
        names=columns.names,
        values=columns.values,
        item_nos=columns.item_nos,
    )


async def _advance_threads(
    transaction: Transaction, workspace: WorkspaceId, threads: Iterable[ThreadRow]
) -> None:
    rows = list(threads)
    await transaction.run(
        "advance_threads",
        workspace_id=workspace,
        thread_nos=[row.thread_no for row in rows],
        next_positions=[row.next_position for row in rows],
    )


async def _recount(
    transaction: Transaction, workspace: WorkspaceId, items: Iterable[KnownItem]
) -> None:
    rows = list(items)
    if rows:
        await transaction.run(
            "recount_items",
            workspace_id=workspace,
            item_nos=[row.item_no for row in rows],
            counts=[row.num_occurrences for row in rows],
            times=[row.last_occurred_at for row in rows],
        )
