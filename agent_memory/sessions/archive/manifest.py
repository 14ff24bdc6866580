"""The manifest of an exported session: its transcript, and what its KV blocks were made by."""

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent_memory.errors import InvalidRequest
from agent_memory.ids import BlockHash, SessionId, TurnId
from agent_memory.turns.events import FinishReason, Usage
from agent_memory.turns.messages import Message, Role
from agent_memory.turns.part_codec import decode_part, encode_part
from agent_memory.turns.portable import PortableSession, PortableTurn

FORMAT = "agent_memory.session.1"
FILE = "manifest.json"

Count = Annotated[int, Field(ge=0)]
TokenId = Annotated[int, Field(ge=0, lt=2**32)]


@dataclass(frozen=True, slots=True)
class KvOrigin:
    """By what the KV blocks were made; `root` begins the chain of their hashes."""

    fingerprint: str
    kv_format: str
    root: BlockHash


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Message(_Model):
    role: Role
    parts: list[dict[str, object]]


class _Turn(_Model):
    request_id: str
    model: str
    model_fingerprint: str
    position: Count
    tokens: list[TokenId]
    generation_suffix: str
    finish_reason: FinishReason
    prompt_tokens: Count
    cached_tokens: Count
    cached_from_memory: Count = 0  # there was no such tier once
    cached_from_shelf: Count
    completion_tokens: Count
    miss_reason: str | None
    head_hash: str
    num_tokens: Count
    started_at: datetime
    num_shared: Count
    read_tokens: list[TokenId]


class _Kv(_Model):
    fingerprint: str
    kv_format: str
    root: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class _Manifest(_Model):
    format: Literal["agent_memory.session.1"]
    session_id: str
    model: str
    title: str | None
    messages: list[_Message]
    turns: list[_Turn]
    kv: _Kv | None


def encode_manifest(session: PortableSession, origin: KvOrigin | None) -> bytes:
    """The manifest as JSON."""
    manifest = _Manifest(
        format="agent_memory.session.1",
        session_id=session.session_id,
        model=session.model,
        title=session.title,
        messages=[
            _Message(role=message.role, parts=[dict(encode_part(part)) for part in message.parts])
            for message in session.messages
        ],
        turns=[_encode_turn(turn) for turn in session.turns],
        kv=None
        if origin is None
        else _Kv(fingerprint=origin.fingerprint, kv_format=origin.kv_format, root=origin.root),
    )
    return manifest.model_dump_json().encode()


def decode_manifest(encoded: bytes) -> tuple[PortableSession, KvOrigin | None]:
    """The session and the origin of its blocks. Raises `InvalidRequest` when it is not one of ours
    or does not hang together."""
    try:
        manifest = _Manifest.model_validate_json(encoded)
        messages = tuple(_decode_message(message) for message in manifest.messages)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        message = f"The manifest of the exported session is unusable at '{place}': {first['msg']}."
        raise InvalidRequest(message) from error
    except ValueError as error:
        raise InvalidRequest(f"The exported session is unusable: {error}.") from error
    session = PortableSession(
        session_id=SessionId(manifest.session_id),
        model=manifest.model,
        title=manifest.title,
        messages=messages,
        turns=tuple(_decode_turn(turn) for turn in manifest.turns),
    )
    _check(session)
    kv = manifest.kv
    origin = None if kv is None else KvOrigin(kv.fingerprint, kv.kv_format, BlockHash(kv.root))
    return session, origin


def _check(session: PortableSession) -> None:
    """Every turn ends with an answer, in order, and the last ends the session."""
    positions = [turn.position for turn in session.turns]
    is_ordered = all(one < other for one, other in pairwise(positions))
    num_covered = positions[-1] + 1 if positions else 0
    if not is_ordered or num_covered != len(session.messages):
        raise InvalidRequest("The turns of the exported session do not fit its messages.")
    for position in positions:
        if session.messages[position].role is not Role.ASSISTANT:
            raise InvalidRequest(f"Message {position} of the exported session is no answer.")


def _decode_message(message: _Message) -> Message:
    return Message(message.role, tuple(decode_part(part) for part in message.parts))


def _encode_turn(turn: PortableTurn) -> _Turn:
    return _Turn(
        request_id=turn.request_id,
        model=turn.model,
        model_fingerprint=turn.model_fingerprint,
        position=turn.position,
        tokens=list(turn.tokens),
        generation_suffix=turn.generation_suffix,
        finish_reason=turn.finish_reason,
        prompt_tokens=turn.usage.prompt_tokens,
        cached_tokens=turn.usage.cached_tokens,
        cached_from_memory=turn.usage.cached_from_memory,
        cached_from_shelf=turn.usage.cached_from_shelf,
        completion_tokens=turn.usage.completion_tokens,
        miss_reason=turn.usage.miss_reason,
        head_hash=turn.head_hash,
        num_tokens=turn.num_tokens,
        started_at=turn.started_at,
        num_shared=turn.num_shared,
        read_tokens=list(turn.read_tokens),
    )


def _decode_turn(turn: _Turn) -> PortableTurn:
    return PortableTurn(
        turn_id=TurnId(""),  # whoever stores it gives it one
        request_id=turn.request_id,
        model=turn.model,
        model_fingerprint=turn.model_fingerprint,
        position=turn.position,
        tokens=tuple(turn.tokens),
        generation_suffix=turn.generation_suffix,
        finish_reason=turn.finish_reason,
        usage=Usage(
            prompt_tokens=turn.prompt_tokens,
            cached_tokens=turn.cached_tokens,
            completion_tokens=turn.completion_tokens,
            cached_from_memory=turn.cached_from_memory,
            cached_from_shelf=turn.cached_from_shelf,
            miss_reason=turn.miss_reason,
        ),
        head_hash=turn.head_hash,
        num_tokens=turn.num_tokens,
        started_at=turn.started_at,
        num_shared=turn.num_shared,
        read_tokens=tuple(turn.read_tokens),
    )
