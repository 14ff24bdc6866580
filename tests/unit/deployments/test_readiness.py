"""Whether a turn could be taken now."""

import asyncio

import pytest

from agent_memory.deployments.readiness import Probe, Readiness
from agent_memory.errors import EngineUnavailable, StorageUnavailable


async def fit() -> object:
    return "fine"


async def without_engine() -> object:
    raise EngineUnavailable("No node offers 'mlx'.")


async def without_storage() -> object:
    raise StorageUnavailable("down")


async def silent() -> object:
    await asyncio.sleep(60)
    return None


async def test_all_that_is_fit_is_ready() -> None:
    verdict = await Readiness({"storage": fit, "sessions": fit}, {"engine": fit}).check()
    assert verdict.is_ready
    assert verdict.checks == {"storage": "ok", "sessions": "ok", "engine": "ok"}


async def test_a_server_whose_only_provider_is_lost_is_not_ready() -> None:
    verdict = await Readiness({"storage": fit}, {"engine": without_engine}).check()
    assert not verdict.is_ready
    assert verdict.checks["engine"] == "No node offers 'mlx'."


async def test_a_server_without_an_engine_is_ready_when_another_provider_is() -> None:
    providers: dict[str, Probe] = {"engine": without_engine, "far": fit}
    verdict = await Readiness({"storage": fit}, providers).check()
    assert verdict.is_ready
    assert verdict.checks["engine"] == "No node offers 'mlx'."


@pytest.mark.parametrize("probe", [without_storage, silent])
async def test_a_part_that_is_needed_is_not_made_up_for(probe: Probe) -> None:
    verdict = await Readiness({"storage": probe}, {"engine": fit}, timeout_s=0.01).check()
    assert not verdict.is_ready
    assert verdict.checks["engine"] == "ok"
    assert verdict.checks["storage"] in {"down", "no answer within 0 s"}


async def test_nothing_that_could_answer_is_not_ready() -> None:
    assert not (await Readiness({"storage": fit}, {}).check()).is_ready
