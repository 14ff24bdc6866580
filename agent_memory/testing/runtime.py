"""A runtime without engine, database or Ray: turns follow a script, sessions live in memory."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from agent_memory.access.principal import ALL_SCOPES, Principal, Scope
from agent_memory.api.runtime import Conversations, Health, NamedTurns, Runtime
from agent_memory.contexts.service.contexts import Contexts
from agent_memory.errors import Conflict, NotFound, Unauthenticated
from agent_memory.gateway.routed import Routed
from agent_memory.ids import KeyId, SessionId, WorkspaceId, new_id
from agent_memory.memory.service.memory import Memory
from agent_memory.pages import Page
from agent_memory.sealed_text import TextSeal
from agent_memory.testing.dict_contexts import dict_contexts
from agent_memory.testing.embeddings import HashingEmbeddings
from agent_memory.testing.engine import MemoryStore
from agent_memory.testing.jobs import DictWorkers
from agent_memory.testing.memory import dict_memory
from agent_memory.turns.conversation_record import ConversationRecord
from agent_memory.turns.events import TurnEvent, TurnStarted
from agent_memory.turns.messages import Message, Role, Text
from agent_memory.turns.models import ModelCard
from agent_memory.turns.request import TurnRequest
from agent_memory.turns.transcript import SessionArrival, SessionRecord, Transcript

TEST_KEY = "am_test_0123456789abcdef"
TEST_WORKSPACE = WorkspaceId("ws_test")


@dataclass(frozen=True, slots=True)
class Pause:
    """A silence of so many seconds in a script."""

    seconds: float


Step = TurnEvent | Pause | Exception
Script = Sequence[Step] | Callable[[TurnRequest], Sequence[Step]]


class ScriptedTurns:
    """Every turn yields the steps of the script: events as they are, errors raised, pauses slept.

    A `TurnStarted` gets the ids of the request (its own session id where the request names none).
    requests: what was asked, in order. is_asked: set by the first turn.
    num_closed: turns whose iterator has ended, in any way.
    num_finished: turns whose script was followed to its end.
    """

    def __init__(
        self, script: Script = (), models: Sequence[ModelCard] = (), num_prompt_tokens: int = 0
    ) -> None:
        self.script = script
        self.model_cards = models
        self.num_prompt_tokens = num_prompt_tokens
        self.requests: list[TurnRequest] = []
        self.is_asked = asyncio.Event()
        self.num_closed = 0
        self.num_finished = 0

    async def answer(self, request: TurnRequest) -> AsyncGenerator[TurnEvent, None]:
        self.requests.append(request)
        self.is_asked.set()
        steps = self.script(request) if callable(self.script) else self.script
        try:
            for step in steps:
                match step:
                    case Pause(seconds):
                        await asyncio.sleep(seconds)
                    case Exception():
                        raise step
                    case TurnStarted():
                        yield _started(step, request)
                    case _:
                        yield step
            self.num_finished += 1
        finally:
            self.num_closed += 1

    async def count(self, request: TurnRequest) -> int:
        self.requests.append(request)
        return self.num_prompt_tokens

    async def cards(self) -> Sequence[ModelCard]:
        return self.model_cards


def _started(event: TurnStarted, request: TurnRequest) -> TurnStarted:
    session_id = request.named_session or event.session_id
    return replace(event, turn_id=request.turn_id, session_id=session_id)


class MemorySessions:
    """Sessions in a dictionary, newest last; cursors are positions."""

    def __init__(self, model: str = "scripted") -> None:
        self._model = model
        self._transcripts: dict[tuple[WorkspaceId, SessionId], Transcript] = {}
        self.kept_on_shelf: list[SessionId] = []

    def add(
        self, workspace: WorkspaceId, session: SessionId, messages: Sequence[Message] = ()
    ) -> SessionRecord:
        """Put a session there as if it had been used."""
        now = datetime(2026, 1, 1, tzinfo=UTC)
        record = SessionRecord(
            session_id=session,
            workspace_id=workspace,
            created_at=now,
            updated_at=now,
            num_turns=0,
            num_messages=len(messages),
            num_tokens=0,
            head_hash=None,
            model=self._model,
        )
        self._transcripts[workspace, session] = Transcript(record, tuple(messages), ())
        return record

    async def create(self, workspace: WorkspaceId, session: SessionId | None) -> SessionRecord:
        session = session or SessionId(new_id("sess"))
        if (workspace, session) in self._transcripts:
            raise Conflict(f"The session '{session}' already exists.")
        return self.add(workspace, session)

    async def get(self, workspace: WorkspaceId, session: SessionId) -> SessionRecord:
        return (await self.transcript(workspace, session)).session

    async def list(
        self, workspace: WorkspaceId, cursor: str | None, limit: int
    ) -> Page[SessionRecord]:
        records = [
            transcript.session
            for (owner, _), transcript in reversed(self._transcripts.items())
            if owner == workspace
        ]
        start = int(cursor or 0)
        end = start + limit
        return Page(records[start:end], str(end) if end < len(records) else None)

    async def transcript(self, workspace: WorkspaceId, session: SessionId) -> Transcript:
        try:
            return self._transcripts[workspace, session]
        except KeyError:
            raise NotFound("session", session) from None

    async def delete(self, workspace: WorkspaceId, session: SessionId, keep_shelf: bool) -> None:
        await self.transcript(workspace, session)
        if keep_shelf:
            self.kept_on_shelf.append(session)
        else:
            del self._transcripts[workspace, session]

    async def fork(
        self,
        workspace: WorkspaceId,
        session: SessionId,
        fork: SessionId | None,
        num_turns: int | None,
    ) -> SessionRecord:
        messages = (await self.transcript(workspace, session)).messages
        kept = messages if num_turns is None else messages[: 2 * num_turns]
        return self.add(workspace, fork or SessionId(new_id("sess")), kept)

    async def export(self, workspace: WorkspaceId, session: SessionId) -> AsyncIterator[bytes]:
        transcript = await self.transcript(workspace, session)

        async def pieces() -> AsyncIterator[bytes]:
            for message in transcript.messages:
                yield message.text.encode() + b"\n"

        return pieces()

    async def arrive(
        self, workspace: WorkspaceId, session: SessionId | None, archive: AsyncIterator[bytes]
    ) -> SessionArrival:
        lines = b"".join([piece async for piece in archive]).decode().splitlines()
        messages = [Message(Role.USER, (Text(line),)) for line in lines]
        record = self.add(workspace, session or SessionId(new_id("sess")), messages)
        return SessionArrival(record, len(lines), None)

    async def count(self, workspace: WorkspaceId) -> int:
        return sum(owner == workspace for owner, _ in self._transcripts)

    async def stats(self, workspace: WorkspaceId) -> Mapping[str, int | float]:
        return {"sessions": await self.count(workspace), "engine_running": 0}


class DictConversations:
    """Sessions that are described, and added to, in a dictionary."""

    def __init__(self, sessions: MemorySessions) -> None:
        self._sessions = sessions
        self._records: dict[tuple[WorkspaceId, SessionId], ConversationRecord] = {}

    async def get(self, workspace: WorkspaceId, session: SessionId) -> ConversationRecord:
        held = await self._sessions.get(workspace, session)
        new = ConversationRecord(session, held.created_at, {})
        return self._records.get((workspace, session), new)

    async def describe(
        self, workspace: WorkspaceId, session: SessionId, metadata: Mapping[str, str]
    ) -> ConversationRecord:
        changed = replace(await self.get(workspace, session), metadata=metadata)
        self._records[workspace, session] = changed
        return changed

    async def add(
        self, workspace: WorkspaceId, session: SessionId, messages: Sequence[Message]
    ) -> ConversationRecord:
        before = await self.get(workspace, session)
        changed = replace(before, added=(*before.added, *messages))
        self._records[workspace, session] = changed
        return changed


class ScriptedModels:
    """Loads and offloads the cards of the scripted turns; `errors` are raised by model."""

    def __init__(self, turns: ScriptedTurns) -> None:
        self._turns = turns
        self.errors: dict[str, Exception] = {}
        self.graces: list[float | None] = []

    async def load(self, model: str, grace_s: float | None) -> ModelCard:
        return self._become(model, "loaded", grace_s)

    async def offload(self, model: str, grace_s: float | None) -> ModelCard:
        return self._become(model, "offloaded", grace_s)

    def _become(self, model: str, state: str, grace_s: float | None) -> ModelCard:
        if model in self.errors:
            raise self.errors[model]
        self.graces.append(grace_s)
        [card] = [card for card in self._turns.model_cards if card.id == model]
        changed = replace(card, state=state)
        self._turns.model_cards = [
            changed if one is card else one for one in self._turns.model_cards
        ]
        return changed


class StaticKeys:
    """The keys it was given, each with its principal."""

    def __init__(self, principals: Mapping[str, Principal]) -> None:
        self.principals = dict(principals)

    async def authenticate(self, key: str) -> Principal:
        try:
            return self.principals[key]
        except KeyError:
            raise Unauthenticated("The API key is not valid.") from None


@dataclass(slots=True)
class StaticCondition:
    """As healthy as it is told to be."""

    is_started: bool = True
    is_ready: bool = True
    checks: Mapping[str, str] = field(default_factory=lambda: {"engine": "ok"})
    text: str = ""

    async def health(self) -> Health:
        return Health(self.is_started, self.is_ready, self.checks)

    async def metrics(self) -> str:
        return self.text


def principal(
    workspace: WorkspaceId = TEST_WORKSPACE, scopes: frozenset[Scope] = ALL_SCOPES
) -> Principal:
    """Whoever holds a key of the tests."""
    return Principal(KeyId("key_test"), workspace, scopes)


def scripted_runtime(
    turns: ScriptedTurns,
    sessions: MemorySessions | None = None,
    keys: StaticKeys | None = None,
    condition: StaticCondition | None = None,
    memory: Memory | None = None,
    embeddings: HashingEmbeddings | None = None,
    workers: DictWorkers | None = None,
    models: ScriptedModels | None = None,
    named_turns: NamedTurns | None = None,
    conversations: Conversations | None = None,
    contexts: Contexts | None = None,
) -> Runtime:
    """A runtime whose one key, `TEST_KEY`, may do everything, unless told otherwise."""
    sessions = sessions or MemorySessions()
    return Runtime(
        turns,
        Routed(turns),
        sessions,
        keys or StaticKeys({TEST_KEY: principal()}),
        condition or StaticCondition(),
        sessions,
        memory or dict_memory(),
        embeddings or HashingEmbeddings(),
        workers or DictWorkers(),
        models or ScriptedModels(turns),
        named_turns or MemoryStore(),
        conversations or DictConversations(sessions),
        TextSeal(b"secret of the tests"),
        contexts or dict_contexts(),
    )
