"""Other deployments of the API, as one of their replicas reaches them."""

from collections.abc import AsyncGenerator, Mapping, MutableMapping, Sequence
from typing import Any

from ray import serve
from ray.exceptions import RayError
from ray.serve.exceptions import RayServeException
from ray.serve.handle import DeploymentHandle

from agent_memory.api.carried import CarriedRequest
from agent_memory.errors import Unavailable

METRICS_TIMEOUT_S = 5.0


class ServeRoom:
    """Implements `api.forwarding.Room` over the replicas of a deployment."""

    def __init__(self, handle: "DeploymentHandle[Any]") -> None:
        self._handle = handle.options(stream=True)

    async def answer(
        self, request: CarriedRequest
    ) -> AsyncGenerator[MutableMapping[str, Any], None]:
        response = self._handle.answer.remote(request)
        try:
            async for message in response:
                yield message
        except (RayError, RayServeException) as error:
            raise Unavailable(f"No replica answers: {_last_line(error)}") from error
        finally:
            response.cancel()


class ServeReplicas:
    """Implements `api.replicas.Replicas`: every replica of `deployments` is asked.

    It is used within a replica of the same application.
    """

    def __init__(self, deployments: Sequence[str]) -> None:
        self._deployments = deployments
        self._handles: list[DeploymentHandle[Any]] = []

    async def metrics(self) -> Mapping[str, str]:
        texts: dict[str, str] = {}
        for handle in self._found():
            try:
                asked = handle.broadcast("metrics")
                texts.update(await asked.results_async(timeout_s=METRICS_TIMEOUT_S))
            except (RayError, RayServeException, TimeoutError) as error:
                raise Unavailable(f"A replica does not answer: {_last_line(error)}") from error
        return texts

    def _found(self) -> "Sequence[DeploymentHandle[Any]]":
        if not self._handles:
            application = serve.get_replica_context().app_name
            self._handles = [
                serve.get_deployment_handle(name, application) for name in self._deployments
            ]
        return self._handles


def replica_name() -> str:
    """The name of the replica that this is called in."""
    context = serve.get_replica_context()
    return f"{context.deployment}#{context.replica_tag}"


def _last_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[-1]
