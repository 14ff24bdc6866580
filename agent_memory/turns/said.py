"""The messages that one turn added to a conversation."""

from dataclasses import dataclass
from datetime import datetime

from agent_memory.turns.messages import Message


@dataclass(frozen=True, slots=True)
class SaidInTurn:
    """The new messages of a turn and its answer, in their order."""

    messages: tuple[Message, ...]
    started_at: datetime
