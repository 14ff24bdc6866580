"""Small models of several shapes, and an engine for each, made once."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent_memory.device.engine import MlxEngine
from agent_memory.settings import Settings
from agent_memory.testing.models import make_model_folder

BLOCK_SIZE = 16


def small_settings(**changes: object) -> Settings:
    values: dict[str, object] = {
        "block_size": BLOCK_SIZE,
        "max_batch_size": 8,
        "max_waiting": 32,
        "step_token_budget": 64,
    }
    return Settings.model_validate(values | changes)


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of the small model of a shape."""
    base = tmp_path_factory.mktemp("models")

    def of(shape: str) -> Path:
        folder = base / shape
        return folder if folder.is_dir() else make_model_folder(folder, shape)

    return of


@pytest.fixture(scope="session")
def engine_of(
    model_folder: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], MlxEngine]]:
    """The engine of a shape, with a shelf."""
    engines: dict[str, MlxEngine] = {}

    def of(shape: str) -> MlxEngine:
        if shape not in engines:
            shelf = tmp_path_factory.mktemp(f"shelf-{shape}")
            engines[shape] = MlxEngine.load(model_folder(shape), shape, small_settings(), shelf)
        return engines[shape]

    yield of
    for engine in engines.values():
        engine.close()


@pytest.fixture
def llama(engine_of: Callable[[str], MlxEngine]) -> MlxEngine:
    return engine_of("llama")


@pytest.fixture(params=["llama", "gemma3", "recurrent", "mla", "sinks", "mamba"])
def engine(request: pytest.FixtureRequest, engine_of: Callable[[str], MlxEngine]) -> MlxEngine:
    """Plain KV, sliding windows, recurrent layers beside plain ones, latent KV, windows with sinks,
    recurrent layers alone."""
    return engine_of(request.param)
