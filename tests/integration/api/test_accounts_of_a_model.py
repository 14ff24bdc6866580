"""A real model in one process, with its accounts in PostgreSQL."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import anthropic
import httpx2
import openai
import pytest
from fastapi import FastAPI

from agent_memory.access.budgets import Period, Unit
from agent_memory.access.limiter import LocalLimiter
from agent_memory.access.subject import Subject, SubjectKind
from agent_memory.api.runtime import Runtime
from agent_memory.gateway.accountant import Accountant
from agent_memory.ids import WorkspaceId
from agent_memory.store.books import BookStore
from agent_memory.store.database import Database
from agent_memory.store.ledger import LedgerStore
from agent_memory.store.rules import RuleStore
from agent_memory.testing.one_process import app_of_model
from agent_memory.testing.runtime import TEST_KEY, StaticKeys, principal
from agent_memory.testing.scripted_model import make_scripted_folder

OURS = WorkspaceId("ours")
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}<|im_start|>assistant\n"
)
ASK = "Say <hello>"
BUDGET = 160


@pytest.fixture
async def app(database: Database, tmp_path: Path) -> AsyncIterator[tuple[FastAPI, Accountant]]:
    accountant = Accountant(BookStore(database), LocalLimiter())

    def with_accounts(runtime: Runtime) -> Runtime:
        keys = StaticKeys({TEST_KEY: principal(OURS)})
        return replace(runtime, accounts=accountant, keys=keys)

    folder = make_scripted_folder(tmp_path / "m", {"<hello>": "Good morning."}, TEMPLATE)
    with app_of_model(folder, change=with_accounts) as app:
        yield app, accountant


async def test_the_ledger_and_the_budget_agree_with_what_clients_are_told(
    app: tuple[FastAPI, Accountant], database: Database
) -> None:
    application, accountant = app
    rules = RuleStore(database)
    subject, amount = Subject(SubjectKind.KEY), Decimal(BUDGET)
    await rules.put_budget(OURS, subject, Unit.TOKENS, amount, Period.TOTAL, "UTC", "cli")
    http = httpx2.AsyncClient(transport=httpx2.ASGITransport(application))
    claude = anthropic.AsyncAnthropic(
        api_key=TEST_KEY, base_url="http://test", max_retries=0, http_client=http
    )
    gpt = openai.AsyncOpenAI(
        api_key=TEST_KEY, base_url="http://test/v1", max_retries=0, http_client=http
    )
    told: list[int] = []

    async def ask_both() -> None:
        whole = await claude.messages.create(
            model="m", max_tokens=40, messages=[{"role": "user", "content": ASK}]
        )
        told.append(whole.usage.input_tokens + (whole.usage.cache_read_input_tokens or 0))
        told.append(whole.usage.output_tokens)
        stream = await gpt.chat.completions.create(
            model="m",
            max_tokens=40,
            messages=[{"role": "user", "content": ASK}],
            stream=True,
            stream_options={"include_usage": True},
        )
        last = [chunk.usage async for chunk in stream if chunk.usage is not None][-1]
        told.extend((last.prompt_tokens, last.completion_tokens))

    await ask_both()
    with pytest.raises((anthropic.APIStatusError, openai.APIStatusError), match="budget"):
        await ask_both()
    await http.aclose()
    await accountant.finish()

    lines = (await LedgerStore(database).lines(OURS, None, 200)).items
    budgets = (await rules.rules(OURS)).budgets
    [balance] = (await rules.balances(OURS, budgets, lines[0].served.started_at)).values()

    counted = [line.served.tokens for line in reversed(lines)]
    assert [n for one in counted for n in (one.prompt_tokens, one.output_tokens)] == told
    assert balance.spent == sum(told) <= BUDGET
    assert balance.held == Decimal(0)
    assert len(told) >= 4
