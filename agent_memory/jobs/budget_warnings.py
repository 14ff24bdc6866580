"""The job that tells a server that the soft limit of a budget was reached."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

import orjson

from agent_memory.access.budgets import Budget
from agent_memory.contexts.webhooks.ports import Delivery, Sender
from agent_memory.errors import NotFound, WebhookUndelivered
from agent_memory.ids import WorkspaceId
from agent_memory.jobs.forms import STRICT
from agent_memory.jobs.spec import JobRun, Outcome

_GONE = 410
_SKIPPED = {"skipped": "The budget has no soft limit any more."}


@dataclass(frozen=True, slots=True)
class WarningArgs:
    """Of which counter, and what was spent of it then."""

    __pydantic_config__ = STRICT

    budget_id: str
    subject_id: str
    window_start: str
    spent: str
    at: str


class Warned(Protocol):
    async def get_budget(self, workspace: WorkspaceId, budget_id: str) -> Budget:
        """`NotFound` without it."""
        ...

    async def receiver(self, workspace: WorkspaceId, budget_id: str) -> tuple[str, str] | None:
        """Where warnings go, and the secret that signs them; None where none are wanted."""
        ...


class WarnOfBudget:
    """Sends in the form of Standard Webhooks, as changes of contexts are sent."""

    def __init__(self, budgets: Warned, sender: Sender, clock: Callable[[], datetime]) -> None:
        self._budgets = budgets
        self._sender = sender
        self._clock = clock

    async def do(self, run: JobRun, workspace: WorkspaceId, args: WarningArgs) -> Outcome:
        del run
        receiver = await self._budgets.receiver(workspace, args.budget_id)
        try:
            budget = await self._budgets.get_budget(workspace, args.budget_id)
        except NotFound:
            return {**_SKIPPED}
        if receiver is None or budget.soft_limit is None:
            return {**_SKIPPED}
        url, secret = receiver
        delivery = Delivery(url, secret, _message_id(args), self._clock(), _body(budget, args))
        status = await self._sender.send(delivery)
        if status != _GONE and not 200 <= status < 300:
            raise WebhookUndelivered(f"The receiver answered {status}.")
        return {"status": status, "message_id": delivery.message_id}


def _message_id(args: WarningArgs) -> str:
    """The same in every attempt."""
    counter = hashlib.sha256(f"{args.subject_id} {args.window_start}".encode()).hexdigest()
    return f"msg_{args.budget_id}_{counter[:16]}"


def _body(budget: Budget, args: WarningArgs) -> bytes:
    start = datetime.fromisoformat(args.window_start)
    resets_at = budget.resets_at(start)
    return orjson.dumps(
        {
            "type": "budget.soft_limit",
            "timestamp": args.at,
            "data": {
                "budget_id": budget.budget_id,
                "subject": budget.subject.kind,
                "subject_id": args.subject_id,
                "unit": budget.unit,
                "amount": f"{budget.amount.normalize():f}",
                "soft_limit": f"{(budget.soft_limit or Decimal(0)).normalize():f}",
                "spent": args.spent,
                "period": budget.period,
                "window_start": start,
                "resets_at": resets_at,
            },
        }
    )
