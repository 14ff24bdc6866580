"""A session as OpenAI's API of conversations has it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from agent_memory.ids import SessionId
from agent_memory.turns.messages import Message


@dataclass(frozen=True, slots=True)
class ConversationRecord:
    """added: messages that no turn has said yet; the next one says them first."""

    session_id: SessionId
    created_at: datetime
    metadata: Mapping[str, str]
    added: tuple[Message, ...] = ()
