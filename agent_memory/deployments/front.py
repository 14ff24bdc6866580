"""The API over the runtime's actors, as Ray Serve runs it: in one deployment or in three.

On one machine a single process serves everything. On a cluster, memory and administration are
deployments of their own beside inference, each with its own replicas: a large ingest keeps no
stream waiting then. Every replica has the whole application; which requests it gets is a matter of
their area. The deployment of inference stands at the door and passes on what belongs to the others.
"""

import importlib
from collections.abc import AsyncGenerator, Mapping, MutableMapping
from typing import Any

from ray import serve
from ray.serve import Application
from ray.serve.handle import DeploymentHandle

from agent_memory.actors.config import RuntimeConfig
from agent_memory.api.areas import Area
from agent_memory.api.carried import CarriedRequest, answered
from agent_memory.api.feed.connections import MAX_CONNECTIONS as MAX_READERS
from agent_memory.api.forwarding import Forwarding
from agent_memory.deployments.replica_on_loopback import keep_replica_on_loopback
from agent_memory.deployments.rooms import ServeRoom, replica_name

INFERENCE = "gateway"
MAX_ONGOING_REQUESTS = 1000 + MAX_READERS
"""The engine's queue is the bound that matters; this one only guards the process. A reader of the
feed is a request that lasts, and must not take the place of one that does not."""

Rooms = Mapping[Area, "DeploymentHandle[Any]"]


class Front:
    """A replica at the door. Serve calls the constructor and then asks for the ASGI application.

    rooms: the deployments that answer for some areas.
    """

    def __init__(self, config: RuntimeConfig, rooms: Rooms) -> None:
        if not config.spans_nodes:
            keep_replica_on_loopback()
        self._app = _application(config, INFERENCE, with_rooms=bool(rooms))
        self._max_body_bytes = config.settings.max_body_bytes
        self._rooms = {area: ServeRoom(handle) for area, handle in rooms.items()}

    def __serve_build_asgi_app__(self) -> Any:
        return (
            Forwarding(self._app, self._rooms, self._max_body_bytes) if self._rooms else self._app
        )

    async def metrics(self) -> tuple[str, str]:
        """The replica's name, and what it counts in Prometheus text format."""
        return replica_name(), self._app.state.surface.metrics.render()


class Room:
    """A replica of another area."""

    def __init__(self, config: RuntimeConfig, area: Area) -> None:
        self._app = _application(config, area, with_rooms=True)

    async def answer(
        self, request: CarriedRequest
    ) -> AsyncGenerator[MutableMapping[str, Any], None]:
        """The messages of the response."""
        async for message in answered(self._app, request):
            yield message

    async def metrics(self) -> tuple[str, str]:
        """As `Front.metrics`."""
        return replica_name(), self._app.state.surface.metrics.render()


def application(config: RuntimeConfig) -> Application:
    """One deployment with the whole API, for a runtime whose actors exist or are coming up."""
    return inference(config, {})


def cluster_application(config: RuntimeConfig, num_replicas: int = 1) -> Application:
    """The same in three deployments, each of which begins with `num_replicas`; Serve's own file
    says more of them (cluster/serve.yaml)."""
    rooms = {
        Area.MEMORY: memory(config, num_replicas),
        Area.ADMINISTRATION: administration(config, num_replicas),
    }
    return inference(config, rooms, num_replicas)


def inference(
    config: RuntimeConfig, rooms: Mapping[Area, Application], num_replicas: int = 1
) -> Application:
    """Turns, sessions and models; requests of the areas in `rooms` are passed on to those."""
    front = _deployment(serve.ingress()(Front), INFERENCE, config, num_replicas)
    return front.bind(config, dict(rooms))


def memory(config: RuntimeConfig, num_replicas: int = 1) -> Application:
    """Ingest, recall, contexts and all else of memory, and embeddings."""
    return _deployment(Room, Area.MEMORY, config, num_replicas).bind(config, Area.MEMORY)


def administration(config: RuntimeConfig, num_replicas: int = 1) -> Application:
    """Keys, rules, jobs, metrics and the description of the API."""
    room = _deployment(Room, Area.ADMINISTRATION, config, num_replicas)
    return room.bind(config, Area.ADMINISTRATION)


def _deployment(
    cls: type[Any], name: str, config: RuntimeConfig, num_replicas: int
) -> serve.Deployment:
    return serve.deployment(
        cls,
        name=name,
        num_replicas=num_replicas,
        max_ongoing_requests=MAX_ONGOING_REQUESTS,
        graceful_shutdown_timeout_s=config.settings.drain_grace_s,
        graceful_shutdown_wait_loop_s=0.2,
        health_check_period_s=5,
        ray_actor_options={"num_cpus": 0},
        logging_config={"enable_access_log": False},  # We write a better line ourselves.
    )


def _application(config: RuntimeConfig, name: str, *, with_rooms: bool) -> Any:
    """The API and the stores are imported here and not with this module, which the process that
    starts the server imports as well, and waits for."""
    module = importlib.import_module("agent_memory.deployments.replica_app")
    return module.replica_app(config, name, INFERENCE, with_rooms=with_rooms)
