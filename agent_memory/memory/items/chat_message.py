"""A message of a conversation as it is handed in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from agent_memory.json_value import Json
from agent_memory.memory.items.kinds import Role


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """`speaker`: the name, where there are several of a role. `occurred_at` bears a time zone; None
    when it is not known, and then it is the material's."""

    role: Role
    content: str
    speaker: str | None = None
    occurred_at: datetime | None = None
    metadata: Mapping[str, Json] = field(default_factory=dict)
