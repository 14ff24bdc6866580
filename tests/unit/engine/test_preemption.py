"""A request that gave up its rows goes on later as if nothing had happened."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_memory.cache.lease import Lease
from agent_memory.engine.events import Stored
from agent_memory.engine.outbox import Failed
from agent_memory.engine.request import GenerationRequest
from agent_memory.errors import Preempted
from agent_memory.ids import LeaseId
from tests.unit.engine.loop_driver import LoopDriver, a_request, answer
from tests.unit.engine.scripted_runner import ScriptedRunner


def named(
    name: str, prompt: Sequence[int], *, forced: Sequence[int] = (), n: int = 1, max_tokens: int = 8
) -> GenerationRequest:
    """A request under a lease of its own name."""
    request = a_request(name, prompt, forced=forced, n=n, max_tokens=max_tokens)
    return replace(request, lease=Lease(LeaseId(name), 0))


@pytest.fixture(params=[True, False])
def runner(request: pytest.FixtureRequest) -> ScriptedRunner:
    return ScriptedRunner(looks_ahead=request.param)


@pytest.mark.parametrize("num_steps", range(9))
def test_whenever_it_is_interrupted_everything_that_was_computed_is_kept(
    runner: ScriptedRunner, num_steps: int
) -> None:
    prompt = list(range(1, 40))
    driver = LoopDriver(runner, token_budget=16)
    driver.submit(named("one", prompt))
    for _ in range(num_steps):
        driver.step()
    fed = [tuple(row.tokens) for row in runner.rows.values()]
    driver.loop.preempt({LeaseId("one")})
    kept = [tokens for _, tokens, only_full in runner.stored if not only_full]
    driver.collect()
    said = driver.tokens("one")
    assert said == answer(prompt, 8)[: len(said)]
    assert kept == fed
    assert isinstance(driver.all_of(Failed, "one")[0].error, Preempted)
    assert driver.has_ended("one")
    assert driver.finished("one") == []
    assert runner.rows == {}
    assert not driver.loop.has_work
    assert driver.loop.counters.requests_preempted == 1
    assert driver.loop.counters.requests_failed == 0


def test_what_has_ended_or_has_several_choices_is_not_interrupted(runner: ScriptedRunner) -> None:
    driver = LoopDriver(runner)
    driver.run(named("ended", [1, 2]))
    driver.submit(named("both", [1, 2], n=2))
    driver.step()
    driver.loop.preempt({LeaseId("ended"), LeaseId("both"), LeaseId("unknown")})
    driver.run()
    assert driver.all_of(Failed, "ended") == driver.all_of(Failed, "both") == []
    assert [driver.tokens("both", n) for n in (0, 1)] == [answer([1, 2], 8, n) for n in (0, 1)]


def test_priorities_and_groups_say_who_gets_the_next_row(runner: ScriptedRunner) -> None:
    driver = LoopDriver(runner, max_rows=1)
    driver.submit(named("runs", [1]))
    driver.step()
    for name, group, priority in [
        ("flex", "a", -1),
        ("first", "a", 0),
        ("other", "b", 0),
        ("urgent", "a", 1),
    ]:
        driver.submit(replace(named(name, [1]), group=group, priority=priority))
    driver.run()
    order: list[str] = []
    for batch in runner.batches:
        order += [name for name in batch if name not in order]
    assert order == ["runs", "urgent", "other", "first", "flex"]


@settings(max_examples=80, deadline=None)
@given(
    looks_ahead=st.booleans(),
    lengths=st.lists(st.tuples(st.integers(1, 40), st.integers(1, 9)), min_size=1, max_size=5),
    interruptions=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4)), max_size=12),
)
def test_however_often_they_are_interrupted_all_say_what_they_say_alone(
    looks_ahead: bool,
    lengths: list[tuple[int, int]],
    interruptions: list[tuple[int, int]],
) -> None:
    runner = ScriptedRunner(looks_ahead=looks_ahead)
    driver = LoopDriver(runner, max_rows=3, token_budget=16)
    said: dict[int, list[int]] = {at: [] for at in range(len(lengths))}
    current: dict[int, str] = {}

    def submit(at: int, attempt: int) -> None:
        num_prompt, max_tokens = lengths[at]
        current[at] = name = f"{at}.{attempt}"
        prompt = [at + 1] * num_prompt
        request = named(name, prompt, forced=said[at], max_tokens=max_tokens)
        if runner.looks_ahead or attempt == 0:
            runner.cached[name] = max(0, len(prompt) + len(said[at]) - 1) if attempt else 0
        driver.submit(request)

    for at in said:
        submit(at, 0)
    for attempt, (num_steps, which) in enumerate(interruptions, start=1):
        for _ in range(num_steps):
            if driver.loop.has_work:
                driver.step()
        at = which % len(lengths)
        name = current[at]
        driver.loop.preempt({LeaseId(name)})
        driver.collect()
        if driver.all_of(Failed, name):
            said[at] = driver.tokens(name)
            submit(at, attempt)
    driver.run()
    for at, (num_prompt, max_tokens) in enumerate(lengths):
        whole = answer([at + 1] * num_prompt, max_tokens)
        told = driver.tokens(current[at])
        assert told == whole[: len(told)]
        assert len(driver.finished(current[at])) == 1
        assert len(driver.all_of(Stored, current[at])) == 1
    assert runner.rows == {}
