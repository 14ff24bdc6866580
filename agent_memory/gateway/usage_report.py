"""Usage added up: the answer of `GET /v1/usage`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from agent_memory.gateway.accounting import Served
from agent_memory.gateway.prices import TokenCounts
from agent_memory.ids import KeyId, SessionId, WorkspaceId
from agent_memory.pages import Page


class UsageBy(StrEnum):
    """What rows of a report are told apart by."""

    DAY = "day"
    KEY = "key"
    PROVIDER = "provider"
    MODEL = "model"
    AGENT = "agent"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class UsageRow:
    """Sums of the requests that have `by` in common. num_unpriced: requests without a known price,
    which add nothing to `cost` (dollars). latency_ms: on average."""

    by: dict[UsageBy, str]
    num_requests: int
    num_errors: int
    num_cancelled: int
    num_unpriced: int
    tokens: TokenCounts
    cost: Decimal
    latency_ms: float


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One request as it stands in the ledger."""

    entry_id: str
    served: Served


class Ledger(Protocol):
    """The ledger of a workspace, to be read."""

    async def lines(
        self,
        workspace: WorkspaceId,
        cursor: str | None,
        limit: int,
        key: KeyId | None = None,
        session: SessionId | None = None,
    ) -> Page[LedgerLine]:
        """Newest first, of one key or session or of all."""
        ...

    async def usage(
        self,
        workspace: WorkspaceId,
        first: date,
        last: date,
        by: Sequence[UsageBy],
        key: KeyId | None = None,
    ) -> list[UsageRow]:
        """Sums over the days from `first` to `last` (UTC), both included."""
        ...
