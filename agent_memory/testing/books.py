"""Books in dictionaries."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from agent_memory.access.budgets import Balance, CounterKey, exhausted
from agent_memory.errors import BudgetExceeded
from agent_memory.gateway.accounting import Served
from agent_memory.gateway.books import Progress, Reservation, Rules
from agent_memory.ids import WorkspaceId

AT = datetime(2026, 1, 1, tzinfo=UTC)


class DictBooks:
    """Implements `Books`. errors: raised by `settle`, one a call, before it does anything."""

    def __init__(self, rules: Rules = Rules()) -> None:  # noqa: B008  frozen value
        self.current = rules
        self.balances: dict[CounterKey, Balance] = {}
        self.open: dict[str, Reservation] = {}
        self.settled: dict[str, Served] = {}
        self.progress: dict[str, Progress] = {}
        self.errors: list[Exception] = []
        self.num_reads = 0

    async def rules(self, workspace: WorkspaceId) -> Rules:
        del workspace
        self.num_reads += 1
        return self.current

    async def reserve(self, reservation: Reservation) -> None:
        if (hold := exhausted(reservation.holds, self.balances)) is not None:
            subject = f"{hold.budget.subject.kind} '{hold.counter.subject_id}'"
            raise BudgetExceeded(subject, hold.budget.unit, "some", "less", "more", None)
        self.open[reservation.entry_id] = reservation
        for hold in reservation.holds:
            self._change(hold.counter, held=hold.amount)

    async def extend(self, workspace: WorkspaceId, progress: Sequence[Progress]) -> None:
        del workspace
        self.progress |= {one.entry_id: one for one in progress}

    async def settle(
        self, entry_id: str, served: Served, *, is_reserved: bool, is_moved: bool = False
    ) -> None:
        del is_moved
        if self.errors:
            raise self.errors.pop(0)
        if entry_id in self.settled:
            return
        self.settled[entry_id] = served
        if not is_reserved:
            return
        used = served.tokens.prompt_tokens + served.tokens.output_tokens
        for hold in self.open.pop(entry_id).holds:
            self._change(hold.counter, held=-hold.amount, spent=Decimal(used))

    def _change(
        self, key: CounterKey, held: Decimal = Decimal(0), spent: Decimal = Decimal(0)
    ) -> None:
        before = self.balances.get(key, Balance())
        self.balances[key] = replace(before, held=before.held + held, spent=before.spent + spent)
