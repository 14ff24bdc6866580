"""The HTTP surface over scripted local models and real providers, in one process."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal

from fastapi import FastAPI

from agent_memory.api.app import create_app
from agent_memory.api.limits import Limits
from agent_memory.gateway.accounting import Admission, Asked, NoAccounts, Served
from agent_memory.gateway.configuration import (
    Alias,
    GatewayConfig,
    ListedModel,
    ProviderConfig,
    ProviderKey,
)
from agent_memory.gateway.placing import Places, Placing
from agent_memory.gateway.prices import Price, Rates, SetPrice
from agent_memory.gateway.remembering import Recollections, Remembering
from agent_memory.gateway.repeatable import Repeatable
from agent_memory.gateway.routed import Routed
from agent_memory.gateway.straight import Straight
from agent_memory.ids import SessionId, WorkspaceId
from agent_memory.providers.far.client import Deadlines
from agent_memory.providers.far.price_list import PriceList
from agent_memory.providers.far.providers import FarProviders
from agent_memory.sessions.far_turns import FarTurns
from agent_memory.sessions.local_answer import LocalAnswerer
from agent_memory.sessions.local_turns import LocalTurns
from agent_memory.sessions.memory_tool import ContextMemoryTool
from agent_memory.sessions.rounds import RoundsAnswerer
from agent_memory.sessions.stored_messages import StoredMessages
from agent_memory.testing.engine import MemoryStore, OpenPool, ScriptedEngine
from agent_memory.testing.near_sessions import NearSessions
from agent_memory.testing.runtime import MemorySessions, ScriptedTurns, scripted_runtime
from agent_memory.turns.models import ModelCard
from agent_memory.turns.route import Wire
from agent_memory.turns.transcript import Transcript

NEAR = "scripted"
"""The local model."""
STUB_KEY = "sk-stub-0123456789"
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
STUB_RATES = Rates(Decimal(3), Decimal(15), Decimal("0.3"), Decimal("3.75"))


class Books(NoAccounts):
    """Accounts that keep everything. It meets `gateway.accounting.Accounts`."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.served: list[Served] = []

    async def admit(self, asked: Asked) -> Admission:
        self.asked.append(asked)
        return Admission()

    async def book(self, served: Served, asked: Asked | None = None) -> None:
        del asked
        self.served.append(served)


class _Sessions(MemorySessions):
    """The sessions that turns have been taken in."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__()
        self._store = store

    async def transcript(self, workspace: WorkspaceId, session: SessionId) -> Transcript:
        return await self._store.load_transcript(workspace, session)


class _Models:
    async def list(self) -> Sequence[ModelCard]:
        return [ModelCard(NEAR, created=0, context_window=100_000)]

    async def check_is_loaded(self, model: str) -> None:
        """Every name will do."""


@dataclass(slots=True)
class StaticConfiguration:
    """What a test has set."""

    config: GatewayConfig

    async def current(self) -> GatewayConfig:
        return self.config

    def price(self, provider: str, model: str, at: datetime) -> Price | None:
        return PriceList().price(self.config, provider, model, at)


def provider(
    name: str, wire: Wire, url: str, secrets: Sequence[str] = (STUB_KEY,)
) -> ProviderConfig:
    """A provider on this machine."""
    keys = tuple(ProviderKey(f"key_{name}_{at}", secret) for at, secret in enumerate(secrets))
    return ProviderConfig(name, wire, url, keys, allow_private=True)


def configured(
    *providers: ProviderConfig, aliases: Mapping[str, Alias] | None = None
) -> GatewayConfig:
    """These providers; each lists `large`, at a price."""
    return GatewayConfig(
        {one.name: one for one in providers},
        aliases or {},
        tuple(ListedModel(one.name, "large", 100_000) for one in providers),
        tuple(
            SetPrice(f"price_{one.name}", one.name, "*", STUB_RATES, NEW_YEAR) for one in providers
        ),
    )


@dataclass(slots=True)
class FarApp:
    """An application whose local engine says `near`, one after the other, beside providers."""

    config: GatewayConfig
    near: Sequence[str] = ()
    recollections: Recollections | None = None
    deadlines: Deadlines = field(default_factory=Deadlines)
    answers_all: bool | None = None
    chance: Callable[[], float] = lambda: 0.0
    books: Books = field(default_factory=Books)
    store: MemoryStore = field(default_factory=MemoryStore)
    pauses: list[float] = field(default_factory=list)
    engine: ScriptedEngine = field(init=False)
    far: FarProviders = field(init=False)
    configuration: StaticConfiguration = field(init=False)
    app: FastAPI = field(init=False)

    def __post_init__(self) -> None:
        self.engine = ScriptedEngine(self.near)
        self.configuration = StaticConfiguration(self.config)
        base = scripted_runtime(ScriptedTurns())
        runner = ContextMemoryTool(base.contexts)
        near = RoundsAnswerer(LocalAnswerer(self.engine, OpenPool()), runner)
        sessions = NearSessions(near, self.store)
        places = Places(self.store)
        local = LocalTurns(sessions, sessions, places, self.engine, self.store, _Models())
        self.far = FarProviders(
            self.configuration,
            (NEAR,),
            self.answers_all,
            self.deadlines,
            sleep=self._pause,
            chance=self.chance,
        )
        far = FarTurns(self.far, self.store, places, sessions, runner)
        routed = Routed(local, far=far)
        remembering = (
            routed
            if self.recollections is None
            else Remembering(routed, self.recollections, StoredMessages(self.store))
        )
        runtime = replace(
            base,
            turns=Straight(Repeatable(Placing(remembering, places), self.store), far),
            routes=routed,
            sessions=_Sessions(self.store),
            accounts=self.books,
            prices=self.configuration,
        )
        self.app = create_app(runtime, Limits())

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
