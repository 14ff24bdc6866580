"""Sessions on one Ray node, the engine on another that comes and goes, and replicas on both."""

import asyncio
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import ray
import uvicorn
from prometheus_client.parser import text_string_to_metric_families
from ray.cluster_utils import Cluster

from agent_memory.access.principal import Scope
from agent_memory.actors.config import RuntimeConfig
from agent_memory.actors.engine_handle import EngineHandle
from agent_memory.actors.options import MLX_RESOURCE, NAMESPACE
from agent_memory.actors.place import own_node_id
from agent_memory.api.app import create_app
from agent_memory.deployments.front_runtime import front_runtime, limits_of
from agent_memory.device.models.model_choice import resolve_model
from agent_memory.host.composition import (
    make_config,
    start_actors,
    start_background_actors,
    stop_actors,
)
from agent_memory.host.free_ports import free_ports
from agent_memory.host.local_storage import LocalStorage
from agent_memory.settings import Settings
from agent_memory.store.database import Database
from agent_memory.store.keys import KeyStore
from agent_memory.store.workspaces import DEFAULT_WORKSPACE
from agent_memory.testing.models import make_model_folder

Message = dict[str, str]

SERVE_ENVIRONMENT = {
    "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "60",
    "RAY_SERVE_PROXY_HEALTH_CHECK_TIMEOUT_S": "60",
    "RAY_SERVE_CONTROL_LOOP_INTERVAL_S": "0.5",
    "RAY_SERVE_PROXY_PREFER_LOCAL_NODE_ROUTING": "0",
}
"""A busy machine takes long for a new process, and replicas on both nodes are to be asked.

Ray's own processes read this when they start."""


@dataclass
class Fleet:
    """A head without an engine, and nodes with one that are added and lost."""

    cluster: Cluster
    config: RuntimeConfig
    key: str
    node: Any = None

    def add_mlx_node(self) -> None:
        self.node = self.cluster.add_node(num_cpus=4, resources={MLX_RESOURCE: 1})

    def lose_mlx_node(self) -> None:
        self.cluster.remove_node(self.node, allow_graceful=False)
        self.node = None


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    with (
        tempfile.TemporaryDirectory(prefix="am-two-") as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in SERVE_ENVIRONMENT.items():
            patch.setenv(name, value)
        home = Path(folder) / "data"
        model = make_model_folder(Path(folder) / "model")
        settings = Settings(
            data_dir=home, model=str(model), num_warm_sessions=2, embedding_provider="none"
        )
        storage = LocalStorage(settings)
        key = storage.start()
        cluster = Cluster()
        cluster.add_node(num_cpus=4)
        ray.init(cluster.address, namespace=NAMESPACE, log_to_driver=False)
        config = make_config(settings, storage.url, spans_nodes=True)
        start_actors(config, resolve_model(settings))
        assert key is not None
        yield Fleet(cluster, config, key)
        stop_actors()
        ray.shutdown()
        cluster.shutdown()
        storage.stop()


@pytest.fixture
async def client(fleet: Fleet) -> AsyncIterator[httpx.AsyncClient]:
    """The product's API, served by this process, over the actors of the cluster."""
    app = create_app(front_runtime(fleet.config), limits_of(fleet.config.settings))
    port = free_ports(1)[0]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None))
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup()
    serving = asyncio.create_task(server.main_loop())
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", headers={"x-api-key": fleet.key}, timeout=120
    ) as client:
        yield client
    server.should_exit = True
    await serving
    await server.shutdown()


def body(messages: list[Message], max_tokens: int) -> dict[str, object]:
    return {"model": "m", "messages": messages, "max_tokens": max_tokens, "temperature": 0}


async def ask(
    client: httpx.AsyncClient, messages: list[Message], max_tokens: int = 12
) -> httpx.Response:
    return await client.post("/v1/chat/completions", json=body(messages, max_tokens))


def text_of(response: httpx.Response) -> str:
    assert response.status_code == httpx.codes.OK, response.text
    return str(response.json()["choices"][0]["message"]["content"])


QUESTION = [{"role": "user", "content": "what is over there?"}]


async def test_without_an_mlx_node_requests_are_told_what_is_missing(
    fleet: Fleet, client: httpx.AsyncClient
) -> None:
    assert fleet.node is None
    answer = await ask(client, QUESTION)
    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert f"'{MLX_RESOURCE}'" in answer.json()["error"]["message"]
    assert int(answer.headers["retry-after"]) > 0


async def test_a_turn_crosses_from_one_node_to_the_other(
    fleet: Fleet, client: httpx.AsyncClient
) -> None:
    fleet.add_mlx_node()
    first = await ask(client, QUESTION)
    said = text_of(first)
    _, address = await EngineHandle(fleet.config.secret).meet()
    assert address.node_id != own_node_id()
    history = [*QUESTION, {"role": "assistant", "content": said}, *QUESTION]
    second = await ask(client, history)
    assert second.json()["usage"]["prompt_tokens_details"]["cached_tokens"] > 0


async def test_a_stream_survives_the_loss_of_the_engines_node(
    fleet: Fleet, client: httpx.AsyncClient
) -> None:
    question = [{"role": "user", "content": "a long story, please"}]
    whole = text_of(await ask(client, question, max_tokens=1500))
    said, is_lost = "", False
    async with client.stream(
        "POST",
        "/v1/chat/completions",
        json={**body(question, 1500), "stream": True},
        headers={"x-session-id": "bereft"},
    ) as response:
        async for line in response.aiter_lines():
            if not line.startswith("data: {"):
                continue
            event = orjson.loads(line.removeprefix("data: "))
            assert "error" not in event, event
            said += "".join(choice["delta"].get("content") or "" for choice in event["choices"])
            if said and not is_lost:
                is_lost = True
                fleet.lose_mlx_node()
                fleet.add_mlx_node()
    assert is_lost
    assert said == whole


NUM_REPLICAS = 2
DEPLOYMENTS = ("gateway", "memory", "administration")
REVOKED_WITHIN_S = 2.0
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def served(fleet: Fleet) -> str:
    """The URL of three deployments in Ray Serve, with two replicas each on two nodes."""
    if fleet.node is None:
        fleet.add_mlx_node()
    port = free_ports(1)[0]
    config_file = fleet.config.settings.home / "config.pickle"
    config_file.write_bytes(pickle.dumps(fleet.config))
    words = [fleet.cluster.address, str(port), str(NUM_REPLICAS), str(config_file)]
    subprocess.run(
        [sys.executable, "-m", "tests.integration.actors.serve_driver", *words],
        check=True,
        timeout=300,
    )
    start_background_actors(fleet.config)
    return f"http://127.0.0.1:{port}"


@pytest.fixture
async def caller(fleet: Fleet, served: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the deployments, which makes a new connection for each request."""
    async with httpx.AsyncClient(
        base_url=served,
        headers={"x-api-key": fleet.key, "connection": "close"},
        timeout=120,
    ) as client:
        yield client


async def requests_by_replica(client: httpx.AsyncClient, route: str) -> dict[str, float]:
    """How many requests of `route` each replica has answered."""
    response = await client.get("/metrics")
    assert response.status_code == httpx.codes.OK, response.text
    return {
        sample.labels["replica"]: sample.value
        for family in text_string_to_metric_families(response.text)
        if family.name == "agent_memory_http_requests"
        for sample in family.samples
        if sample.name.endswith("_total") and sample.labels["route"] == route
    }


async def until_both_replicas(
    client: httpx.AsyncClient, route: str, ask_once: Callable[[], Awaitable[None]]
) -> None:
    """Ask until every replica of the deployment has answered."""
    deadline = time.monotonic() + PATIENCE_S
    while len(await requests_by_replica(client, route)) < NUM_REPLICAS:
        assert time.monotonic() < deadline
        await ask_once()


async def test_every_replica_of_every_deployment_is_in_the_metrics(
    caller: httpx.AsyncClient,
) -> None:
    response = await caller.get("/metrics")
    names = {
        sample.labels["replica"]
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
        if sample.name == "agent_memory_http_requests_in_flight"
    }
    assert sorted(name.split("#")[0] for name in names) == sorted(DEPLOYMENTS * NUM_REPLICAS)


async def test_a_session_goes_on_in_whichever_replica_is_asked(
    caller: httpx.AsyncClient,
) -> None:
    messages = [{"role": "user", "content": "who is in the tower?"}]
    sessions: set[str] = set()

    async def go_on() -> None:
        answer = await ask(caller, messages, max_tokens=2)
        said = text_of(answer)
        if len(messages) > 1:
            details = answer.json()["usage"]["prompt_tokens_details"]
            assert details["cached_tokens"] > 0
        sessions.add(answer.headers["x-session-id"])
        messages.extend([{"role": "assistant", "content": said}, {"role": "user", "content": "go"}])

    await go_on()
    await until_both_replicas(caller, "/v1/chat/completions", go_on)
    assert len(sessions) == 1


async def test_a_repeated_call_counts_once_in_whichever_replica_is_asked(
    caller: httpx.AsyncClient,
) -> None:
    said = [{"role": "user", "content": "The staging port is 8411."}]
    body = {"thread_id": "ports", "materials": {"chat": said}}
    ids: set[str] = set()

    async def remember() -> None:
        answer = await caller.post("/v1/ingest", json=body, headers={"Idempotency-Key": "once"})
        assert answer.status_code == httpx.codes.OK, answer.text
        ids.update(answer.json()["added"])

    await remember()
    added = set(ids)
    assert added
    await until_both_replicas(caller, "/v1/ingest", remember)
    assert ids == added
    question = {"purpose": "staging port", "token_budget": 200}
    found = await caller.post("/v1/recall", json=question)
    assert "8411" in found.text


async def test_a_turn_is_repeated_and_not_taken_again(caller: httpx.AsyncClient) -> None:
    answers = [
        await caller.post(
            "/v1/chat/completions",
            json=body([{"role": "user", "content": "only once, please"}], 8),
            headers={"Idempotency-Key": "one-turn"},
        )
        for _ in range(4)
    ]
    assert {answer.status_code for answer in answers} == {httpx.codes.OK}
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_a_job_is_seen_by_every_replica_and_done(caller: httpx.AsyncClient) -> None:
    started = await caller.post("/v1/workers/jobs", json={"kind": "consolidate"})
    assert started.status_code == httpx.codes.ACCEPTED, started.text
    path = f"/v1/workers/jobs/{started.json()['id']}"
    states: list[str] = []

    async def look() -> None:
        seen = await caller.get(path)
        assert seen.status_code == httpx.codes.OK, seen.text
        states.append(seen.json()["state"])

    await until_both_replicas(caller, "/v1/workers/jobs/{id}", look)
    deadline = time.monotonic() + PATIENCE_S
    while states[-1] != "succeeded":
        assert time.monotonic() < deadline, states[-1]
        await asyncio.sleep(0.2)
        await look()


async def test_a_revoked_key_is_refused_by_every_replica(fleet: Fleet, served: str) -> None:
    database = Database(fleet.config.database_url)
    keys = KeyStore(database)
    record, key = await keys.create_key(DEFAULT_WORKSPACE, "to be revoked", frozenset(Scope))
    async with httpx.AsyncClient(
        base_url=served, headers={"x-api-key": key, "connection": "close"}, timeout=60
    ) as client:
        for path in ("/v1/agents", "/v1/workers/jobs", "/v1/memory/retention/policy"):
            for _ in range(8):
                assert (await client.get(path)).status_code == httpx.codes.OK
        await keys.revoke_key(DEFAULT_WORKSPACE, record.key_id)
        await asyncio.sleep(REVOKED_WITHIN_S)
        for path in ("/v1/agents", "/v1/workers/jobs", "/v1/memory/retention/policy"):
            for _ in range(8):
                assert (await client.get(path)).status_code == httpx.codes.UNAUTHORIZED
    await database.close()
