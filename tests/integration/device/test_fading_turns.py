"""Turns whose KV is not to last: an engine goes on from it after a restart, until it has faded."""

import base64
from array import array
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from agent_memory.cache.lease import Location
from agent_memory.device.engine import MlxEngine
from agent_memory.device.shelf.fading_keys import FadingKeys
from tests.integration.device.conftest import small_settings
from tests.integration.device.engine_driver import a_prompt, a_request, ask, lease_of

CANARY = a_prompt(80, variant=3)


@pytest.fixture(params=["llama", "gemma3"])
def start(
    model_folder: Callable[[str], Path], tmp_path: Path, request: pytest.FixtureRequest
) -> Callable[[], MlxEngine]:
    """Starts an engine on one shelf, again and again: a server that is restarted."""

    def started() -> MlxEngine:
        name = request.param
        engine = MlxEngine.load(model_folder(name), name, small_settings(), tmp_path)
        request.addfinalizer(engine.close)
        return engine

    return started


def is_legible(folder: Path) -> bool:
    """Three tokens of the canary that follow each other stand in some file, as shelves have them:
    base64 of words, which begins anew with each three of them."""
    told = [
        base64.b64encode(array("I", CANARY[at : at + 3]).tobytes()) for at in range(len(CANARY) - 3)
    ]
    contents = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return any(one in content for one in told for content in contents)


async def test_a_restarted_engine_goes_on_from_what_nobody_can_read_on_the_disk(
    start: Callable[[], MlxEngine], tmp_path: Path
) -> None:
    engine = start()
    plain = await ask(engine, a_request(engine, a_prompt(40)))
    assert all(block.fades_at is None for block in plain.stored.blocks)
    first = await ask(engine, replace(a_request(engine, CANARY), is_fading=True))
    engine.close()
    assert not is_legible(tmp_path)

    again = start()
    prompt = (*CANARY, *first.tokens(), *a_prompt(9, variant=5))
    lease = lease_of(first.stored.blocks, prompt, location=Location.SHELF)
    second = await ask(again, replace(a_request(again, prompt, lease=lease), is_fading=True))
    assert second.restored.num_from_shelf == first.stored.num_tokens
    again.close()
    assert not is_legible(tmp_path)

    FadingKeys(tmp_path, 0.0).forget_due()
    faded = start()
    third = await ask(faded, a_request(faded, prompt, lease=lease))
    assert third.restored.num_cached_tokens == 0
    assert third.tokens() == second.tokens()


async def test_a_turn_that_is_stored_writes_legibly_what_it_says_itself(
    start: Callable[[], MlxEngine], tmp_path: Path
) -> None:
    engine = start()
    await ask(engine, replace(a_request(engine, CANARY), is_fading=True))
    assert not is_legible(tmp_path)
    stored = (await ask(engine, a_request(engine, CANARY))).stored
    assert {block.fades_at for block in stored.blocks} == {None}
    assert is_legible(tmp_path)
