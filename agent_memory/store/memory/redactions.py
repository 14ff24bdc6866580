"""What was stored under an older policy of redaction, redacted again in its place."""

from dataclasses import dataclass
from typing import Protocol

import orjson

from agent_memory.ids import MaterialId, WorkspaceId
from agent_memory.memory.item import Json, Span
from agent_memory.memory.terms import index_terms
from agent_memory.store.database import Database
from agent_memory.store.memory.draft_rows import Row
from agent_memory.store.memory.index_writer import add_to_index, take_from_index
from agent_memory.store.memory.lock import lock_memory
from agent_memory.store.memory.material_texts import blank_out
from agent_memory.store.memory.safe_json import escape_mapping, unescape_mapping
from agent_memory.store.safe_text import escape, unescape
from agent_memory.store.transaction import Transaction


class Redactor(Protocol):
    """A policy, applied."""

    def text(self, text: str) -> str: ...

    def mapping(self, values: dict[str, Json]) -> dict[str, Json]: ...

    def spans(self, text: str) -> list[Span]:
        """What would go, where it stands."""
        ...


@dataclass(frozen=True, slots=True)
class RedactedAgain:
    """Numbers of raw texts looked at, and of items that changed."""

    num_materials: int
    num_items: int


@dataclass(frozen=True, slots=True)
class _MaterialRow:
    material_id: MaterialId
    text: str
    purpose: str | None
    metadata: dict[str, Json]


@dataclass(frozen=True, slots=True)
class _ItemRow:
    item_no: int
    text: str
    context: str
    search_text: str
    subject: str | None
    metadata: dict[str, Json]


class RedactionStore:
    """Sees one workspace at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def redact_outdated(
        self, workspace: WorkspaceId, version: int, redactor: Redactor, limit: int
    ) -> RedactedAgain:
        """Bring up to `limit` raw texts, and the items derived from them, to this version.

        In raw texts what goes is blanked, so that every span still fits; items bear marks. Vectors
        of items that changed are dropped, to be made anew.
        """
        async with self._database.workspace(workspace) as transaction:
            await lock_memory(transaction, workspace)
            materials = await transaction.fetch_all(
                "list_outdated_materials",
                _MaterialRow,
                workspace_id=workspace,
                version=version,
                limit=limit,
            )
            if not materials:
                return RedactedAgain(0, 0)
            items = await transaction.fetch_all(
                "list_items_of_materials",
                _ItemRow,
                workspace_id=workspace,
                material_ids=[row.material_id for row in materials],
            )
            rows = [_redacted_material(row, redactor) for row in materials]
            await transaction.run(
                "redact_materials",
                workspace_id=workspace,
                version=version,
                materials=orjson.dumps(rows).decode(),
            )
            changed = [row for item in items if (row := _redacted_item(item, redactor)) is not None]
            await _rewrite(transaction, workspace, changed)
        return RedactedAgain(len(materials), len(changed))


async def _rewrite(transaction: Transaction, workspace: WorkspaceId, rows: list[Row]) -> None:
    if not rows:
        return
    item_nos = [int(str(row["item_no"])) for row in rows]
    await take_from_index(transaction, workspace, item_nos)
    await transaction.run("redact_items", workspace_id=workspace, items=orjson.dumps(rows).decode())
    await add_to_index(transaction, workspace, item_nos)
    for item_no in item_nos:
        for name in ("drop_vectors", "drop_bands"):
            await transaction.run(name, workspace_id=workspace, item_no=item_no)


def _redacted_material(row: _MaterialRow, redactor: Redactor) -> Row:
    text = unescape(row.text)
    purpose = None if row.purpose is None else redactor.text(unescape(row.purpose))
    metadata = redactor.mapping(dict(unescape_mapping(row.metadata)))
    return {
        "material_id": row.material_id,
        "text": escape(blank_out(text, redactor.spans(text))),
        "purpose": None if purpose is None else escape(purpose),
        "metadata": escape_mapping(metadata),
    }


def _redacted_item(row: _ItemRow, redactor: Redactor) -> Row | None:
    """None when nothing of it changes."""
    before = (row.text, row.context, row.search_text, row.subject or "")
    texts = [unescape(text) for text in before]
    text, context, search_text, subject = clean = [redactor.text(one) for one in texts]
    metadata = dict(unescape_mapping(row.metadata))
    clean_metadata = redactor.mapping(metadata)
    if clean == texts and clean_metadata == metadata:
        return None
    terms = index_terms(text, context, search_text)
    return {
        "item_no": row.item_no,
        "text": escape(text),
        "context": escape(context),
        "search_text": escape(search_text),
        "subject": escape(subject) if row.subject is not None else None,
        "metadata": escape_mapping(clean_metadata),
        "terms": list(terms.frequencies),
        "frequencies": list(terms.frequencies.values()),
        "length": terms.length,
    }
