"""Background work over HTTP."""

import httpx
import pytest

from agent_memory.access.principal import Scope
from agent_memory.ids import JobId, WorkspaceId
from agent_memory.testing.jobs import DictWorkers
from agent_memory.testing.runtime import TEST_KEY, TEST_WORKSPACE, StaticKeys, principal
from agent_memory.work.job import JobQueue, JobState

OTHER = WorkspaceId("ws_other")
ROUTES = [
    ("GET", "/v1/workers/jobs/{id}"),
    ("DELETE", "/v1/workers/jobs/{id}"),
    ("POST", "/v1/workers/jobs/{id}/retry"),
]


async def start(client: httpx.AsyncClient, kind: str = "embed_items") -> JobId:
    response = await client.post("/v1/workers/jobs", json={"kind": kind})
    assert response.status_code == httpx.codes.ACCEPTED
    return JobId(response.json()["id"])


async def test_a_job_is_started_and_described(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/workers/jobs", json={"kind": "embed_items", "args": {}})

    job = response.json()
    assert response.status_code == httpx.codes.ACCEPTED
    assert (job["kind"], job["queue"], job["state"]) == ("embed_items", "embeddings", "queued")
    assert "workspace_id" not in job
    assert (await client.get(f"/v1/workers/jobs/{job['id']}")).json() == job


@pytest.mark.parametrize("body", [{}, {"kind": "rm -rf"}, {"kind": "expire", "args": []}])
async def test_what_is_no_job_is_refused(
    client: httpx.AsyncClient, body: dict[str, object]
) -> None:
    response = await client.post("/v1/workers/jobs", json=body)

    assert response.status_code == httpx.codes.BAD_REQUEST


async def test_a_job_is_cancelled_and_run_again(client: httpx.AsyncClient) -> None:
    job = await start(client)

    cancelled = await client.delete(f"/v1/workers/jobs/{job}")
    again = await client.post(f"/v1/workers/jobs/{job}/retry")

    assert cancelled.json()["state"] == "cancelled"
    assert (again.status_code, again.json()["state"]) == (httpx.codes.ACCEPTED, "queued")


async def test_a_job_that_does_not_stand_so_is_a_conflict(
    client: httpx.AsyncClient, workers: DictWorkers
) -> None:
    job = await start(client)
    assert (await client.post(f"/v1/workers/jobs/{job}/retry")).status_code == 409

    workers.end(TEST_WORKSPACE, job, JobState.SUCCEEDED)
    assert (await client.delete(f"/v1/workers/jobs/{job}")).status_code == 409


async def test_dead_jobs_are_listed(client: httpx.AsyncClient, workers: DictWorkers) -> None:
    jobs = [await start(client) for _ in range(3)]
    workers.end(TEST_WORKSPACE, jobs[1], JobState.DEAD)

    everything = (await client.get("/v1/workers/jobs?limit=2")).json()
    dead = (await client.get("/v1/workers/jobs?state=dead")).json()

    assert [job["id"] for job in everything["data"]] == [jobs[2], jobs[1]]
    rest = await client.get(f"/v1/workers/jobs?cursor={everything['next_cursor']}")
    assert [job["id"] for job in rest.json()["data"]] == [jobs[0]]
    assert [job["id"] for job in dead["data"]] == [jobs[1]]
    assert (await client.get("/v1/workers/jobs?state=lost")).status_code == 400


async def test_every_queue_is_counted(client: httpx.AsyncClient, workers: DictWorkers) -> None:
    job = await start(client)
    await start(client)
    workers.end(TEST_WORKSPACE, job, JobState.DEAD)

    queues = (await client.get("/v1/workers/queues/stats")).json()["queues"]

    assert set(queues) == {queue.value for queue in JobQueue}
    assert (queues["embeddings"]["queued"], queues["embeddings"]["dead"]) == (1, 1)
    assert queues["memory"]["queued"] == 0


async def test_the_schedule_is_shown(client: httpx.AsyncClient) -> None:
    status = (await client.get("/v1/workers/scheduler/status")).json()

    assert status["schedule"][0]["kind"] == "plan_upkeep"
    assert status["workers"][0]["worker_no"] == 1


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_the_jobs_of_another_workspace_are_not_found(
    client: httpx.AsyncClient, workers: DictWorkers, method: str, path: str
) -> None:
    theirs = (await workers.start(OTHER, "embed_items", {})).job_id

    assert (await client.request(method, path.format(id=theirs))).status_code == 404
    assert (await client.get("/v1/workers/jobs")).json()["data"] == []


async def test_a_key_without_the_scope_may_do_nothing_here(
    client: httpx.AsyncClient, keys: StaticKeys
) -> None:
    keys.principals[TEST_KEY] = principal(scopes=frozenset({Scope.INFERENCE}))

    for method, path in (
        *ROUTES,
        ("GET", "/v1/workers/jobs"),
        ("POST", "/v1/workers/jobs"),
        ("GET", "/v1/workers/queues/stats"),
        ("GET", "/v1/workers/scheduler/status"),
    ):
        assert (await client.request(method, path.format(id="job_1"))).status_code == 403
