"""Whole sessions, read to be copied and written as copies."""

from agent_memory.errors import Conflict
from agent_memory.ids import SessionId, WorkspaceId
from agent_memory.store.copied_sessions import read_copy, write_copy
from agent_memory.store.database import Database
from agent_memory.store.identifiers import check_id
from agent_memory.turns.portable import PortableSession
from agent_memory.turns.transcript import SessionRecord


class SessionCopies:
    """Every method sees one workspace: an id of another is `NotFound`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, workspace_id: WorkspaceId, session_id: SessionId) -> PortableSession:
        """The session as it stands, all of one moment."""
        check_id("session", session_id)
        async with self._database.snapshot(workspace_id) as transaction:
            return await read_copy(transaction, session_id)

    async def save(
        self,
        workspace_id: WorkspaceId,
        session_id: SessionId,
        session: PortableSession,
        *,
        is_twin: bool,
    ) -> SessionRecord:
        """A new session of this content, with turn ids of its own; `Conflict` when one of that id
        exists. A twin of a session that stays is not found by its history until it differs."""
        check_id("session", session_id)
        async with self._database.workspace(workspace_id) as transaction:
            created = await transaction.fetch_one(
                "create_session",
                SessionRecord,
                workspace_id=workspace_id,
                session_id=session_id,
                model=session.model,
            )
            if created is None:
                raise Conflict(f"The session '{session_id}' already exists.")
            last = session.turns[-1] if session.turns else None
            head_hash = None if is_twin or last is None else last.head_hash
            return await write_copy(transaction, workspace_id, session_id, session, head_hash)

    async def discard(self, workspace_id: WorkspaceId, session_id: SessionId) -> None:
        """Take a copy back that was just saved."""
        async with self._database.workspace(workspace_id) as transaction:
            await transaction.run("delete_session", session_id=session_id)
