"""The writing of what was said and done: raw texts, items, postings and keys in one transaction."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import orjson

from agent_memory.ids import ItemId, MaterialId, WorkspaceId
from agent_memory.memory.items.ingestion import Prepared, Remembered
from agent_memory.memory.search.terms import Terms, index_terms
from agent_memory.store.database import Database
from agent_memory.store.identifiers import check_id
from agent_memory.store.memory.ingest_writer import write_prepared
from agent_memory.store.memory.lock import lock_memory
from agent_memory.store.remembered_calls import find_call, keep_call
from agent_memory.store.transaction import Transaction
from agent_memory.work.once import Once

OnRemembered: TypeAlias = Callable[[Transaction, WorkspaceId, Remembered], Awaitable[None]]
"""Called before the commit: what it writes is there exactly if the items are."""


async def do_nothing(_: Transaction, __: WorkspaceId, ___: Remembered) -> None:
    """An ingestion that causes no jobs."""


class IngestionStore:
    """Implements `agent_memory.memory.ports.Ingestion`."""

    def __init__(self, database: Database, on_remembered: OnRemembered = do_nothing) -> None:
        self._database = database
        self._on_remembered = on_remembered

    async def remember(
        self,
        workspace: WorkspaceId,
        prepared: Sequence[Prepared],
        idempotency_key: str | None = None,
    ) -> Remembered:
        """Durable and findable by words on return. The same again adds nothing.

        A material whose kind and text its thread has already is not read again. With an
        idempotency key the second call returns what the first one did; `Conflict` when the key
        was used for something else, `InvalidRequest` for a thread id or key that may not be.
        """
        for thread_id in {entry.material.thread_id for entry in prepared}:
            check_id("thread", thread_id)
        once = None if idempotency_key is None else Once.of(idempotency_key, _asked(prepared))
        terms = [_terms(entry) for entry in prepared]
        async with self._database.workspace(workspace) as transaction:
            await lock_memory(transaction, workspace)
            if once is not None:
                done = await find_call(transaction, workspace, once)
                if done is not None:
                    return _read(done)
            remembered = await write_prepared(transaction, workspace, prepared, terms)
            if once is not None:
                await keep_call(transaction, workspace, once, orjson.dumps(remembered).decode())
            await self._on_remembered(transaction, workspace, remembered)
        return remembered


def _asked(prepared: Sequence[Prepared]) -> bytes:
    """Names what is asked for, whatever order its metadata come in."""
    return orjson.dumps(
        [
            (entry.material.thread_id, entry.material.kind.value, entry.content_hash)
            for entry in prepared
        ]
    )


def _read(outcome: str) -> Remembered:
    values = orjson.loads(outcome)
    return Remembered(
        materials=tuple(MaterialId(value) for value in values["materials"]),
        added=tuple(ItemId(value) for value in values["added"]),
        updated=tuple(ItemId(value) for value in values["updated"]),
        num_known=values["num_known"],
    )


def _terms(entry: Prepared) -> list[Terms]:
    return [index_terms(draft.text, draft.context, draft.search_text) for draft in entry.drafts]
