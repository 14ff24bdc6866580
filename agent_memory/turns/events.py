"""The events of a turn, in order.

    TurnStarted  (TextDelta | ThinkingDelta | ToolCallStarted | ToolCallDelta | Ping)*
    ChoiceFinished (one per choice)  TurnFinished

or, where a provider answers in the client's own protocol and its bytes are passed on as they are,

    PassedStarted  Passed*  TurnFinished

A `ToolCallStarted` is followed by the `ToolCallDelta`s of that call; its arguments are whole when
the next part starts or the choice finishes. Of a call that was cut off they are what there is of
it, no whole JSON (see `ToolUse`). Raw tool-call text never appears as text.
"""

from dataclasses import dataclass
from enum import StrEnum

from agent_memory.ids import SessionId, TurnId
from agent_memory.turns.context_edits import AppliedEdit
from agent_memory.turns.overlap import Overlap


class FinishReason(StrEnum):
    STOP = "stop"
    """The model ended its turn by itself."""
    STOP_SEQUENCE = "stop_sequence"
    LENGTH = "length"
    """As many tokens as were asked for, or as many as the server gives."""
    WINDOW = "window"
    """The context window is full; more was asked for."""
    TOOL_CALLS = "tool_calls"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one turn, exactly as they were used.

    prompt_tokens counts the whole prompt; cached_tokens of them were not computed again.
    prompt_tokens_computed = prompt_tokens - cached_tokens.
    cached_from_memory of the cached ones were at rest in memory, cached_from_shelf were read from
    disk. cache_write_tokens: of the others, those that a provider charges for keeping.
    contexts: versions of documents that the turn was given to read, such as `plan@7`.
    """

    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int = 0
    cached_from_shelf: int = 0
    miss_reason: str | None = None
    cached_from_memory: int = 0
    cache_write_tokens: int = 0
    contexts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """One token with its log-probability (natural logarithm) and the likeliest alternatives."""

    token: str
    token_bytes: tuple[int, ...]
    logprob: float
    top: tuple["TokenLogprob", ...] = ()


@dataclass(frozen=True, slots=True)
class Injected:
    """What memory put in front of the last message: ids of items, and tokens of the text.

    problem: why nothing could be looked for.
    """

    item_ids: tuple[str, ...] = ()
    num_tokens: int = 0
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Who answers, where it is not the local engine. upstream_ms: from the first attempt to the
    first word, pauses and failed attempts included; num_attempts: how many there were."""

    provider: str
    num_attempts: int = 1
    upstream_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class TurnStarted:
    """The prompt is known and the turn is queued. `usage` has no completion tokens yet.

    memory: None where the turn had nothing to do with memory.
    model: the name of the model that answers, and model_fingerprint what it is. Said again when
        another one has taken its place before it said a word. source: None for the local engine.
    is_repeat: the turn was answered before, and is told again.
    overlap: with the turn that the client wants this one to be compared with.
    edits: those of the context that the client asked for and that were made.
    """

    turn_id: TurnId
    session_id: SessionId
    usage: Usage
    memory: Injected | None = None
    model: str = ""
    model_fingerprint: str = ""
    is_repeat: bool = False
    overlap: Overlap | None = None
    edits: tuple[AppliedEdit, ...] = ()
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class PassedHead:
    """Status and headers of an answer that is passed on as it is."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PassedStarted(TurnStarted):
    """The same for an answer whose bytes are passed on."""

    head: PassedHead = PassedHead()


@dataclass(frozen=True, slots=True)
class Passed:
    """Bytes of an answer in the client's own protocol. num_chars: of the words and calls in them,
    to estimate what a client got that left before the end."""

    data: bytes
    num_chars: int = 0


@dataclass(frozen=True, slots=True)
class TextDelta:
    index: int
    text: str
    num_tokens: int
    logprobs: tuple[TokenLogprob, ...] = ()


@dataclass(frozen=True, slots=True)
class ThinkingDelta:
    index: int
    text: str
    num_tokens: int
    logprobs: tuple[TokenLogprob, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolCallStarted:
    index: int
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    index: int
    arguments: str
    num_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Ping:
    """Nothing new, but the turn is alive. `num_prefilled` of `num_to_prefill` tokens are done."""

    num_prefilled: int = 0
    num_to_prefill: int = 0


@dataclass(frozen=True, slots=True)
class ChoiceFinished:
    index: int
    reason: FinishReason
    stop_sequence: str | None = None


@dataclass(frozen=True, slots=True)
class TurnFinished:
    """The last event: the transcript is committed and the KV blocks are on the shelf.

    is_estimated: the provider did not say what was used.
    """

    usage: Usage
    is_estimated: bool = False


TurnEvent = (
    TurnStarted
    | PassedStarted
    | Passed
    | TextDelta
    | ThinkingDelta
    | ToolCallStarted
    | ToolCallDelta
    | Ping
    | ChoiceFinished
    | TurnFinished
)


@dataclass(frozen=True, slots=True)
class TurnStep:
    """Events that belong together, and the tokens of choice 0 that they stand for.

    Whoever carries a turn over a process boundary keeps the tokens: a turn that is cut off after
    this step can go on exactly after it. can_resume: False: from here on it cannot, for tools were
    run in the turn.
    """

    events: tuple[TurnEvent, ...]
    token_ids: tuple[int, ...] = ()
    can_resume: bool = True
