"""Rows of messages and turns, and the transcript that they make."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent_memory.ids import TurnId
from agent_memory.store.message_codec import decode_message
from agent_memory.store.safe_text import unescape
from agent_memory.store.token_codec import decode_tokens
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
    tokens: bytes
    generation_suffix: str
    model_fingerprint: str


def assemble(
    session: SessionRecord,
    messages: Sequence[MessageRow],
    turns: Sequence[TurnRow],
    steps: Sequence[SequenceStep],
) -> Transcript:
    """The transcript; each turn's answer is the message at its position."""
    by_position = {row.position: decode_message(row.role, row.parts) for row in messages}
    generated = tuple(
        GeneratedTurn(
            turn_id=row.turn_id,
            position=row.position,
            message=by_position[row.position],
            tokens=decode_tokens(row.tokens),
            generation_suffix=unescape(row.generation_suffix),
            model=row.model_fingerprint,
        )
        for row in turns
    )
    return Transcript(session, tuple(by_position.values()), generated, after_all(steps))
