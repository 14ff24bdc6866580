"""The objects that the routes of one application share."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from agent_memory.api.background import BackgroundRuns
from agent_memory.api.catalogue import Catalogue
from agent_memory.api.limits import Limits
from agent_memory.api.metrics import Metrics
from agent_memory.api.replicas import Replicas
from agent_memory.api.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Surface:
    """`clock` is Unix time in seconds, `monotonic` measures intervals."""

    runtime: Runtime
    limits: Limits
    metrics: Metrics
    catalogue: Catalogue
    clock: Callable[[], float]
    monotonic: Callable[[], float]
    background: BackgroundRuns
    replicas: Replicas | None = None
    """Where several processes serve the API together."""


def surface_of(request: HTTPConnection) -> Surface:
    """The surface of the application that `request` came to."""
    surface = request.app.state.surface
    if not isinstance(surface, Surface):
        raise TypeError("the application was not made by create_app")
    return surface
