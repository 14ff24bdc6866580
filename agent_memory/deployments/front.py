"""The front: a Ray Serve deployment of the product's APIs over the runtime's actors."""

from typing import Any

from ray import serve
from ray.serve import Application

from agent_memory.actors.config import RuntimeConfig
from agent_memory.api.app import create_app
from agent_memory.api.feed.connections import MAX_CONNECTIONS as MAX_READERS
from agent_memory.deployments.front_runtime import front_runtime, limits_of
from agent_memory.deployments.replica_on_loopback import keep_replica_on_loopback
from agent_memory.telemetry import configure_logging

MAX_ONGOING_REQUESTS = 1000 + MAX_READERS
"""The engine's queue is the bound that matters; this one only guards the process. A reader of the
feed is a request that lasts, and must not take the place of one that does not."""


class Front:
    """One replica. Serve calls the constructor and then asks for the ASGI application."""

    def __init__(self, config: RuntimeConfig) -> None:
        if not config.spans_nodes:
            keep_replica_on_loopback()
        configure_logging("gateway", config.settings.log_level, config.log_file("gateway"))
        self._config = config

    def __serve_build_asgi_app__(self) -> Any:
        return create_app(
            front_runtime(self._config),
            limits_of(self._config.settings),
            cors_origins=self._config.settings.cors_origins,
        )


def application(config: RuntimeConfig) -> Application:
    """The application for a runtime whose actors exist or are coming up."""
    deployment = serve.deployment(
        serve.ingress()(Front),
        name="gateway",
        num_replicas=1,
        max_ongoing_requests=MAX_ONGOING_REQUESTS,
        graceful_shutdown_timeout_s=config.settings.drain_grace_s,
        graceful_shutdown_wait_loop_s=0.2,
        health_check_period_s=5,
        ray_actor_options={"num_cpus": 0},
    )
    return deployment.bind(config)
