"""Turns by their ids, whatever became of the conversation since."""

from dataclasses import dataclass

from agent_memory.ids import SessionId, TurnId, WorkspaceId
from agent_memory.store.database import Database
from agent_memory.store.identifiers import check_id
from agent_memory.store.message_codec import decode_message
from agent_memory.store.turn_messages import TurnMessageRow
from agent_memory.turns.answered import AnsweredTurn
from agent_memory.turns.events import FinishReason, Usage


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
        )
