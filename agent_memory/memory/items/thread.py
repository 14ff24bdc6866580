"""Threads: conversations or lines of work that items belong to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from agent_memory.ids import ThreadId


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread as it stands. `legal_hold`: nothing of it may be erased."""

    thread_id: ThreadId
    title: str | None
    legal_hold: bool
    created_at: datetime
    updated_at: datetime
    num_items: int
    num_messages: int


@dataclass(frozen=True, slots=True)
class ThreadStatistics:
    """What a thread holds. `num_by_kind` and `num_by_role` count items, archived ones too;
    `num_characters` those of its messages."""

    thread: Thread
    num_by_kind: Mapping[str, int]
    num_by_role: Mapping[str, int]
    num_by_state: Mapping[str, int]
    num_characters: int
    first_occurred_at: datetime | None
    last_occurred_at: datetime | None
