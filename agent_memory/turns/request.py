"""One turn as a surface hands it to a session."""

from dataclasses import dataclass

from agent_memory.ids import RequestId, SessionId, ThreadId, TurnId, WorkspaceId
from agent_memory.turns.messages import Message, Recollection, ToolChoice, ToolSpec
from agent_memory.turns.sampling import SamplingParams


@dataclass(frozen=True, slots=True)
class TurnMemory:
    """What a turn has to do with memory.

    recall: look for what helps to answer, and let the model read it before the new words.
    remember: keep the exchange, once it is committed.
    thread_id: where both happen; None recalls from everywhere and remembers under the session's id.
    token_budget: most tokens of what is recalled.
    recollection: what was found, put there between the surface and the session. problem: why
        nothing could be looked for; the turn is taken all the same.
    """

    recall: bool = True
    remember: bool = True
    thread_id: ThreadId | None = None
    token_budget: int = 1024
    recollection: Recollection | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class MessagePin:
    """The KV of the first `num_messages` messages is to stay for `seconds` after the turn."""

    num_messages: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Branch:
    """Where a conversation leaves another session's: behind this turn of it."""

    session_id: SessionId
    turn_id: TurnId


@dataclass(frozen=True, slots=True)
class TurnRequest:
    """What a client asks of one session.

    messages: the whole conversation (system first) or, when `is_delta`, only what is new.
    parallel_tool_calls: False: the answer ends behind its first call of a tool.
    raw_prompt: text for `/v1/completions`, which has no messages and no template.
    session_id: the session the client named, or None to find or make one by history.
    max_tokens_given: False when the client named no bound and the rest of the window is meant.
    thinking: None leaves it to the model's template.
    is_repeatable: the turn's id follows from a key of the client's, who may send it again.
    thinking_budget: most tokens that a model which thinks may think; then it must answer.
    expected_head: when the session was found by its history, the head hash it had then; the turn is
        refused with `ConversationMoved` if it has got further since.
    branch: the turn of another session behind which this one begins, if it is not stored yet.
    delivered_tokens: generated tokens that the client has already received from a session process
        that died (choice 0); the turn goes on behind them. delivered_by: fingerprint of the model
        whose tokens they are.
    cache_marks: how many messages stand before each place that the client marked as worth keeping.
    priority: below 0, the turn yields to everyone; otherwise the higher goes first among those of
        its workspace.
    pins: beginnings of the conversation that the client wants to be kept for a while.
    json_schema: JSON text of the schema that the answer must satisfy (`{"type": "object"}` for any
        object), or None for free text.
    """

    turn_id: TurnId
    request_id: RequestId
    workspace_id: WorkspaceId
    messages: tuple[Message, ...]
    sampling: SamplingParams
    session_id: SessionId | None = None
    tools: tuple[ToolSpec, ...] = ()
    tool_choice: ToolChoice = ToolChoice()  # noqa: RUF009  frozen value
    parallel_tool_calls: bool = True
    thinking: bool | None = None
    thinking_budget: int | None = None
    is_repeatable: bool = False
    is_delta: bool = False
    raw_prompt: str | None = None
    model: str = ""
    max_tokens_given: bool = True
    json_schema: str | None = None
    expected_head: str | None = None
    branch: Branch | None = None
    cache_marks: tuple[int, ...] = ()
    delivered_tokens: tuple[int, ...] = ()
    delivered_by: str = ""
    memory: TurnMemory | None = None
    priority: int = 0
    pins: tuple[MessagePin, ...] = ()
