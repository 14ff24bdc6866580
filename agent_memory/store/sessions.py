"""Sessions: their list, their transcripts, and the turns that they commit."""

from collections.abc import Sequence

from agent_memory.errors import Conflict, InvalidRequest, NotFound
from agent_memory.ids import SessionId, TurnId, WorkspaceId
from agent_memory.pages import Page
from agent_memory.store.copied_sessions import read_copy_after
from agent_memory.store.cursors import Cursor
from agent_memory.store.database import Database
from agent_memory.store.identifiers import check_id
from agent_memory.store.transcript_rows import MessageRow, TurnRow, assemble
from agent_memory.store.turn_rows import SequenceRow
from agent_memory.store.turn_writer import write_turn
from agent_memory.turns.placement import Branch
from agent_memory.turns.portable import PortableSession
from agent_memory.turns.sequence import TokenIds, all_sequences
from agent_memory.turns.transcript import HistoryMatch, SessionRecord, Transcript, TurnCommit

MAX_PAGE = 1000


class SessionStore:
    """Every method sees one workspace: an id of another is `NotFound`.

    Ids that may not be are `InvalidRequest`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create_session(
        self, workspace_id: WorkspaceId, session_id: SessionId, model: str
    ) -> SessionRecord:
        """A new, empty session; `Conflict` when one of that id exists."""
        check_id("session", session_id)
        async with self._database.workspace(workspace_id) as transaction:
            created = await transaction.fetch_one(
                "create_session",
                SessionRecord,
                workspace_id=workspace_id,
                session_id=session_id,
                model=model,
            )
        if created is None:
            raise Conflict(f"The session '{session_id}' already exists.")
        return created

    async def get_session(self, workspace_id: WorkspaceId, session_id: SessionId) -> SessionRecord:
        check_id("session", session_id)
        async with self._database.workspace(workspace_id) as transaction:
            record = await transaction.fetch_one(
                "get_session", SessionRecord, session_id=session_id
            )
        return _found(record, session_id)

    async def list_sessions(
        self, workspace_id: WorkspaceId, cursor: str | None, limit: int
    ) -> Page[SessionRecord]:
        """Up to `limit` (1 to 1000) sessions after `cursor`, the newest first, and the cursor of
        the next page, or None on the last."""
        if not 1 <= limit <= MAX_PAGE:
            raise InvalidRequest(f"limit must be from 1 to {MAX_PAGE}.", "limit")
        after = None if cursor is None else Cursor.decode(cursor)
        async with self._database.workspace(workspace_id) as transaction:
            records = await transaction.fetch_all(
                "list_sessions",
                SessionRecord,
                before=after and after.created_at,
                before_id=after and after.id,
                limit=limit + 1,
            )
        page = tuple(records[:limit])
        has_more = len(records) > limit
        following = Cursor(page[-1].created_at, page[-1].session_id) if has_more else None
        return Page(page, following.encode() if following else None)

    async def find_by_history(
        self, workspace_id: WorkspaceId, hashes: Sequence[str]
    ) -> HistoryMatch | None:
        """The turn that left a conversation at one of `hashes`: at the last of them in the given
        order that any did. Of several, one whose session still stands there, then the one whose
        session was used last. What is superseded is not found."""
        if not hashes:
            return None
        async with self._database.workspace(workspace_id) as transaction:
            return await transaction.fetch_one(
                "find_turn_by_history", HistoryMatch, hashes=list(hashes)
            )

    async def find_turn(self, workspace_id: WorkspaceId, turn_id: TurnId) -> HistoryMatch | None:
        """The turn of that id, superseded or not; None when there is none."""
        check_id("turn", turn_id)
        async with self._database.workspace(workspace_id) as transaction:
            return await transaction.fetch_one(
                "find_turn_in_history", HistoryMatch, turn_id=turn_id
            )

    async def load_transcript(self, workspace_id: WorkspaceId, session_id: SessionId) -> Transcript:
        """The conversation as it stands: nothing superseded, all of one moment."""
        check_id("session", session_id)
        async with self._database.snapshot(workspace_id) as transaction:
            record = await transaction.fetch_one(
                "get_session", SessionRecord, session_id=session_id
            )
            messages = await transaction.fetch_all(
                "list_messages", MessageRow, session_id=session_id
            )
            turns = await transaction.fetch_all("list_turns", TurnRow, session_id=session_id)
            steps = await transaction.fetch_all(
                "list_sequence_steps", SequenceRow, session_id=session_id
            )
        found = _found(record, session_id)
        return assemble(found, messages, turns, [row.step for row in steps])

    async def load_branch(self, workspace_id: WorkspaceId, branch: Branch) -> PortableSession:
        """The session as it stood after that turn, superseded since or not; `NotFound` when it has
        no such turn."""
        async with self._database.snapshot(workspace_id) as transaction:
            return await read_copy_after(transaction, branch.session_id, branch.turn_id)

    async def load_sequences(
        self, workspace_id: WorkspaceId, session_id: SessionId
    ) -> list[TokenIds]:
        """Every sequence of tokens that the session's turns left in the KV cache, superseded ones
        included, but for those that another begins with."""
        check_id("session", session_id)
        async with self._database.workspace(workspace_id) as transaction:
            rows = await transaction.fetch_all(
                "list_sequence_steps", SequenceRow, session_id=session_id
            )
        return all_sequences(row.step for row in rows)

    async def commit_turn(self, turn: TurnCommit) -> SessionRecord:
        """Write a finished turn whole, making its session if need be; durable on return.

        Committing a turn again changes nothing. `Conflict` when fewer than `num_kept` messages
        are stored, or the turn id belongs to another session; `ConversationMoved` when it was built
        on another conversation than the one that is stored.
        """
        check_id("session", turn.session_id)
        check_id("turn", turn.turn_id)
        async with self._database.workspace(turn.workspace_id) as transaction:
            return await write_turn(transaction, turn)

    async def delete_session(self, workspace_id: WorkspaceId, session_id: SessionId) -> None:
        """Forget the session with its messages and turns."""
        check_id("session", session_id)
        async with self._database.workspace(workspace_id) as transaction:
            if await transaction.fetch_value("delete_session", session_id=session_id) is None:
                raise NotFound("session", session_id)

    async def count_sessions(self, workspace_id: WorkspaceId) -> int:
        async with self._database.workspace(workspace_id) as transaction:
            count = await transaction.fetch_value("count_sessions")
        return count if isinstance(count, int) else 0


def _found(record: SessionRecord | None, session_id: SessionId) -> SessionRecord:
    if record is None:
        raise NotFound("session", session_id)
    return record
