"""The whole server as a Ray Serve application, for a cluster that exists already."""

from typing import Any

from ray.serve import Application

from agent_memory.deployments.front import cluster_application
from agent_memory.device.models.model_choice import resolve_model
from agent_memory.host.composition import cluster_config, start_actors, start_background_actors
from agent_memory.settings import Settings


def build(args: dict[str, Any]) -> Application:
    """Start the actors that do not exist yet, then the application over them.

    `args` are settings by their names (`model`, `data_dir`, …); the environment fills the rest.
    """
    config = cluster_config(Settings(**args))
    start_actors(config, resolve_model(config.settings))
    start_background_actors(config)
    return cluster_application(config)
