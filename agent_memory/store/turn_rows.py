"""Turns as rows of the database, and back."""

from dataclasses import dataclass
from datetime import datetime

from agent_memory.ids import SessionId, TurnId, WorkspaceId
from agent_memory.store.safe_text import escape, unescape
from agent_memory.store.token_codec import decode_tokens, encode_tokens
from agent_memory.turns.events import FinishReason, Usage
from agent_memory.turns.portable import PortableTurn
from agent_memory.turns.sequence import SequenceStep
from agent_memory.turns.traces import Traces

_TRACES = (
    "model_fingerprint",
    "tokens",
    "generation_suffix",
    "num_tokens",
    "num_shared",
    "read_tokens",
)


@dataclass(frozen=True, slots=True)
class PortableTurnRow:
    """A row of `list_portable_turns`."""

    turn_id: TurnId
    request_id: str
    model: str
    position: int
    finish_reason: str
    prompt_tokens: int
    cached_tokens: int
    cached_from_memory: int
    cached_from_shelf: int
    completion_tokens: int
    miss_reason: str | None
    head_hash: str
    started_at: datetime
    model_fingerprint: str | None
    tokens: bytes | None
    generation_suffix: str | None
    num_tokens: int | None


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
    workspace_id: WorkspaceId,
    session_id: SessionId,
    turn: PortableTurn,
    ordinal: int,
    kept: str | None = None,
    shape: str | None = None,
) -> dict[str, object]:
    """The values of `insert_turn`."""
    return {
        "workspace_id": workspace_id,
        "turn_id": turn.turn_id,
        "session_id": session_id,
        "request_id": turn.request_id,
        "model": turn.model,
        "position": turn.position,
        "finish_reason": turn.finish_reason.value,
        "prompt_tokens": turn.usage.prompt_tokens,
        "cached_tokens": turn.usage.cached_tokens,
        "cached_from_memory": turn.usage.cached_from_memory,
        "cached_from_shelf": turn.usage.cached_from_shelf,
        "completion_tokens": turn.usage.completion_tokens,
        "miss_reason": turn.usage.miss_reason,
        "head_hash": turn.head_hash,
        "started_at": turn.started_at,
        "ordinal": ordinal,
        "kept": kept,
        "shape": shape,
        **_trace_values(turn.traces),
    }


def _trace_values(traces: Traces | None) -> dict[str, object]:
    if traces is None:
        return dict.fromkeys(_TRACES)
    values = (
        traces.model_fingerprint,
        encode_tokens(traces.tokens),
        escape(traces.generation_suffix),
        traces.num_tokens,
        traces.num_shared,
        encode_tokens(traces.read_tokens),
    )
    return dict(zip(_TRACES, values, strict=True))


def traces_of(
    model_fingerprint: str | None,
    tokens: bytes | None,
    generation_suffix: str | None,
    num_tokens: int | None,
) -> Traces | None:
    """The traces of a row, but for its step in the sequence; None where it has none."""
    if (
        model_fingerprint is None
        or tokens is None
        or generation_suffix is None
        or num_tokens is None
    ):
        return None
    return Traces(model_fingerprint, decode_tokens(tokens), unescape(generation_suffix), num_tokens)


def portable_turn(row: PortableTurnRow) -> PortableTurn:
    """The turn of a row."""
    return PortableTurn(
        turn_id=row.turn_id,
        request_id=row.request_id,
        model=row.model,
        position=row.position,
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
        started_at=row.started_at,
        traces=traces_of(row.model_fingerprint, row.tokens, row.generation_suffix, row.num_tokens),
    )
