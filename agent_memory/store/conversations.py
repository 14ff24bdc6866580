"""The data of OpenAI's conversations beside the sessions that they are."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import orjson

from agent_memory.errors import NotFound
from agent_memory.ids import SessionId, WorkspaceId
from agent_memory.store.database import Database
from agent_memory.store.identifiers import check_id
from agent_memory.store.transaction import Transaction
from agent_memory.turns.conversation_record import ConversationRecord
from agent_memory.turns.messages import Message, Role
from agent_memory.turns.part_codec import decode_part, encode_part
from agent_memory.turns.transcript import SessionRecord


@dataclass(frozen=True, slots=True)
class _Row:
    session_id: SessionId
    created_at: datetime
    metadata: str
    items: str
    num_turns: int

    def record(self) -> ConversationRecord:
        added = tuple(_decode(each) for each in orjson.loads(self.items))
        metadata = orjson.loads(self.metadata)
        return ConversationRecord(self.session_id, self.created_at, metadata, added)


class ConversationStore:
    """Every method sees one workspace: a session of another is `NotFound`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, workspace: WorkspaceId, session: SessionId) -> ConversationRecord:
        check_id("session", session)
        async with self._database.workspace(workspace) as transaction:
            return (await _row(transaction, session)).record()

    async def describe(
        self, workspace: WorkspaceId, session: SessionId, metadata: Mapping[str, str]
    ) -> ConversationRecord:
        """Give it other metadata."""
        return await self._change(
            workspace, session, lambda before: replace(before, metadata=metadata)
        )

    async def add(
        self, workspace: WorkspaceId, session: SessionId, messages: Sequence[Message]
    ) -> ConversationRecord:
        """Add messages that the next turn says first."""
        return await self._change(
            workspace,
            session,
            lambda before: replace(before, added=(*before.added, *messages)),
        )

    async def _change(
        self,
        workspace: WorkspaceId,
        session: SessionId,
        change: Callable[[ConversationRecord], ConversationRecord],
    ) -> ConversationRecord:
        check_id("session", session)
        async with self._database.workspace(workspace) as transaction:
            await transaction.fetch_one("lock_session", SessionRecord, session_id=session)
            row = await _row(transaction, session)
            changed = change(row.record())
            await transaction.run(
                "put_conversation",
                workspace_id=workspace,
                session_id=session,
                metadata=orjson.dumps(dict(changed.metadata)).decode(),
                items=orjson.dumps([_encode(each) for each in changed.added]).decode(),
                num_turns=row.num_turns,
            )
        return changed


async def _row(transaction: Transaction, session: SessionId) -> _Row:
    row = await transaction.fetch_one("get_conversation", _Row, session_id=session)
    if row is None:
        raise NotFound("conversation", session)
    return row


def _encode(message: Message) -> dict[str, object]:
    return {"role": message.role.value, "parts": [encode_part(part) for part in message.parts]}


def _decode(encoded: Mapping[str, object]) -> Message:
    match encoded:
        case {"role": str(role), "parts": list(parts)}:
            return Message(Role(role), tuple(decode_part(part) for part in parts))
        case _:
            raise ValueError("an added message has no role or no parts")
