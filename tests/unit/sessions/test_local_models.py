"""The models of this server's engine."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from agent_memory.engine.info import EngineInfo
from agent_memory.engine.model_roster import ModelEntry, ModelState, ModelStatus
from agent_memory.errors import EngineUnavailable, ModelNotLoaded, NoModelLoaded
from agent_memory.sessions.local_models import LocalModelCatalogue
from agent_memory.settings import Settings
from agent_memory.testing.engine import INFO


class Engine:
    """Has `scripted` loaded, unless it is broken."""

    def __init__(self, problem: Exception | None = None) -> None:
        self._problem = problem
        self.graces: list[float] = []

    async def info(self, timeout_s: float = 60.0) -> EngineInfo:
        del timeout_s
        if self._problem is not None:
            raise self._problem
        return INFO

    async def models(self) -> Sequence[ModelStatus]:
        return [
            ModelStatus(ModelEntry("scripted", ModelState.LOADED), info=INFO),
            ModelStatus(ModelEntry("other", ModelState.OFFLOADED), context_window=50),
        ]

    async def load(self, model: str, grace_s: float) -> EngineInfo:
        self.graces.append(grace_s)
        assert model == "scripted"
        return INFO

    async def offload(self, model: str, grace_s: float) -> str:
        self.graces.append(grace_s)
        return model


def catalogue(engine: Engine, *models: str) -> LocalModelCatalogue:
    settings = Settings(
        data_dir=Path("unused"), model=models[0], models=models[1:], drain_grace_s=7
    )
    return LocalModelCatalogue(engine, settings, created=3)


BOTH = ("scripted", "other")


async def test_the_cards_say_what_is_known_of_each_model() -> None:
    loaded, other = await catalogue(Engine(), *BOTH).list()
    assert (loaded.id, loaded.state, loaded.context_window) == ("scripted", "loaded", 100_000)
    assert (other.id, other.state, other.context_window) == ("other", "offloaded", 50)
    assert loaded.created == other.created == 3


@pytest.mark.parametrize("model", ["", "scripted", "a name of the client's own"])
async def test_names_that_are_not_of_another_model_are_the_loaded_ones(model: str) -> None:
    await catalogue(Engine(), *BOTH).check_is_loaded(model)


async def test_a_model_of_ours_that_is_not_loaded_is_refused() -> None:
    with pytest.raises(ModelNotLoaded, match="scripted"):
        await catalogue(Engine(), *BOTH).check_is_loaded("other")


async def test_a_model_of_ours_is_refused_while_none_is_loaded() -> None:
    with pytest.raises(ModelNotLoaded):
        await catalogue(Engine(NoModelLoaded("none")), *BOTH).check_is_loaded("other")


async def test_the_only_model_is_not_asked_after() -> None:
    await catalogue(Engine(EngineUnavailable("gone")), "only").check_is_loaded("only")


async def test_a_change_has_the_grace_that_is_given_or_the_settings() -> None:
    engine = Engine()
    models = catalogue(engine, *BOTH)
    assert (await models.load("scripted", None)).id == "scripted"
    assert (await models.offload("other", 1.5)).state == "offloaded"
    assert engine.graces == [7, 1.5]


async def test_a_new_session_meets_the_loaded_model() -> None:
    assert await catalogue(Engine(), "other", "scripted").served_name() == "scripted"


async def test_without_an_engine_a_new_session_meets_the_model_of_the_settings() -> None:
    problem = EngineUnavailable("No node offers 'mlx'.")
    assert await catalogue(Engine(problem), *BOTH).served_name() == "scripted"
