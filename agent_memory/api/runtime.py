"""Ports of the HTTP surfaces: all that they need of the rest of the product."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from agent_memory.access.principal import Principal
from agent_memory.api.administration import Administration
from agent_memory.api.feed.runtime import ContextFeed
from agent_memory.contexts.memory_stores.versions import MemoryVersions
from agent_memory.contexts.search import ContextSearch
from agent_memory.contexts.service.contexts import Contexts
from agent_memory.gateway.accounting import Accounts, NoAccounts
from agent_memory.gateway.breaker import BreakerReport
from agent_memory.gateway.configuration import (
    Alias,
    GatewayConfig,
    ProviderConfig,
    ProviderKey,
)
from agent_memory.gateway.prices import Price, SetPrice
from agent_memory.gateway.prompt_log import PromptLog
from agent_memory.gateway.provider import Provider
from agent_memory.ids import JobId, SessionId, TurnId, WorkspaceId
from agent_memory.json_value import Json
from agent_memory.memory.service.memory import Memory
from agent_memory.memory.vectors.embedding_space import Embedded, EmbeddingSpace
from agent_memory.pages import Page
from agent_memory.sealed_text import TextSeal
from agent_memory.turns.answered import AnsweredTurn
from agent_memory.turns.conversation_record import ConversationRecord
from agent_memory.turns.messages import Message
from agent_memory.turns.models import ModelCard
from agent_memory.turns.request import TurnRequest
from agent_memory.turns.route import Route
from agent_memory.turns.transcript import SessionArrival, SessionRecord, Transcript
from agent_memory.work.job import JobCount, JobRecord, JobState, SchedulerStatus


class NamedTurns(Protocol):
    """The turns that were committed, whichever surface they came through, by their ids."""

    async def find(self, workspace: WorkspaceId, turn: TurnId) -> AnsweredTurn | None:
        """None when no turn of that id was committed, or it was deleted with its session."""
        ...

    async def messages_after(self, workspace: WorkspaceId, turn: TurnId) -> Sequence[Message]:
        """The conversation as the turn left it. Raises `TurnNotFound`."""
        ...

    async def withdraw(self, workspace: WorkspaceId, turn: TurnId) -> None:
        """Tell nobody of it any more; its words stay, where later turns stand on them."""
        ...


class Conversations(Protocol):
    """What sessions have besides as conversations of OpenAI's. Unknown ids raise `NotFound`."""

    async def get(self, workspace: WorkspaceId, session: SessionId) -> ConversationRecord: ...

    async def describe(
        self, workspace: WorkspaceId, session: SessionId, metadata: Mapping[str, str]
    ) -> ConversationRecord:
        """Give it other metadata."""
        ...

    async def add(
        self, workspace: WorkspaceId, session: SessionId, messages: Sequence[Message]
    ) -> ConversationRecord:
        """Add messages that the next turn says first."""
        ...


class Prices(Protocol):
    """What models cost."""

    def price(self, provider: str, model: str, at: datetime) -> Price | None:
        """None where nobody knows. It looks nothing up that takes time."""
        ...


class Routes(Protocol):
    """Which provider answers for a model, before anything else of a request is known."""

    async def route(self, model: str) -> Route:
        """Where the request goes. For the local engine its fields are judged here; other providers
        judge the fields themselves. `UnknownModel` where no model has that name."""
        ...


class Sessions(Protocol):
    """The sessions of a workspace. Unknown ids raise `NotFound`."""

    async def create(self, workspace: WorkspaceId, session: SessionId | None) -> SessionRecord:
        """A new, empty session; `Conflict` when one of that id exists."""
        ...

    async def get(self, workspace: WorkspaceId, session: SessionId) -> SessionRecord: ...

    async def list(
        self, workspace: WorkspaceId, cursor: str | None, limit: int
    ) -> Page[SessionRecord]:
        """Newest first, and the cursor of the next page."""
        ...

    async def transcript(self, workspace: WorkspaceId, session: SessionId) -> Transcript: ...

    async def delete(self, workspace: WorkspaceId, session: SessionId, keep_shelf: bool) -> None:
        """Forget the session for good, or with `keep_shelf` only let go of its live parts."""
        ...

    async def count(self, workspace: WorkspaceId) -> int:
        """The sessions of the workspace."""
        ...

    async def stats(self, workspace: WorkspaceId) -> Mapping[str, int | float]:
        """The same as `sessions`, and the machine's: live, busy, blocks and bytes by tier."""
        ...


class Travel(Protocol):
    """Sessions that become others: forked here, or carried to and from elsewhere."""

    async def fork(
        self,
        workspace: WorkspaceId,
        session: SessionId,
        fork: SessionId | None,
        num_turns: int | None,
    ) -> SessionRecord:
        """A new session that begins as `session` stood after `num_turns` turns, or stands now."""
        ...

    async def export(self, workspace: WorkspaceId, session: SessionId) -> AsyncIterator[bytes]:
        """The session with its KV as a tar archive, piece by piece."""
        ...

    async def arrive(
        self, workspace: WorkspaceId, session: SessionId | None, archive: AsyncIterator[bytes]
    ) -> SessionArrival:
        """A new session out of an archive; `InvalidRequest` when it is none or is damaged."""
        ...


class Models(Protocol):
    """Which model is loaded, and how another takes its place. `InvalidRequest` for a model that is
    not known, `Conflict` while another change is under way."""

    async def load(self, model: str, grace_s: float | None) -> ModelCard:
        """Have it serve, once running turns have ended or `grace_s` seconds have passed (by default
        those of the settings). `ModelLoadFailed` when it cannot; the former one serves then."""
        ...

    async def offload(self, model: str, grace_s: float | None) -> ModelCard:
        """Free its memory; nothing is loaded in its place."""
        ...


class Providers(Protocol):
    """The providers, aliases and prices that operators set. Unknown names raise `NotFound`."""

    async def config(self) -> GatewayConfig:
        """As it is stored now, with what the environment adds."""
        ...

    async def put(self, config: ProviderConfig) -> None:
        """Make or change one; its keys, if any are given, take the place of the old."""
        ...

    async def add_key(self, provider: str, secret: str, weight: int) -> ProviderKey: ...

    async def drop_key(self, provider: str, key_id: str) -> None: ...

    async def set_enabled(self, provider: str, *, is_enabled: bool) -> None: ...

    async def remove(self, provider: str) -> None: ...

    async def check(self, provider: str) -> int:
        """Ask it for its models, and keep the list; how many there are. `UpstreamBroken` says why
        it cannot be asked."""
        ...

    async def put_alias(self, alias: Alias) -> None: ...

    async def remove_alias(self, name: str) -> None: ...

    async def put_price(self, price: SetPrice) -> None: ...

    def breakers(self) -> Sequence[BreakerReport]:
        """Those of this process that have something to tell."""
        ...

    def reset_breakers(self, provider: str) -> int: ...


class Embeddings(Protocol):
    """The model that memory is searched with, for anybody's texts."""

    @property
    def space(self) -> EmbeddingSpace | None:
        """Which model it is; None where there are to be no vectors."""
        ...

    async def embed(self, texts: Sequence[str], model: str, num_dims: int | None) -> Embedded:
        """`NotFound` for any other model; `InvalidRequest` for a size it cannot have;
        `EmbeddingUnavailable` while there are no vectors to be had."""
        ...


class Workers(Protocol):
    """The jobs of a workspace. Unknown ids raise `NotFound`."""

    async def start(self, workspace: WorkspaceId, kind: str, args: Mapping[str, Json]) -> JobRecord:
        """Queue a job; `InvalidRequest` for a kind or arguments that may not be."""
        ...

    async def get(self, workspace: WorkspaceId, job: JobId) -> JobRecord: ...

    async def list(
        self, workspace: WorkspaceId, state: JobState | None, cursor: str | None, limit: int
    ) -> Page[JobRecord]:
        """Newest first, and the cursor of the next page."""
        ...

    async def cancel(self, workspace: WorkspaceId, job: JobId) -> JobRecord:
        """`Conflict` when it has ended."""
        ...

    async def retry(self, workspace: WorkspaceId, job: JobId) -> JobRecord:
        """`Conflict` unless it is dead or cancelled."""
        ...

    async def counts(self, workspace: WorkspaceId) -> Sequence[JobCount]: ...

    async def scheduler(self) -> SchedulerStatus: ...


class Keys(Protocol):
    async def authenticate(self, key: str) -> Principal:
        """The holder of `key`; `Unauthenticated` when it is unknown, expired or revoked."""
        ...


@dataclass(frozen=True, slots=True)
class Health:
    """`checks` says "ok" or what is wrong, by part (storage, engine, sessions)."""

    is_started: bool
    is_ready: bool
    checks: Mapping[str, str]


class Condition(Protocol):
    async def health(self) -> Health: ...

    async def metrics(self) -> str:
        """Metrics of the other actors in Prometheus text format (may be empty)."""
        ...


@dataclass(frozen=True, slots=True)
class Runtime:
    """administration: None where nobody administers anything. find_session: which session will take
    a turn; a new one gets an id of its own each time."""

    turns: Provider
    routes: Routes
    sessions: Sessions
    keys: Keys
    condition: Condition
    travel: Travel
    memory: Memory
    embeddings: Embeddings
    workers: Workers
    models: Models
    named_turns: NamedTurns
    conversations: Conversations
    seal: TextSeal
    contexts: Contexts
    context_feed: ContextFeed | None = None
    memory_versions: MemoryVersions | None = None
    context_search: ContextSearch | None = None
    accounts: Accounts = field(default_factory=NoAccounts)
    administration: Administration | None = None
    find_session: Callable[[TurnRequest], Awaitable[SessionId]] | None = None
    providers: Providers | None = None
    prices: Prices | None = None
    prompt_log: PromptLog | None = None
