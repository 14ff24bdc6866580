"""The upkeep of the ledger: requests of processes that died, days to come, and days that ended."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from agent_memory.ids import WorkspaceId
from agent_memory.jobs.spec import JobRun, Outcome

DAYS_AHEAD = 7
_SETTLED_BY = timedelta(minutes=10)
"""After midnight, everything of the day before has been written."""


class LostRequests(Protocol):
    async def settle_lost(self, workspace: WorkspaceId) -> int:
        """Book requests whose process died; how many."""
        ...

    async def make_days(self, num_ahead: int) -> None:
        """Have the days of the ledger ready before they begin."""
        ...


class LedgerSums(Protocol):
    async def roll_up(self, workspace: WorkspaceId, today: date) -> int:
        """Add up the days before `today` that were not added up yet; how many."""
        ...


class AllWorkspaces(Protocol):
    async def list_workspaces(self) -> Sequence[WorkspaceId]: ...


class KeepLedger:
    """The server's job that keeps the ledger of every workspace in order."""

    def __init__(
        self,
        books: LostRequests,
        sums: LedgerSums,
        workspaces: AllWorkspaces,
        clock: Callable[[], datetime],
    ) -> None:
        self._books = books
        self._sums = sums
        self._workspaces = workspaces
        self._clock = clock

    async def do(self, run: JobRun) -> Outcome:
        del run
        await self._books.make_days(DAYS_AHEAD)
        today = (self._clock() - _SETTLED_BY).astimezone(UTC).date()
        num_lost = num_days = 0
        for workspace in await self._workspaces.list_workspaces():
            num_lost += await self._books.settle_lost(workspace)
            num_days += await self._sums.roll_up(workspace, today)
        return {"num_lost": num_lost, "num_days": num_days}
