"""The upkeep of memory over PostgreSQL: statements, duplicates, ages, rules, jobs."""

import httpx

from agent_memory.host.job_specs import memory_specs
from agent_memory.ids import WorkspaceId
from agent_memory.jobs.spec import JobRun, Outcome
from agent_memory.json_value import Json
from agent_memory.memory.service.words_only import WordsOnly
from agent_memory.store.database import Database
from agent_memory.work.job import JobKind

OURS = WorkspaceId("ours")
BADGE = "EMP-123456"


async def say(client: httpx.AsyncClient, content: str, at: str, thread: str = "t") -> None:
    message = {"role": "user", "content": content, "occurred_at": at}
    body = {"thread_id": thread, "materials": {"chat": [message]}}
    response = await client.post("/v1/ingest", json=body)
    assert response.is_success, response.text


async def decisions(client: httpx.AsyncClient, **more: str) -> list[dict[str, object]]:
    body = {"purpose": "used for the ledger", "kinds": ["decision"], **more}
    items: list[dict[str, object]] = (await client.post("/v1/recall", json=body)).json()["items"]
    return items


async def run_job(database: Database, kind: JobKind, **args: Json) -> Outcome:
    async def note(outcome: Outcome) -> None:
        del outcome

    [spec] = [spec for spec in memory_specs(database, WordsOnly()) if spec.kind is kind]
    return await spec.run(JobRun(1, 0, note), OURS, args)


async def test_the_newer_statement_ranks_first_and_the_older_stays_readable(
    ours: httpx.AsyncClient,
) -> None:
    await say(ours, "We decided to use PostgreSQL for the ledger.", "2026-01-01T00:00:00Z")
    await say(ours, "We decided to use SQLite for the ledger.", "2026-02-01T00:00:00Z")
    newer, older = await decisions(ours)
    assert "SQLite" in str(newer["text"])
    assert (older["state"], older["successor_id"]) == ("superseded", newer["id"])
    [then] = await decisions(ours, as_of="2026-01-15T00:00:00Z")
    assert "PostgreSQL" in str(then["text"])
    history = (await ours.get(f"/v1/expand/{newer['id']}")).json()["history"]
    assert [item["id"] for item in history] == [older["id"], newer["id"]]


async def test_a_consolidation_is_shown_done_and_undone(ours: httpx.AsyncClient) -> None:
    said = "The red crane at the north pier lifts every blue container that comes in by ship."
    await say(ours, said, "2026-01-01T00:00:00Z")
    await say(ours, f"{said} ", "2026-01-02T00:00:00Z")
    run = "/v1/memory/consolidation/run"
    dry = (await ours.post(run, json={"dry_run": True})).json()
    assert dry["states"].get("merged") == 1
    assert [action["id"] for action in dry["actions"]] == [None]
    done = (await ours.post(run, json={})).json()
    [action] = done["actions"]
    merged = action["changes"][-1]["id"]
    assert (await ours.get(f"/v1/expand/{merged}")).json()["item"]["state"] == "merged"
    assert (await ours.post(run, json={})).json()["num_actions"] == 0
    undone = await ours.delete(f"/v1/memory/consolidation/{action['id']}")
    assert undone.is_success
    assert (await ours.get(f"/v1/expand/{merged}")).json()["item"]["state"] == "active"
    [record] = (await ours.get("/v1/memory/consolidation")).json()["data"]
    assert record["undone_at"] is not None


async def test_what_feedback_calls_outdated_is_superseded(ours: httpx.AsyncClient) -> None:
    await say(ours, "The gate code is on the notice board.", "2026-01-01T00:00:00Z")
    found = await ours.get("/v1/memory/search", params={"query": "gate code"})
    message = found.json()["results"][0]["id"]
    await ours.post("/v1/feedback", json={"verdict": "outdated", "item_ids": [message]})
    await ours.post("/v1/memory/consolidation/run", json={})
    assert (await ours.get(f"/v1/expand/{message}")).json()["item"]["state"] == "superseded"


async def test_retention_counts_first_and_spares_what_is_held(ours: httpx.AsyncClient) -> None:
    await say(ours, "An old remark about the weather.", "2020-01-01T00:00:00Z", "old")
    await say(ours, "An old remark that is held.", "2020-01-01T00:00:00Z", "held")
    await ours.put("/v1/memory/holds", json={"held": True, "thread_id": "held"})
    policy = "/v1/memory/retention/policy"
    kept = await ours.put(policy, json={"erase_after_days": 30})
    assert (await ours.get(policy)).json() == kept.json()
    assert kept.json()["erase_after_days"] == 30
    dry = (await ours.post("/v1/memory/retention/run", json={"dry_run": True})).json()
    assert dry["planned"] == {"erase": {"age": 1}}
    assert dry["held"] == {"erase": {"age": 1}}
    assert dry["erased"] == 0
    assert (await ours.post("/v1/memory/retention/run", json={})).json()["erased"] == 1
    assert (await ours.get("/v1/memory/conversations/held")).json()["messages"] != []
    assert (await ours.put(policy, json={"erase": 3})).status_code == httpx.codes.BAD_REQUEST


async def test_what_was_stored_is_redacted_again_when_a_rule_is_added(
    ours: httpx.AsyncClient, database: Database
) -> None:
    await say(ours, f"Ask {BADGE} about the crane.", "2026-01-01T00:00:00Z")
    [found] = (await ours.get("/v1/memory/search", params={"query": "crane"})).json()["results"]
    assert BADGE in found["content"]
    rule = {"name": "employee", "pattern": "EMP-\\d{4,8}"}
    await ours.put("/v1/memory/redaction/policy", json={"custom_rules": [rule]})
    done = await run_job(database, JobKind.REDACT_AGAIN)
    assert (done["num_materials"], done["num_items"]) == (1, 1)
    expanded = (await ours.get(f"/v1/expand/{found['id']}")).text
    raw = (await ours.get(f"/v1/expand/{found['id']}/raw")).text
    assert BADGE not in expanded + raw
    results = await ours.get("/v1/memory/search", params={"query": "123456"})
    assert results.json()["results"] == []
    assert (await run_job(database, JobKind.REDACT_AGAIN))["num_materials"] == 0


async def test_an_exchange_of_a_deleted_session_is_no_failure(database: Database) -> None:
    args: dict[str, Json] = {"session_id": "s", "turn_id": "t", "thread_id": "x"}
    outcome = await run_job(database, JobKind.REMEMBER_EXCHANGE, **args)
    assert "note" in outcome
