"""Turns by their ids, whatever became of the conversation since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agent_memory.errors import TurnNotFound
from agent_memory.ids import SessionId, TurnId, WorkspaceId
from agent_memory.store.database import Database
from agent_memory.store.identifiers import check_id
from agent_memory.store.message_codec import decode_message
from agent_memory.store.transcript_rows import MessageRow
from agent_memory.store.turn_messages import TurnMessageRow
from agent_memory.turns.answered import AnsweredTurn
from agent_memory.turns.events import FinishReason, Usage
from agent_memory.turns.messages import Message


@dataclass(frozen=True, slots=True)
class _Row:
    session_id: SessionId
    model: str
    model_fingerprint: str | None
    finish_reason: str
    prompt_tokens: int
    cached_tokens: int
    cached_from_memory: int
    cached_from_shelf: int
    completion_tokens: int
    miss_reason: str | None
    kept: str | None
    shape: str | None
    committed_at: datetime


class AnsweredTurnStore:
    """Every method sees one workspace."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, workspace: WorkspaceId, turn: TurnId) -> AnsweredTurn | None:
        """None when no turn of that id was committed, or it was deleted with its session."""
        check_id("turn", turn)
        async with self._database.snapshot(workspace) as transaction:
            row = await transaction.fetch_one("get_turn", _Row, turn_id=turn)
            if row is None:
                return None
            said = await transaction.fetch_all(
                "list_turn_messages", TurnMessageRow, session_id=row.session_id, turn_id=turn
            )
        *new_messages, answer = (decode_message(each.role, each.parts) for each in said)
        return AnsweredTurn(
            turn_id=turn,
            session_id=row.session_id,
            model=row.model,
            model_fingerprint=row.model_fingerprint,
            new_messages=tuple(new_messages),
            answer=answer,
            finish_reason=FinishReason(row.finish_reason),
            usage=Usage(
                prompt_tokens=row.prompt_tokens,
                cached_tokens=row.cached_tokens,
                completion_tokens=row.completion_tokens,
                cached_from_memory=row.cached_from_memory,
                cached_from_shelf=row.cached_from_shelf,
                miss_reason=row.miss_reason,
            ),
            committed_at=row.committed_at,
            kept=row.kept,
            shape=row.shape,
        )

    async def messages_after(self, workspace: WorkspaceId, turn: TurnId) -> Sequence[Message]:
        """The conversation as the turn left it. Raises `TurnNotFound`."""
        check_id("turn", turn)
        async with self._database.snapshot(workspace) as transaction:
            session_id = await transaction.fetch_value("find_turn", turn_id=turn)
            rows = await transaction.fetch_all(
                "list_messages_after_turn", MessageRow, session_id=session_id, turn_id=turn
            )
        if not rows:
            raise TurnNotFound(turn)
        return tuple(decode_message(row.role, row.parts) for row in rows)

    async def withdraw(self, workspace: WorkspaceId, turn: TurnId) -> None:
        """Tell nobody of it any more; its words stay, where later turns stand on them."""
        check_id("turn", turn)
        async with self._database.workspace(workspace) as transaction:
            await transaction.run("withdraw_turn", turn_id=turn)
