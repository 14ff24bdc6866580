"""The table of actors, and what they carry between processes."""

import pickle
from inspect import signature

import pytest

from agent_memory import errors
from agent_memory.actors.options import BATCH_ENGINE, BLOCK_POOL, MLX_RESOURCE, NAMESPACE

ERRORS = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, errors.AgentMemoryError)
]


def test_an_engine_and_its_pool_fit_on_a_node_that_offers_one() -> None:
    assert BATCH_ENGINE.resources[MLX_RESOURCE] + BLOCK_POOL.resources[MLX_RESOURCE] <= 1


def test_actors_are_detached_and_named_in_one_namespace() -> None:
    options = BATCH_ENGINE.for_ray({"LD_PRELOAD": "x"})
    assert options["lifetime"] == "detached"
    assert (options["name"], options["namespace"]) == ("batch_engine", NAMESPACE)
    assert options["runtime_env"] == {"env_vars": {"LD_PRELOAD": "x"}}


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_travels_between_processes(kind: type[errors.AgentMemoryError]) -> None:
    samples: dict[object, object] = {int: 3, "int": 3}
    parameters = list(signature(kind.__init__).parameters.values())[1:]
    values = [
        samples.get(parameter.annotation, "text")
        for parameter in parameters
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ] or ["text"]
    error = kind(*values)
    arrived = pickle.loads(pickle.dumps(error))
    assert type(arrived) is kind
    assert str(arrived) == str(error)
    assert vars(arrived) == vars(error)
