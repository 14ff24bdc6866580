"""The manifest of an exported session: its transcript, and what its KV blocks were made by."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from agent_memory.errors import InvalidRequest
from agent_memory.ids import BlockHash, SessionId, TurnId
from agent_memory.sessions.archive.json_cut import CutObject, nesting, take_numbers
from agent_memory.turns.events import FinishReason, Usage
from agent_memory.turns.messages import Message, Role, ToolUse
from agent_memory.turns.part_codec import decode_part, encode_part
from agent_memory.turns.portable import PortableSession, PortableTurn
from agent_memory.turns.sequence import TokenIds
from agent_memory.turns.traces import Traces

FORMAT = "agent_memory.session.1"
FILE = "manifest.json"

MAX_BYTES = 32 * 1024 * 1024
MAX_MESSAGE_VALUES = 50_000
"""Strings, numbers and brackets of one message."""
MAX_FOREIGN_TOKENS = 512 * 1024
"""Of a sequence of another model, whose context window nobody here knows."""
_MAX_CALL_DEPTH = 64
_TURN_VALUES = 200
"""Those of a turn but for its tokens, and many more."""
_YEARS = range(2000, 2200)

ItemT = TypeVar("ItemT")
Count = Annotated[int, Field(ge=0, lt=2**31)]
TokenId = Annotated[int, Field(ge=0, lt=2**32)]
_TRACES = tuple(field.name for field in fields(Traces))
Name = Annotated[str, Field(max_length=512, pattern=r"^[^\x00]*$")]
Line = Annotated[str, Field(max_length=16 * 1024, pattern=r"^[^\x00]*$")]


@dataclass(frozen=True, slots=True)
class KvOrigin:
    """By what the KV blocks were made; `root` begins the chain of their hashes."""

    fingerprint: str
    kv_format: str
    root: BlockHash


@dataclass(frozen=True, slots=True)
class Reader:
    """The model of the server that reads a manifest: what its own turns may say is known."""

    fingerprint: str
    context_window: int
    num_token_ids: int = 2**32

    def max_tokens(self, fingerprint: str) -> int:
        """Most tokens of a sequence that a model has read and said."""
        return self.context_window if fingerprint == self.fingerprint else MAX_FOREIGN_TOKENS

    def num_ids(self, fingerprint: str) -> int:
        """How many tokens a model knows."""
        return self.num_token_ids if fingerprint == self.fingerprint else 2**32


NO_MODEL = Reader("", MAX_FOREIGN_TOKENS)
"""No model runs: every turn counts as one of another model."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A session, where its KV comes from, and the tokens that its last turn left in the cache."""

    session: PortableSession
    origin: KvOrigin | None
    sequence: TokenIds


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Message(_Model):
    role: Role
    parts: list[dict[str, object]]


class _Turn(_Model):
    """The fields from `model_fingerprint` on are there where the local engine answered."""

    request_id: Name
    model: Name
    position: Count
    finish_reason: FinishReason
    prompt_tokens: Count
    cached_tokens: Count
    cached_from_memory: Count = 0  # there was no such tier once
    cached_from_shelf: Count
    completion_tokens: Count
    miss_reason: Line | None
    head_hash: Name
    started_at: AwareDatetime
    model_fingerprint: Name | None = None
    tokens: list[TokenId] | None = None
    generation_suffix: Annotated[str, Field(max_length=16 * 1024)] | None = None
    num_tokens: Count | None = None
    num_shared: Count | None = None
    read_tokens: list[TokenId] | None = None

    @model_validator(mode="after")
    def _traces_are_whole(self) -> Self:
        given = {getattr(self, name) is not None for name in _TRACES}
        if len(given) > 1:
            raise ValueError("the traces of a turn are there whole or not at all")
        return self


class _Kv(_Model):
    fingerprint: Name
    kv_format: Name
    root: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class _Manifest(_Model):
    format: Literal["agent_memory.session.1"]
    session_id: Name
    model: Name
    title: Line | None
    messages: list[_Message]
    turns: list[_Turn]
    kv: _Kv | None


class _Skeleton(_Manifest):
    """What is left when messages and turns are cut out."""

    messages: list[Literal[0]]  # type: ignore[assignment]
    turns: list[Literal[0]]  # type: ignore[assignment]


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
    return manifest.model_dump_json(exclude_unset=True).encode()


def decode_manifest(encoded: bytes, reader: Reader) -> Manifest:
    """What a manifest says. Raises `InvalidRequest` when it is not one of ours or does not hang
    together.

    To be called beside an event loop: a long one takes seconds, though no step of it takes long.
    """
    try:
        return _decode(encoded, reader)
    except ValidationError as error:
        raise _unusable("", error) from error
    except ValueError as error:
        raise InvalidRequest(f"The exported session is unusable: {error}.") from error


def _decode(encoded: bytes, reader: Reader) -> Manifest:
    max_turn_values = 2 * max(reader.context_window, MAX_FOREIGN_TOKENS) + _TURN_VALUES
    cut = CutObject(encoded, {"messages": MAX_MESSAGE_VALUES, "turns": max_turn_values})
    skeleton = _Skeleton.model_validate_json(cut.skeleton)
    for name, items in (("messages", skeleton.messages), ("turns", skeleton.turns)):
        if len(items) != cut.num_pieces(name):
            raise ValueError(f"'{name}' holds something besides objects")
    session = PortableSession(
        session_id=SessionId(skeleton.session_id),
        model=skeleton.model,
        title=skeleton.title,
        messages=tuple(_each(cut.pieces("messages"), "messages", _decode_message)),
        turns=tuple(_each(cut.pieces("turns"), "turns", _decode_turn)),
    )
    _check(session)
    kv = skeleton.kv
    origin = None if kv is None else KvOrigin(kv.fingerprint, kv.kv_format, BlockHash(kv.root))
    return Manifest(session, origin, _sequence(session, reader))


def _each(pieces: Iterator[bytes], name: str, decode: Callable[[bytes], ItemT]) -> Iterator[ItemT]:
    for at, piece in enumerate(pieces):
        try:
            yield decode(piece)
        except ValidationError as error:
            raise _unusable(f"{name}.{at}.", error) from error


def _unusable(place: str, error: ValidationError) -> InvalidRequest:
    first = error.errors(include_url=False, include_input=False)[0]
    place += ".".join(map(str, first["loc"]))
    return InvalidRequest(
        f"The manifest of the exported session is unusable at '{place}': {first['msg']}."
    )


def _check(session: PortableSession) -> None:
    """Every turn ends with an answer, in order, and the last ends the session."""
    positions = [turn.position for turn in session.turns]
    is_ordered = all(one < other for one, other in pairwise(positions))
    num_covered = positions[-1] + 1 if positions else 0
    if not is_ordered or num_covered != len(session.messages):
        raise InvalidRequest("The turns of the exported session do not fit its messages.")
    for position in positions:
        if session.messages[position].role is not Role.ASSISTANT:
            raise InvalidRequest(f"Message {position} of the exported session is not an answer.")


def _sequence(session: PortableSession, reader: Reader) -> TokenIds:
    """The tokens after the last turn. Raises `ValueError` when a turn has more than its model can
    read, or shares more with the turn before than that one has."""
    sequence: TokenIds = ()
    for at, turn in enumerate(session.turns):
        if (left := turn.traces) is None:
            continue
        if left.num_shared > len(sequence):
            raise ValueError(f"turn {at} shares {left.num_shared} tokens of {len(sequence)}")
        sequence = left.step.after(sequence)
        limit = reader.max_tokens(left.model_fingerprint)
        if max(len(sequence), left.num_tokens, turn.usage.prompt_tokens) > limit:
            raise ValueError(f"turn {at} has more tokens than the {limit} that its model can read")
        num_ids = reader.num_ids(left.model_fingerprint)
        if any(max(tokens, default=0) >= num_ids for tokens in (left.read_tokens, left.tokens)):
            raise ValueError(f"turn {at} has a token that its model does not know")
    return sequence


def _decode_message(piece: bytes) -> Message:
    message = _Message.model_validate_json(piece)
    parts = tuple(decode_part(part) for part in message.parts)
    for part in parts:
        if isinstance(part, ToolUse) and _is_too_deep(part.arguments):
            raise ValueError(
                f"the arguments of a call nest more than {_MAX_CALL_DEPTH} levels deep"
            )
    return Message(message.role, parts)


def _is_too_deep(arguments: str) -> bool:
    """Whether templates could not write these arguments. What is no JSON they take as a text."""
    if arguments.count("{") + arguments.count("[") <= _MAX_CALL_DEPTH:
        return False
    return nesting(arguments.encode(), MAX_MESSAGE_VALUES) > _MAX_CALL_DEPTH


def _encode_turn(turn: PortableTurn) -> _Turn:
    return _Turn(
        request_id=turn.request_id,
        model=turn.model,
        position=turn.position,
        finish_reason=turn.finish_reason,
        prompt_tokens=turn.usage.prompt_tokens,
        cached_tokens=turn.usage.cached_tokens,
        cached_from_memory=turn.usage.cached_from_memory,
        cached_from_shelf=turn.usage.cached_from_shelf,
        completion_tokens=turn.usage.completion_tokens,
        miss_reason=turn.usage.miss_reason,
        head_hash=turn.head_hash,
        started_at=turn.started_at,
        **_encode_traces(turn.traces),
    )


def _encode_traces(traces: Traces | None) -> dict[str, Any]:
    return {} if traces is None else asdict(traces)


def _decode_turn(piece: bytes) -> PortableTurn:
    rest, numbers = take_numbers(piece)
    turn = _Turn.model_validate_json(rest)
    if turn.started_at.year not in _YEARS:
        raise ValueError(f"a turn was taken in the year {turn.started_at.year}")
    return PortableTurn(
        turn_id=TurnId(""),  # whoever stores it gives it one
        request_id=turn.request_id,
        model=turn.model,
        position=turn.position,
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
        started_at=turn.started_at,
        traces=_decode_traces(turn, numbers),
    )


def _decode_traces(turn: _Turn, numbers: Mapping[str, Sequence[int]]) -> Traces | None:
    """`numbers`: lists that were cut out of the turn, for they are long."""
    values: dict[str, Any] = {name: getattr(turn, name) for name in _TRACES}
    if None in values.values():
        return None
    for name in ("tokens", "read_tokens"):
        values[name] = tuple(numbers.get(name) or values[name])
    return Traces(**values)
