"""Turns as rows of the database, and back."""

from dataclasses import dataclass
from datetime import datetime

from agent_memory.ids import SessionId, TurnId, WorkspaceId
from agent_memory.store.safe_text import escape, unescape
from agent_memory.store.token_codec import decode_tokens, encode_tokens
from agent_memory.turns.events import FinishReason, Usage
from agent_memory.turns.portable import PortableTurn
from agent_memory.turns.sequence import SequenceStep


@dataclass(frozen=True, slots=True)
class PortableTurnRow:
    """A row of `list_portable_turns`."""

    turn_id: TurnId
    request_id: str
    model: str
    model_fingerprint: str
    position: int
    tokens: bytes
    generation_suffix: str
    finish_reason: str
    prompt_tokens: int
    cached_tokens: int
    cached_from_memory: int
    cached_from_shelf: int
    completion_tokens: int
    miss_reason: str | None
    head_hash: str
    num_tokens: int
    started_at: datetime


@dataclass(frozen=True, slots=True)
class SequenceRow:
    """A row of `list_sequence_steps`."""

    turn_id: TurnId
    num_shared: int
    read_tokens: bytes
    tokens: bytes

    @property
    def step(self) -> SequenceStep:
        said = decode_tokens(self.tokens)
        return SequenceStep(self.num_shared, decode_tokens(self.read_tokens), said)


def turn_values(
    workspace_id: WorkspaceId, session_id: SessionId, turn: PortableTurn, ordinal: int
) -> dict[str, object]:
    """The values of `insert_turn`."""
    return {
        "workspace_id": workspace_id,
        "turn_id": turn.turn_id,
        "session_id": session_id,
        "request_id": turn.request_id,
        "model": turn.model,
        "model_fingerprint": turn.model_fingerprint,
        "position": turn.position,
        "tokens": encode_tokens(turn.tokens),
        "generation_suffix": escape(turn.generation_suffix),
        "finish_reason": turn.finish_reason.value,
        "prompt_tokens": turn.usage.prompt_tokens,
        "cached_tokens": turn.usage.cached_tokens,
        "cached_from_memory": turn.usage.cached_from_memory,
        "cached_from_shelf": turn.usage.cached_from_shelf,
        "completion_tokens": turn.usage.completion_tokens,
        "miss_reason": turn.usage.miss_reason,
        "head_hash": turn.head_hash,
        "num_tokens": turn.num_tokens,
        "started_at": turn.started_at,
        "ordinal": ordinal,
        "num_shared": turn.num_shared,
        "read_tokens": encode_tokens(turn.read_tokens),
    }


def portable_turn(row: PortableTurnRow) -> PortableTurn:
    """The turn of a row."""
    return PortableTurn(
        turn_id=row.turn_id,
        request_id=row.request_id,
        model=row.model,
        model_fingerprint=row.model_fingerprint,
        position=row.position,
        tokens=decode_tokens(row.tokens),
        generation_suffix=unescape(row.generation_suffix),
        finish_reason=FinishReason(row.finish_reason),
        usage=Usage(
            prompt_tokens=row.prompt_tokens,
            cached_tokens=row.cached_tokens,
            completion_tokens=row.completion_tokens,
            cached_from_memory=row.cached_from_memory,
            cached_from_shelf=row.cached_from_shelf,
            miss_reason=row.miss_reason,
        ),
        head_hash=row.head_hash,
        num_tokens=row.num_tokens,
        started_at=row.started_at,
    )
