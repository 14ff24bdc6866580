"""Telling a server that the soft limit of a budget was reached."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import orjson
import pytest

from agent_memory.access.budgets import Budget, Period, Unit
from agent_memory.access.subject import Subject, SubjectKind
from agent_memory.contexts.webhooks.ports import Delivery
from agent_memory.errors import NotFound, WebhookUndelivered
from agent_memory.ids import WorkspaceId
from agent_memory.jobs.budget_warnings import WarningArgs, WarnOfBudget
from agent_memory.jobs.spec import JobRun

OURS = WorkspaceId("ours")
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
BUDGET = Budget(
    "budget_1",
    Subject(SubjectKind.SESSION),
    Unit.USD,
    Decimal(20),
    Period.MONTH,
    soft_limit=Decimal("16.00"),
    webhook_url="https://hooks.example.com",
)
ARGS = WarningArgs("budget_1", "sess_1", "2026-03-01T00:00:00+00:00", "16.25", NOON.isoformat())


async def _no_note(progress: object) -> None:
    """Nobody looks at the progress."""


RUN = JobRun(1, 0, _no_note)


class _Budgets:
    def __init__(self, budget: Budget | None) -> None:
        self._budget = budget

    async def get_budget(self, workspace: WorkspaceId, budget_id: str) -> Budget:
        assert (workspace, budget_id) == (OURS, "budget_1")
        if self._budget is None:
            raise NotFound("budget", budget_id)
        return self._budget

    async def receiver(self, workspace: WorkspaceId, budget_id: str) -> tuple[str, str] | None:
        del workspace, budget_id
        url = None if self._budget is None else self._budget.webhook_url
        return None if url is None else (url, "whsec_c2VjcmV0")


class _Sender:
    def __init__(self, *statuses: int) -> None:
        self._statuses = list(statuses)
        self.sent: list[Delivery] = []

    async def send(self, delivery: Delivery) -> int:
        self.sent.append(delivery)
        return self._statuses.pop(0)


async def test_the_message_says_which_budget_and_how_it_stands() -> None:
    sender = _Sender(204)
    await WarnOfBudget(_Budgets(BUDGET), sender, lambda: NOON).do(RUN, OURS, ARGS)
    [sent] = sender.sent
    assert (sent.url, sent.secret) == ("https://hooks.example.com", "whsec_c2VjcmV0")
    assert orjson.loads(sent.body) == {
        "type": "budget.soft_limit",
        "timestamp": "2026-03-05T12:00:00+00:00",
        "data": {
            "budget_id": "budget_1",
            "subject": "session",
            "subject_id": "sess_1",
            "unit": "usd",
            "amount": "20",
            "soft_limit": "16",
            "spent": "16.25",
            "period": "month",
            "window_start": "2026-03-01T00:00:00+00:00",
            "resets_at": "2026-04-01T00:00:00+00:00",
        },
    }


async def test_a_failed_message_is_sent_again_under_the_same_id() -> None:
    sender = _Sender(500, 200)
    job = WarnOfBudget(_Budgets(BUDGET), sender, lambda: NOON)
    with pytest.raises(WebhookUndelivered):
        await job.do(RUN, OURS, ARGS)
    await job.do(RUN, OURS, ARGS)
    assert sender.sent[0].message_id == sender.sent[1].message_id
    other = replace(ARGS, window_start="2026-04-01T00:00:00+00:00")
    later = _Sender(200)
    await WarnOfBudget(_Budgets(BUDGET), later, lambda: NOON).do(RUN, OURS, other)
    assert later.sent[0].message_id != sender.sent[0].message_id


@pytest.mark.parametrize("budget", [None, replace(BUDGET, soft_limit=None, webhook_url=None)])
async def test_nobody_is_told_of_a_soft_limit_that_is_gone(budget: Budget | None) -> None:
    sender = _Sender()
    outcome = await WarnOfBudget(_Budgets(budget), sender, lambda: NOON).do(RUN, OURS, ARGS)
    assert "skipped" in outcome
    assert sender.sent == []
