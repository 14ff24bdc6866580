"""The writing of what was said and done: raw texts, items, postings and keys in one transaction."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from agent_memory.errors import InvalidRequest
from agent_memory.ids import WorkspaceId
from agent_memory.memory.ingestion import Prepared, Remembered
from agent_memory.memory.terms import Terms, index_terms
from agent_memory.store.database import Database
from agent_memory.store.identifiers import check_id
from agent_memory.store.memory.calls import find_call, hash_request, keep_call
from agent_memory.store.memory.ingest_writer import write_prepared
from agent_memory.store.memory.lock import lock_memory
from agent_memory.store.transaction import Transaction

OnRemembered: TypeAlias = Callable[[Transaction, WorkspaceId, Remembered], Awaitable[None]]
"""Called before the commit: what it writes is there exactly if the items are."""

MAX_KEY_LENGTH = 255


async def do_nothing(_: Transaction, __: WorkspaceId, ___: Remembered) -> None:
    """An ingestion that causes no jobs."""


class IngestionStore:
    """Meets `agent_memory.memory.ports.Ingestion`."""

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
        _check(prepared, idempotency_key)
        request_hash = hash_request(prepared)
        terms = [_terms(entry) for entry in prepared]
        async with self._database.workspace(workspace) as transaction:
            await lock_memory(transaction, workspace)
            if idempotency_key is not None:
                done = await find_call(transaction, workspace, idempotency_key, request_hash)
                if done is not None:
                    return done
            remembered = await write_prepared(transaction, workspace, prepared, terms)
            if idempotency_key is not None:
                await keep_call(transaction, workspace, idempotency_key, request_hash, remembered)
            await self._on_remembered(transaction, workspace, remembered)
        return remembered


def _check(prepared: Sequence[Prepared], idempotency_key: str | None) -> None:
    for thread_id in {entry.material.thread_id for entry in prepared}:
        check_id("thread", thread_id)
    if idempotency_key is not None and not 1 <= len(idempotency_key) <= MAX_KEY_LENGTH:
        message = f"An idempotency key has 1 to {MAX_KEY_LENGTH} characters."
        raise InvalidRequest(message, "idempotency_key")


def _terms(entry: Prepared) -> list[Terms]:
    return [index_terms(draft.text, draft.context, draft.search_text) for draft in entry.drafts]
