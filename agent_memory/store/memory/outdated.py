"""Materials that were redacted by an older version of the workspace's policy."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import orjson

from agent_memory.ids import ItemId, MaterialId, WorkspaceId
from agent_memory.memory.redaction.again import Reworded, StoredMaterial, Wording
from agent_memory.memory.search.terms import index_terms
from agent_memory.store.database import Database
from agent_memory.store.memory.index_writer import add_to_index, take_from_index
from agent_memory.store.memory.ingest_writer import insert_keys
from agent_memory.store.memory.item_rows import decode_keys
from agent_memory.store.memory.key_rows import KeyColumns
from agent_memory.store.memory.lock import lock_memory
from agent_memory.store.memory.safe_json import decode_mapping, escape_mapping
from agent_memory.store.safe_text import escape, unescape
from agent_memory.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class _MaterialRow:
    material_id: MaterialId
    text: str
    purpose: str | None
    metadata: str
    is_held: bool

    def material(self, wordings: Iterable["_WordingRow"]) -> StoredMaterial:
        return StoredMaterial(
            material_id=self.material_id,
            text=unescape(self.text),
            purpose=_unescaped(self.purpose),
            metadata=decode_mapping(self.metadata),
            is_held=self.is_held,
            wordings=tuple(row.wording() for row in wordings),
        )


@dataclass(frozen=True, slots=True)
class _WordingRow:
    material_id: MaterialId
    item_no: int
    item_id: ItemId
    text: str
    context: str
    search_text: str
    speaker: str | None
    subject: str | None
    keys: str
    metadata: str

    def wording(self) -> Wording:
        return Wording(
            item_id=self.item_id,
            text=unescape(self.text),
            context=unescape(self.context),
            search_text=unescape(self.search_text),
            speaker=_unescaped(self.speaker),
            subject=_unescaped(self.subject),
            keys=decode_keys(self.keys),
            metadata=decode_mapping(self.metadata),
        )


class OutdatedStore:
    """Every method sees one workspace."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_outdated(
        self, workspace: WorkspaceId, version: int, after: str, limit: int
    ) -> Sequence[StoredMaterial]:
        """Materials of an older version whose ids come after `after`, in the order of ids."""
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all(
                "list_outdated_materials",
                _MaterialRow,
                workspace_id=workspace,
                version=version,
                after=after,
                limit=limit,
            )
            by_material = await _wordings(transaction, workspace, rows)
        return [row.material(by_material.get(row.material_id, ())) for row in rows]

    async def approve(
        self, workspace: WorkspaceId, materials: Sequence[MaterialId], version: int
    ) -> None:
        """This version of the policy removes nothing more from them."""
        async with self._database.workspace(workspace) as transaction:
            await transaction.run(
                "approve_materials",
                workspace_id=workspace,
                material_ids=list(materials),
                version=version,
            )

    async def reword(
        self, workspace: WorkspaceId, before: StoredMaterial, after: Reworded, version: int
    ) -> bool:
        """Store a material and its items as they are from now on: postings and keys are exact, and
        vectors and bands are to be made again. False when it was changed or erased meanwhile."""
        async with self._database.workspace(workspace) as transaction:
            await lock_memory(transaction, workspace)
            if not await _reword_material(transaction, workspace, before, after, version):
                return False
            rows = await transaction.fetch_all(
                "list_wordings",
                _WordingRow,
                workspace_id=workspace,
                material_ids=[before.material_id],
            )
            fresh = {wording.item_id: wording for wording in after.material.wordings}
            changed = [(row, fresh[row.item_id]) for row in rows if row.item_id in fresh]
            await _reword_items(transaction, workspace, changed)
        return True


async def _wordings(
    transaction: Transaction, workspace: WorkspaceId, materials: Sequence[_MaterialRow]
) -> Mapping[MaterialId, list[_WordingRow]]:
    rows = await transaction.fetch_all(
        "list_wordings",
        _WordingRow,
        workspace_id=workspace,
        material_ids=[row.material_id for row in materials],
    )
    by_material: dict[MaterialId, list[_WordingRow]] = {}
    for row in rows:
        by_material.setdefault(row.material_id, []).append(row)
    return by_material


async def _reword_material(
    transaction: Transaction,
    workspace: WorkspaceId,
    before: StoredMaterial,
    after: Reworded,
    version: int,
) -> bool:
    material = after.material
    reworded = await transaction.fetch_value(
        "reword_material",
        workspace_id=workspace,
        material_id=material.material_id,
        old_text=escape(before.text),
        text=escape(material.text),
        purpose=None if material.purpose is None else escape(material.purpose),
        metadata=orjson.dumps(escape_mapping(material.metadata)).decode(),
        content_hash=f"redacted {version} {material.material_id}",
        counts=orjson.dumps(dict(after.counts)).decode(),
        version=version,
    )
    return reworded is not None


async def _reword_items(
    transaction: Transaction,
    workspace: WorkspaceId,
    changed: Sequence[tuple[_WordingRow, Wording]],
) -> None:
    item_nos = [row.item_no for row, _ in changed]
    await take_from_index(transaction, workspace, item_nos)
    old_keys, new_keys = KeyColumns(), KeyColumns()
    for row, wording in changed:
        old_keys.add(row.item_no, decode_keys(row.keys))
        new_keys.add(row.item_no, dict.fromkeys(wording.keys))
    await transaction.run(
        "delete_item_keys",
        workspace_id=workspace,
        kinds=old_keys.kinds,
        names=old_keys.names,
        values=old_keys.values,
        item_nos=old_keys.item_nos,
    )
    rows = [_item_row(row.item_no, wording) for row, wording in changed]
    await transaction.run("reword_items", workspace_id=workspace, items=orjson.dumps(rows).decode())
    await insert_keys(transaction, workspace, new_keys)
    await add_to_index(transaction, workspace, item_nos)
    for item_no in item_nos:
        for name in ("drop_vectors", "drop_bands"):
            await transaction.run(name, workspace_id=workspace, item_no=item_no)


def _item_row(item_no: int, wording: Wording) -> dict[str, object]:
    terms = index_terms(wording.text, wording.context, wording.search_text)
    return {
        "item_no": item_no,
        "text": escape(wording.text),
        "context": escape(wording.context),
        "search_text": escape(wording.search_text),
        "speaker": None if wording.speaker is None else escape(wording.speaker),
        "subject": None if wording.subject is None else escape(wording.subject),
        "keys": [(key.kind.value, escape(key.value)) for key in wording.keys],
        "metadata": escape_mapping(wording.metadata),
        "content_hash": f"redacted {wording.item_id}",
        "terms": list(terms.frequencies),
        "frequencies": list(terms.frequencies.values()),
        "length": terms.length,
    }


def _unescaped(text: str | None) -> str | None:
    return None if text is None else unescape(text)
