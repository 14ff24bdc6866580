"""Ray for a batch: the cluster that the command runs in, or one of its own on this machine."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import ray

from agent_memory.actors.config import RuntimeConfig
from agent_memory.actors.memory_handle import MemoryPool
from agent_memory.actors.options import EMBEDDED_STORAGE, NAMESPACE
from agent_memory.errors import InvalidRequest, Unavailable
from agent_memory.host.composition import make_config
from agent_memory.host.environment import temporary_folder_for_ray
from agent_memory.ids import WorkspaceId
from agent_memory.settings import Settings
from agent_memory.store.migrate import migrate

STORAGE_TIMEOUT_S = 60.0


@contextmanager
def joined_cluster(settings: Settings) -> Iterator[RuntimeConfig]:
    """The cluster at `RAY_ADDRESS`.

    The database is that of `DATABASE_URL`, brought up to date, else the one that a server in the
    cluster started for itself. Raises `Unavailable` when the cluster cannot be joined.
    """
    _join(settings.ray_address)
    try:
        yield make_config(settings, _database_url(settings), spans_nodes=True)
    finally:
        ray.shutdown()


@contextmanager
def own_cluster(settings: Settings, database_url: str, num_actors: int) -> Iterator[RuntimeConfig]:
    """A Ray of the batch's own, which ends with it."""
    prefix = "am-batch-"
    parent = temporary_folder_for_ray(f"{prefix}12345678")
    with tempfile.TemporaryDirectory(prefix=prefix, dir=parent) as folder:
        ray.init(
            num_cpus=num_actors,
            include_dashboard=False,
            namespace=NAMESPACE,
            log_to_driver=False,
            logging_level="ERROR",
            _temp_dir=str(Path(folder) / "ray"),
        )
        try:
            yield make_config(settings, database_url, spans_nodes=False)
        finally:
            ray.shutdown()


def _join(address: str | None) -> None:
    join = partial(ray.init, address, namespace=NAMESPACE, log_to_driver=False)
    try:
        try:
            join()
        except ConnectionAbortedError:
            # The head starts a server for each client and gives it 30 s, too few when it is busy.
            join()
    except (ConnectionError, RuntimeError, ValueError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[-1]
        message = f"The Ray cluster at {address} cannot be joined: {reason}"
        raise Unavailable(message) from error


async def start_pool(config: RuntimeConfig, num_actors: int, workspace: WorkspaceId) -> MemoryPool:
    """A pool that answers, and the workspace that it is to work in."""
    pool = await MemoryPool.start(config, num_actors)
    await pool.ensure_workspace(workspace)
    return pool


def num_actors_that_fit() -> int:
    """One for each processor of the cluster but one, which the batch itself has."""
    return max(1, int(ray.cluster_resources().get("CPU", 1)) - 1)


def _database_url(settings: Settings) -> str:
    if settings.database_url is None:
        return _cluster_url()
    migrate(settings.database_url)
    return settings.database_url


def _cluster_url() -> str:
    try:
        storage = ray.get_actor(EMBEDDED_STORAGE.name, NAMESPACE)
    except ValueError as error:
        message = "This cluster has no database of its own: set DATABASE_URL."
        raise InvalidRequest(message, "database_url") from error
    return str(ray.get(storage.url.remote(), timeout=STORAGE_TIMEOUT_S))
