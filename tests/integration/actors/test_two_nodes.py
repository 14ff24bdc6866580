"""Sessions on one Ray node, the engine on another that comes and goes."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import ray
import uvicorn
from ray.cluster_utils import Cluster

from agent_memory.actors.config import RuntimeConfig
from agent_memory.actors.engine_handle import EngineHandle
from agent_memory.actors.options import MLX_RESOURCE, NAMESPACE
from agent_memory.actors.place import own_node_id
from agent_memory.api.app import create_app
from agent_memory.deployments.front_runtime import front_runtime, limits_of
from agent_memory.device.models.model_choice import resolve_model
from agent_memory.host.composition import make_config, start_actors, stop_actors
from agent_memory.host.free_ports import free_ports
from agent_memory.host.local_storage import LocalStorage
from agent_memory.settings import Settings
from agent_memory.testing.models import make_model_folder

Message = dict[str, str]


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
    with tempfile.TemporaryDirectory(prefix="am-two-") as folder:
        home = Path(folder) / "data"
        model = make_model_folder(Path(folder) / "model")
        settings = Settings(data_dir=home, model=str(model), num_warm_sessions=2)
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
