"""Every actor's name, place, restarts and concurrency, in one table."""

from collections.abc import Mapping
from dataclasses import dataclass, field

NAMESPACE = "agent_memory"

MLX_RESOURCE = "mlx"
"""A node that can run an engine offers 1 of it: `ray start --resources '{"mlx": 1}'`."""

SESSION_PREFIX = "agent_session."
"""Sessions' actors are named `agent_session.<random>`: so the directory finds them again."""


@dataclass(frozen=True, slots=True)
class ActorOptions:
    """How one kind of actor is created. All are named and run on an event loop.

    max_restarts: -1 for ever. Ray retries no call: what may be repeated, our handles repeat.
    ends_with_job: it dies with the process that made it; otherwise it is detached, and stays.
    """

    name: str
    max_restarts: int
    max_concurrency: int = 1000
    resources: Mapping[str, float] = field(default_factory=dict)
    ends_with_job: bool = False

    def for_ray(self, env: Mapping[str, str] | None = None) -> dict[str, object]:
        """Keyword arguments of Ray's `options`."""
        options: dict[str, object] = {
            "name": self.name,
            "namespace": NAMESPACE,
            "get_if_exists": True,
            "num_cpus": 0,
            "resources": dict(self.resources),
            "max_restarts": self.max_restarts,
            "max_task_retries": 0,
            "max_concurrency": self.max_concurrency,
        }
        if self.ends_with_job:
            options["scheduling_strategy"] = "SPREAD"
        else:
            options["lifetime"] = "detached"
        if env:
            options["runtime_env"] = {"env_vars": dict(env)}
        return options


# The pool stands on the engine's node, for it reads the same shelf: it takes a little of the same
# resource, so that one engine and one pool fit on a node that offers 1.
BATCH_ENGINE = ActorOptions("batch_engine", max_restarts=-1, resources={MLX_RESOURCE: 0.9})
BLOCK_POOL = ActorOptions("block_pool", max_restarts=-1, resources={MLX_RESOURCE: 0.1})
SESSION_DIRECTORY = ActorOptions("session_directory", max_restarts=-1)
AGENT_SESSION = ActorOptions(SESSION_PREFIX, max_restarts=0)
EMBEDDED_STORAGE = ActorOptions("embedded_storage", max_restarts=-1)
JANITOR = ActorOptions("janitor", max_restarts=-1)


def embedder_name(number: int) -> str:
    """Of the `number`th embedder, from 0."""
    return f"embedder.{number}"


def embedder_options(number: int) -> ActorOptions:
    return ActorOptions(embedder_name(number), max_restarts=-1)


def memory_options(pool: str, number: int) -> ActorOptions:
    """Of the `number`th actor of a memory pool, from 0."""
    return ActorOptions(f"memory.{pool}.{number}", max_restarts=-1, ends_with_job=True)
