"""Who may read the feed, and still may."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from agent_memory.access.principal import Principal, Scope
from agent_memory.contexts.feed.tickets import LIFETIME_S, new_ticket, ticket_hash
from agent_memory.errors import Unauthenticated
from agent_memory.ids import KeyId, WorkspaceId
from agent_memory.store.database import Database


@dataclass(frozen=True, slots=True)
class _HolderRow:
    key_id: KeyId
    workspace_id: WorkspaceId
    scopes: list[str]
    memory: str | None


@dataclass(frozen=True, slots=True)
class _KeyRow:
    key_id: KeyId


class FeedReaders:
    """Tickets of keys, and whether keys are still valid."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def issue(self, principal: Principal) -> str:
        """A ticket for one connection of the holder's."""
        ticket = new_ticket()
        async with self._database.workspace(principal.workspace_id) as transaction:
            await transaction.run(
                "keep_context_ticket",
                workspace_id=principal.workspace_id,
                ticket_hash=ticket_hash(ticket),
                key_id=principal.key_id,
                lifetime=timedelta(seconds=LIFETIME_S),
            )
        return ticket

    async def take(self, ticket: str) -> Principal:
        """Whose ticket it is; from now on nobody's. `Unauthenticated` when it is unknown, used or
        too old, or its key has ended."""
        async with self._database.no_workspace() as transaction:
            row = await transaction.fetch_one(
                "take_context_ticket", _HolderRow, ticket_hash=ticket_hash(ticket)
            )
        if row is None:
            raise Unauthenticated("The ticket is not valid; each admits one connection, once.")
        scopes = frozenset(Scope(name) for name in row.scopes)
        return Principal(row.key_id, row.workspace_id, scopes, row.memory)

    async def live_keys(self, workspace: WorkspaceId, keys: Collection[KeyId]) -> frozenset[KeyId]:
        """Those of `keys` that are valid now."""
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all("list_live_keys", _KeyRow, key_ids=list(keys))
        return frozenset(row.key_id for row in rows)
