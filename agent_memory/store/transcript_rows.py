"""Rows of messages and turns, and the transcript that they make."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent_memory.ids import TurnId
from agent_memory.store.message_codec import decode_message
from agent_memory.store.turn_rows import traces_of
from agent_memory.turns.sequence import SequenceStep, after_all
from agent_memory.turns.transcript import GeneratedTurn, SessionRecord, Transcript


@dataclass(frozen=True, slots=True)
class MessageRow:
    position: int
    role: str
    parts: str


@dataclass(frozen=True, slots=True)
class TurnRow:
    turn_id: TurnId
    position: int
    model_fingerprint: str | None
    tokens: bytes | None
    generation_suffix: str | None
    num_tokens: int | None


def assemble(
    session: SessionRecord,
    messages: Sequence[MessageRow],
    turns: Sequence[TurnRow],
    steps: Sequence[SequenceStep],
) -> Transcript:
    """The transcript; each turn's answer is the message at its position."""
    by_position = {row.position: decode_message(row.role, row.parts) for row in messages}
    generated = tuple(
        GeneratedTurn.of(
            row.turn_id,
            row.position,
            by_position[row.position],
            traces_of(row.model_fingerprint, row.tokens, row.generation_suffix, row.num_tokens),
        )
        for row in turns
    )
    return Transcript(session, tuple(by_position.values()), generated, after_all(steps))
