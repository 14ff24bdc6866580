"""A rule that is added later reaches what was stored before."""

from datetime import UTC, datetime

import pytest

from agent_memory.ids import ThreadId
from agent_memory.jobs.forms import NoArgs
from agent_memory.jobs.redaction import RedactAgain
from agent_memory.jobs.spec import JobRun, Outcome
from agent_memory.memory.items.chat_message import ChatMessage
from agent_memory.memory.items.kinds import Role
from agent_memory.memory.redaction.policy_json import read_policy
from agent_memory.memory.search.recalled import Query
from agent_memory.memory.service.ingest import IngestRequest
from agent_memory.memory.service.memory import Memory
from agent_memory.store.database import Database
from agent_memory.store.jobs import JobStore
from agent_memory.store.memory.items import ItemStore
from agent_memory.store.memory.outdated import OutdatedStore
from agent_memory.store.memory.policies import PolicyStore
from agent_memory.store.memory.search import SearchStore
from agent_memory.work.job import JobKind
from tests.integration.jobs.effects import WORKSPACE

NOW = datetime(2026, 5, 1, tzinfo=UTC)
TICKET = "ACME-4711-XQ"
POLICY = read_policy({"custom_rules": [{"name": "ticket", "pattern": r"ACME-\d{1,9}-[A-Z]{1,9}"}]})


@pytest.fixture
def job(database: Database, jobs: JobStore) -> RedactAgain:
    return RedactAgain(PolicyStore(database), OutdatedStore(database), jobs)


async def run(job: RedactAgain) -> Outcome:
    async def note(outcome: Outcome) -> None:
        assert outcome["num_materials"]

    return await job.do(JobRun(1, 0, note), WORKSPACE, NoArgs())


async def say(memory: Memory, *texts: str) -> None:
    chat = tuple(ChatMessage(Role.USER, text) for text in texts)
    await memory.ingest.ingest(WORKSPACE, IngestRequest(ThreadId("thread"), chat=chat))


async def found(database: Database, words: str) -> list[str]:
    candidates = await SearchStore(database).search(WORKSPACE, Query(words, NOW))
    return [one.item.text for one in candidates.found]


async def test_a_rule_that_is_added_later_reaches_what_was_stored_before(
    memory: Memory, job: RedactAgain, database: Database, jobs: JobStore
) -> None:
    await say(memory, f"We decided to close the ticket {TICKET} today.", "Bread is baked.")
    assert await found(database, TICKET) != []
    await PolicyStore(database).set_redaction(WORKSPACE, POLICY)

    outcome = await run(job)

    assert outcome == {"version": 1, "num_materials": 1, "num_items": 2, "num_held": 0}
    assert await found(database, "4711") == []
    texts = await found(database, "decided close ticket")
    assert any("[redacted:" in text for text in texts)
    items, _ = await ItemStore(database).list_page(
        WORKSPACE, None, frozenset(), frozenset(), None, 100
    )
    for item in items:
        material, _ = await ItemStore(database).get_material(WORKSPACE, item.material_id)
        assert TICKET not in repr((item, material))
    queued = [record.kind for record in (await jobs.list_jobs(WORKSPACE))[0]]
    assert set(queued) == {JobKind.EMBED_ITEMS, JobKind.CONSOLIDATE}


async def test_running_it_again_finds_nothing_left_to_do(
    memory: Memory, job: RedactAgain, database: Database
) -> None:
    await say(memory, f"We closed {TICKET}.")
    await say(memory, "Nothing to see here.")
    await PolicyStore(database).set_redaction(WORKSPACE, POLICY)

    assert (await run(job))["num_materials"] == 2
    assert (await run(job))["num_materials"] == 0


async def test_what_is_held_stays_as_it_is_and_is_counted(
    memory: Memory, job: RedactAgain, database: Database
) -> None:
    await say(memory, f"We closed {TICKET}.")
    await memory.holds.hold_thread(WORKSPACE, ThreadId("thread"), is_held=True)
    await PolicyStore(database).set_redaction(WORKSPACE, POLICY)

    assert await run(job) == {"version": 1, "num_materials": 1, "num_items": 0, "num_held": 1}
    assert any(TICKET in text for text in await found(database, TICKET))
