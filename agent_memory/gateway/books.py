"""The books: rules that hold, what is reserved, and the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from agent_memory.access.budgets import Budget, Hold
from agent_memory.access.limits import Limit
from agent_memory.access.prompt_policy import PromptPolicy
from agent_memory.gateway.accounting import Asked, Served
from agent_memory.gateway.prices import TokenCounts
from agent_memory.ids import WorkspaceId

LEASE = timedelta(seconds=45)
"""For so long a reservation stands without a word of the process that made it."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that limits the requests of a workspace, and whether they are logged."""

    limits: tuple[Limit, ...] = ()
    budgets: tuple[Budget, ...] = ()
    prompts: PromptPolicy = PromptPolicy()  # noqa: RUF009  frozen value


@dataclass(frozen=True, slots=True)
class Reservation:
    """What is held for one request. entry_id: of its line in the ledger."""

    entry_id: str
    asked: Asked
    holds: tuple[Hold, ...]
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """What an open request is known to have used, in case its process dies."""

    entry_id: str
    tokens: TokenCounts
    cost: Decimal | None


class Books(Protocol):
    """Where it all is written down. Each method is one transaction."""

    async def rules(self, workspace: WorkspaceId) -> Rules: ...

    async def reserve(self, reservation: Reservation) -> None:
        """Hold all of it or nothing; `BudgetExceeded` when a budget does not reach."""
        ...

    async def extend(self, workspace: WorkspaceId, progress: Sequence[Progress]) -> None:
        """The requests are still being answered: their leases begin again."""
        ...

    async def settle(
        self, entry_id: str, served: Served, *, is_reserved: bool, is_moved: bool = False
    ) -> None:
        """Replace what is held by what was used, and write the line of the ledger: once, however
        often it is asked for. is_moved: it was answered in another session than it was held of."""
        ...
