"""The composition root: which actors there are, and what each is given."""

import contextlib

import ray

from agent_memory.actors.config import RuntimeConfig
from agent_memory.actors.directory import SessionDirectoryActor
from agent_memory.actors.embedder import EmbedderActor
from agent_memory.actors.engine import BatchEngineActor
from agent_memory.actors.janitor import JanitorActor
from agent_memory.actors.options import (
    BATCH_ENGINE,
    BLOCK_POOL,
    EMBEDDED_STORAGE,
    JANITOR,
    NAMESPACE,
    SESSION_DIRECTORY,
    embedder_options,
)
from agent_memory.actors.pool import BlockPoolActor
from agent_memory.actors.storage import EmbeddedStorageActor
from agent_memory.device.models.model_choice import ServedModel
from agent_memory.host.engine_environment import engine_environment
from agent_memory.host.engine_type import engine_type
from agent_memory.host.environment import runtime_folder
from agent_memory.host.local_storage import LocalStorage
from agent_memory.host.server_jobs import server_jobs
from agent_memory.host.shelves import open_shelves
from agent_memory.secrets_file import private_folder, private_secret
from agent_memory.settings import Settings
from agent_memory.store.sealing_key import secrets_key

STORAGE_TIMEOUT_S = 60.0


def make_config(settings: Settings, database_url: str, spans_nodes: bool) -> RuntimeConfig:
    """The configuration of the runtime of this data directory."""
    home = settings.home
    folder = runtime_folder(home)
    return RuntimeConfig(
        settings=settings,
        database_url=database_url,
        secret=bytes.fromhex(private_secret(private_folder(home / "run") / "streams.secret")),
        socket_dir=folder / "s",
        log_dir=home / "logs",
        spans_nodes=spans_nodes,
        secrets_key=secrets_key(settings),
    )


def cluster_config(settings: Settings) -> RuntimeConfig:
    """The same on an existing cluster; without `DATABASE_URL`, with a database of our own on the
    node where this runs. The first key lies in `<data_dir>/run/first.key` (mode 600)."""
    private_folder(settings.home)
    url = settings.database_url
    if url is None:
        options = EMBEDDED_STORAGE.for_ray()
        storage = ray.remote(EmbeddedStorageActor).options(**options).remote(settings.home)
        url = ray.get(storage.url.remote(), timeout=STORAGE_TIMEOUT_S)
    LocalStorage(settings.model_copy(update={"database_url": url})).start()
    return make_config(settings, url, spans_nodes=True)


def start_actors(config: RuntimeConfig, model: ServedModel) -> None:
    """Create what does not exist yet. Returns at once; the actors come up by themselves."""
    engine_options = BATCH_ENGINE.for_ray(engine_environment())
    engine = ray.remote(BatchEngineActor).options(**engine_options)
    engine.remote(config, model.folder, model.name, engine_type)
    ray.remote(BlockPoolActor).options(**BLOCK_POOL.for_ray()).remote(config, open_shelves)
    ray.remote(SessionDirectoryActor).options(**SESSION_DIRECTORY.for_ray()).remote(config)


def start_background_actors(config: RuntimeConfig) -> None:
    """Create the actors that a server can be ready without, so that it is ready sooner."""
    if config.settings.embedding_provider != "none":
        for number in range(config.settings.num_embedders):
            options = embedder_options(number)
            embedder = ray.remote(EmbedderActor).options(**options.for_ray())
            embedder.remote(config, options.name)
    ray.remote(JanitorActor).options(**JANITOR.for_ray()).remote(config, server_jobs)


def stop_actors() -> None:
    """End every actor of the runtime that is there."""
    for entry in ray.util.list_named_actors(all_namespaces=True):
        if entry["namespace"] == NAMESPACE:
            with contextlib.suppress(ValueError):
                ray.kill(ray.get_actor(entry["name"], NAMESPACE))
