"""Real engines in the place of each other: what one leaves behind, and what it finds again."""

from collections.abc import Callable
from pathlib import Path

import mlx.core as mx
import pytest

from agent_memory.device.engine import MlxEngine
from agent_memory.device.models.weights import release_memory
from agent_memory.engine.model_host import ModelHost
from agent_memory.engine.model_roster import ModelRoster
from agent_memory.errors import ModelLoadFailed, NoModelLoaded
from agent_memory.settings import Settings

Host = ModelHost[MlxEngine]


@pytest.fixture
def host(model_folder: Callable[[str], Path], tmp_path: Path) -> Host:
    folders = {"llama": model_folder("llama"), "gemma": model_folder("gemma3")}
    folders["nothing"] = tmp_path / "nothing"
    settings = Settings(data_dir=tmp_path)

    def load(name: str) -> MlxEngine:
        return MlxEngine.load(folders[name], name, settings, tmp_path / "shelf")

    def check(name: str) -> None:
        MlxEngine.check(folders[name], name)

    return ModelHost(ModelRoster(folders), check, load, lambda *_: None)


def memory() -> int:
    """Bytes that MLX has handed out, once everything is freed that nobody holds."""
    release_memory()
    return int(mx.get_active_memory())


async def test_a_model_that_goes_gives_its_memory_back(host: Host) -> None:
    before = memory()
    host.begin("llama")
    llama = memory()
    # Engines of other tests live in this process too, and have a few numbers more or less.
    hardly_any = (llama - before) / 100
    assert hardly_any > 1000
    await host.load("gemma", grace_s=1)
    await host.load("llama", grace_s=1)
    assert abs(memory() - llama) < hardly_any
    await host.offload("llama", grace_s=1)
    assert abs(memory() - before) < hardly_any
    with pytest.raises(NoModelLoaded):
        _ = host.engine


async def test_each_time_a_model_is_loaded_it_is_another_incarnation_of_the_same(
    host: Host,
) -> None:
    host.begin("llama")
    first = host.engine.info
    await host.load("gemma", grace_s=1)
    again = await host.load("llama", grace_s=1)
    assert again.fingerprint == first.fingerprint
    assert again.incarnation != first.incarnation
    assert again.loaded_at > first.loaded_at
    await host.offload("llama", grace_s=1)


async def test_a_model_without_files_is_refused_while_the_other_serves(host: Host) -> None:
    host.begin("llama")
    serving = host.engine
    with pytest.raises(ModelLoadFailed, match="there is no such folder"):
        await host.load("nothing", grace_s=1)
    assert host.engine is serving
    await host.offload("llama", grace_s=1)
