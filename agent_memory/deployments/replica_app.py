"""The application of one replica, composed in the process that serves it."""

from collections.abc import Sequence
from typing import Any

from agent_memory.actors.config import RuntimeConfig
from agent_memory.api.app import create_app
from agent_memory.api.areas import Area
from agent_memory.deployments.front_runtime import front_runtime, limits_of
from agent_memory.deployments.rooms import ServeReplicas
from agent_memory.telemetry import configure_logging


def replica_app(config: RuntimeConfig, name: str, door: str, *, with_rooms: bool) -> Any:
    """The whole API for a replica of the deployment `name`. door: the deployment that passes
    requests on to those of areas, where there are any."""
    configure_logging(name, config.settings.log_level, config.log_file(name))
    deployments: Sequence[str] = (door, *Area)
    return create_app(
        front_runtime(config),
        limits_of(config.settings),
        cors_origins=config.settings.cors_origins,
        replicas=ServeReplicas(deployments) if with_rooms else None,
    )
