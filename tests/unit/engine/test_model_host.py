"""How one model takes the place of another, with engines that compute nothing."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from agent_memory.engine.info import EngineInfo
from agent_memory.engine.model_host import ModelHost
from agent_memory.engine.model_roster import ModelRoster, ModelState
from agent_memory.errors import (
    Conflict,
    InvalidRequest,
    ModelLoadFailed,
    ModelLoading,
    ModelNotUsable,
    NoModelLoaded,
)
from agent_memory.testing.engine import INFO


@dataclass
class StandIn:
    """An engine whose turns end when they are told to."""

    name: str
    story: list[str]
    is_draining: asyncio.Event
    turns_end: asyncio.Event

    @property
    def info(self) -> EngineInfo:
        return replace(INFO, model=self.name)

    async def drain(self, grace_s: float) -> None:
        self.is_draining.set()
        await self.turns_end.wait()
        self.story.append(f"drained {self.name} {grace_s}")

    def close(self) -> None:
        self.story.append(f"closed {self.name}")


@dataclass
class World:
    """Two models, `a` of which is loaded, and what cannot be checked or loaded."""

    bad_files: set[str] = field(default_factory=set)
    bad_weights: set[str] = field(default_factory=set)
    story: list[str] = field(default_factory=list)
    kept: list[tuple[str | None, str | None]] = field(default_factory=list)
    is_draining: asyncio.Event = field(default_factory=asyncio.Event)
    turns_end: asyncio.Event = field(default_factory=asyncio.Event)
    is_settled: asyncio.Event = field(default_factory=asyncio.Event)

    def host(self, first: str = "a") -> ModelHost[StandIn]:
        host = ModelHost(ModelRoster(("a", "b")), self.check, self.load, self.keep)
        host.begin(first)
        self.story.clear()
        self.turns_end.set()
        return host

    def check(self, name: str) -> None:
        if name in self.bad_files:
            raise ModelNotUsable(name, "it has no weights")

    def load(self, name: str) -> StandIn:
        if name in self.bad_weights:
            raise ModelNotUsable(name, "the self-test failed")
        self.story.append(f"loaded {name}")
        return StandIn(name, self.story, self.is_draining, self.turns_end)

    def keep(self, serving: str | None, loading: str | None) -> None:
        self.kept.append((serving, loading))
        if loading is None:
            self.is_settled.set()


def states(host: ModelHost[StandIn]) -> dict[str, str]:
    return {entry.name: entry.state.value for entry in host.roster.entries()}


async def test_the_former_model_ends_its_turns_and_is_closed_before_the_next_is_loaded() -> None:
    world = World()
    host = world.host()
    info = await host.load("b", grace_s=3)
    assert (info.model, host.engine.name) == ("b", "b")
    assert world.story == ["drained a 3", "closed a", "loaded b"]
    assert states(host) == {"b": "loaded", "a": "offloaded"}


async def test_what_serves_and_what_is_tried_is_kept_for_a_process_to_come() -> None:
    world = World()
    await world.host().load("b", 0)
    assert world.kept == [("a", "b"), ("b", None)]


async def test_turns_wait_while_the_door_is_closed() -> None:
    world = World()
    host = world.host()
    world.turns_end.clear()
    changing = asyncio.create_task(host.load("b", 9))
    await world.is_draining.wait()
    with pytest.raises(ModelLoading):
        _ = host.engine
    assert host.present is not None
    with pytest.raises(Conflict):
        await host.load("a", 9)
    with pytest.raises(Conflict):
        await host.offload("a", 9)
    world.turns_end.set()
    await changing
    assert host.engine.name == "b"


async def test_a_model_whose_files_are_bad_disturbs_nobody() -> None:
    world = World(bad_files={"b"})
    host = world.host()
    before = host.engine
    with pytest.raises(ModelLoadFailed, match=r"it has no weights\. 'a' serves now"):
        await host.load("b", 0)
    assert host.engine is before
    assert world.story == []
    assert states(host) == {"a": "loaded", "b": "failed"}


async def test_when_loading_fails_the_former_model_serves_again() -> None:
    world = World(bad_weights={"b"})
    host = world.host()
    with pytest.raises(ModelLoadFailed, match=r"the self-test failed\. 'a' serves now"):
        await host.load("b", 0)
    assert world.story == ["drained a 0", "closed a", "loaded a"]
    assert host.engine.name == "a"
    assert world.kept[-1] == ("a", None)
    assert [e.reason for e in host.roster.entries() if e.state is ModelState.FAILED] == [
        "the self-test failed"
    ]


async def test_when_the_former_fails_too_everybody_hears_why_and_another_can_be_loaded() -> None:
    world = World()
    host = world.host()
    world.bad_weights = {"a", "b"}
    with pytest.raises(ModelLoadFailed, match="No model is loaded now"):
        await host.load("b", 0)
    with pytest.raises(ModelNotUsable, match="'a' cannot be served"):
        _ = host.engine
    world.bad_weights = set()
    assert (await host.load("b", 0)).model == "b"


async def test_an_offloaded_model_leaves_nothing_behind_and_can_be_loaded_again() -> None:
    world = World()
    host = world.host()
    assert await host.offload("a", 1) == "a"
    with pytest.raises(NoModelLoaded):
        _ = host.engine
    assert world.kept[-1] == (None, None)
    assert states(host) == {"a": "offloaded", "b": "offloaded"}
    assert (await host.load("a", 1)).model == "a"


async def test_what_is_so_already_changes_nothing() -> None:
    world = World()
    host = world.host()
    await host.load("a", 0)
    await host.offload("b", 0)
    assert world.story == []
    assert host.engine.name == "a"


async def test_the_change_goes_on_when_whoever_asked_for_it_goes_away() -> None:
    world = World()
    host = world.host()
    world.turns_end.clear()
    asking = asyncio.create_task(host.load("b", 9))
    await world.is_draining.wait()
    asking.cancel()
    world.turns_end.set()
    await world.is_settled.wait()
    assert host.engine.name == "b"


async def test_a_first_model_that_fails_is_told_to_whoever_asks() -> None:
    world = World(bad_weights={"a"})
    host = world.host()
    with pytest.raises(ModelNotUsable, match="self-test failed"):
        _ = host.engine
    with pytest.raises(InvalidRequest, match="There is no model 'c' here"):
        await host.load("c", 0)
    assert (await host.load("b", 0)).model == "b"
