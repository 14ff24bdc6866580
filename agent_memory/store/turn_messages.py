"""The messages of one turn, whatever became of the conversation since."""

from dataclasses import dataclass
from datetime import datetime

from agent_memory.ids import SessionId, TurnId, WorkspaceId
from agent_memory.store.database import Database
from agent_memory.store.message_codec import decode_message
from agent_memory.turns.said import SaidInTurn


@dataclass(frozen=True, slots=True)
class TurnMessageRow:
    """A row of `list_turn_messages`."""

    role: str
    parts: str
    started_at: datetime


class TurnMessageStore:
    """Every method sees one workspace."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_said(
        self, workspace: WorkspaceId, session: SessionId, turn: TurnId
    ) -> SaidInTurn | None:
        """None when the session, or the turn, is gone."""
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all(
                "list_turn_messages", TurnMessageRow, session_id=session, turn_id=turn
            )
        if not rows:
            return None
        messages = tuple(decode_message(row.role, row.parts) for row in rows)
        return SaidInTurn(messages, rows[0].started_at)
