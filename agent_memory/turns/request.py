"""One turn as a surface asks for it, and as it goes on from there."""

from dataclasses import dataclass, replace

from agent_memory.errors import InvariantBroken
from agent_memory.ids import RequestId, SessionId, ThreadId, TurnId, WorkspaceId
from agent_memory.turns.answer_form import AnswerForm
from agent_memory.turns.attached import AttachedContext
from agent_memory.turns.context_edits import ContextEdit
from agent_memory.turns.messages import Message, Recollection
from agent_memory.turns.own_tool import MemoryTool
from agent_memory.turns.placement import Branch, Placement
from agent_memory.turns.prompt_tags import PromptTags
from agent_memory.turns.route import Route
from agent_memory.turns.sampling import SamplingParams
from agent_memory.turns.sent import Sent


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
class TurnRequest:
    """A client's question, the form that the answer is to have, and where the turn was placed.

    messages: the whole conversation (system first) or, when `is_delta`, only what is new.
    raw_prompt: text or token ids for `/v1/completions`, which has no messages and no template.
    named_session: the session the client named, or None to find or make one by history.
    max_tokens_given: False when the client named no bound and the rest of the window is meant.
    continues: the turn, of whichever session, after which this one comes; the session that it was
        taken in is then the one to go on, or to leave where it has got further.
    is_repeatable: the turn's id follows from a key of the client's, who may send it again.
    cache_marks: how many messages stand before each place that the client marked as worth keeping.
    sent: the request as the client sent it, for a provider that judges it itself; None for the
        local engine.
    is_passing: the turn is nothing but what was sent: it belongs to no session, and no message of
        it was read here.
    route: which providers may answer; None: the local engine.
    priority: below 0, the turn yields to everyone; otherwise the higher goes first among those of
        its workspace.
    pins: beginnings of the conversation that the client wants to be kept for a while.
    placement: the session that takes the turn; None until one is found or made for it.
    is_stored: False: nothing of the turn is written to the database.
    is_fading: its KV is on the shelf only sealed, under a key that is forgotten after a time.
    kept: JSON text of what the surface keeps with the turn, to tell of it again.
    prefill: text of the assistant's that the answer goes on from, and begins with once it is kept.
    edits: what the model is not to read again of the conversation.
    tags: what the client said beside messages and form. compare_with: the turn with whose prompt
        this one's is to be compared.
    contexts: documents that the model is to have read.
    memory_tool: the memory tool is run here, within the turn.
    """

    turn_id: TurnId
    request_id: RequestId
    workspace_id: WorkspaceId
    messages: tuple[Message, ...]
    sampling: SamplingParams
    form: AnswerForm = AnswerForm()  # noqa: RUF009  frozen value
    named_session: SessionId | None = None
    is_repeatable: bool = False
    is_delta: bool = False
    continues: TurnId | None = None
    raw_prompt: str | tuple[int, ...] | None = None
    model: str = ""
    max_tokens_given: bool = True
    cache_marks: tuple[int, ...] = ()
    sent: Sent | None = None
    is_passing: bool = False
    route: Route | None = None
    memory: TurnMemory | None = None
    priority: int = 0
    pins: tuple[MessagePin, ...] = ()
    placement: Placement | None = None
    is_stored: bool = True
    is_fading: bool = False
    kept: str | None = None
    prefill: str = ""
    edits: tuple[ContextEdit, ...] = ()
    tags: PromptTags = PromptTags()  # noqa: RUF009  frozen value
    compare_with: Branch | None = None

    def within(self, num_before: int) -> "TurnRequest":
        """The request with its places counted from the beginning of the conversation, of which
        `num_before` messages stand before its own."""
        return replace(
            self,
            cache_marks=tuple(num_before + mark for mark in self.cache_marks),
            pins=tuple(
                replace(pin, num_messages=num_before + pin.num_messages) for pin in self.pins
            ),
        )

    contexts: tuple[AttachedContext, ...] = ()
    memory_tool: MemoryTool | None = None

    @property
    def placed(self) -> Placement:
        """Where the turn is taken, for those who come after it was placed."""
        if self.placement is None:
            raise InvariantBroken(f"the turn {self.turn_id} has no session yet")
        return self.placement
