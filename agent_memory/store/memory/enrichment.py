"""Items that are added to a raw text after it was stored."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent_memory.errors import NotFound
from agent_memory.ids import MaterialId, ThreadId, WorkspaceId
from agent_memory.memory.items.ingestion import Prepared, Remembered
from agent_memory.memory.items.item import Draft
from agent_memory.memory.search.terms import index_terms
from agent_memory.store.database import Database
from agent_memory.store.memory.ingest_plan import FreshMaterial, ThreadRow
from agent_memory.store.memory.ingest_writer import write_fresh
from agent_memory.store.memory.ingestion import OnRemembered, do_nothing
from agent_memory.store.memory.items import ItemStore
from agent_memory.store.memory.lock import lock_memory
from agent_memory.store.safe_text import escape


@dataclass(frozen=True, slots=True)
class _ThreadRow:
    thread_id: ThreadId
    thread_no: int
    next_position: int


class EnrichmentStore:
    """Implements `jobs.enrichment.Drafts`."""

    def __init__(self, database: Database, on_remembered: OnRemembered = do_nothing) -> None:
        self._database = database
        self._items = ItemStore(database)
        self._on_remembered = on_remembered

    async def add_drafts(
        self, workspace: WorkspaceId, material: MaterialId, drafts: Sequence[Draft]
    ) -> Remembered:
        """Durable and findable by words on return; `NotFound` when the text was erased."""
        found, notes = await self._items.get_material(workspace, material)
        prepared = Prepared(found, "", tuple(drafts), tuple(notes))
        terms = [index_terms(draft.text, draft.context, draft.search_text) for draft in drafts]
        async with self._database.workspace(workspace) as transaction:
            await lock_memory(transaction, workspace)
            row = await transaction.fetch_one(
                "find_material_thread",
                _ThreadRow,
                workspace_id=workspace,
                material_id=escape(material),
            )
            if row is None:
                raise NotFound("material", material)
            thread = ThreadRow(row.thread_id, row.thread_no, row.next_position)
            fresh = FreshMaterial(prepared, terms, material, thread)
            plan = await write_fresh(transaction, workspace, [fresh])
            remembered = Remembered(
                materials=(),
                added=tuple(plan.added),
                updated=tuple(item.item_id for item in plan.changed.values()),
                num_known=plan.num_known,
            )
            await self._on_remembered(transaction, workspace, remembered)
        return remembered
