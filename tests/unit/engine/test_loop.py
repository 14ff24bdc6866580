"""The events that a request hears, whatever happens beside it."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_memory.engine.events import Generated, Prefilled, Restored, Stored
from agent_memory.engine.outbox import Failed
from agent_memory.turns.answer_form import AnswerForm
from agent_memory.turns.events import FinishReason
from tests.unit.engine.loop_driver import LoopDriver, a_request, answer
from tests.unit.engine.scripted_runner import EOS, ScriptedRunner

PROMPT = tuple(range(1, 11))


@pytest.fixture(
    params=[(True, False), (True, True), (False, False)],
    ids=["looking ahead", "feeding beside", "step by step"],
)
def runner(request: pytest.FixtureRequest) -> ScriptedRunner:
    looks_ahead, feeds_beside = request.param
    return ScriptedRunner(looks_ahead=looks_ahead, feeds_beside=feeds_beside)


def test_a_request_hears_its_events_in_order(runner: ScriptedRunner) -> None:
    driver = LoopDriver(runner)
    driver.run(a_request("r", PROMPT, max_tokens=3))
    kinds = [type(letter) for letter in driver.letters["r"]]
    assert kinds[0] is Restored
    assert kinds[1] is Prefilled
    assert kinds[2:5] == [Generated] * 3
    assert kinds[-1] is Stored
    assert driver.tokens("r") == answer(PROMPT, 3)
    assert driver.finished("r")[0].reason is FinishReason.LENGTH


def test_the_first_token_does_not_wait_for_a_second_to_be_computed(runner: ScriptedRunner) -> None:
    driver = LoopDriver(runner)
    driver.submit(a_request("r", PROMPT, max_tokens=4))
    while not driver.tokens("r"):
        driver.step()
    assert len(runner.batches) <= 1


def test_all_but_the_last_generated_token_is_stored(runner: ScriptedRunner) -> None:
    driver = LoopDriver(runner)
    driver.submit(a_request("r", PROMPT, max_tokens=4))
    while not runner.stored:
        driver.loop.step()
    (_, tokens, only_full), *_ = runner.stored
    assert tokens == (*PROMPT, *answer(PROMPT, 3))
    assert not only_full


def test_a_batch_says_what_each_says_alone(runner: ScriptedRunner) -> None:
    driver = LoopDriver(runner, max_rows=3)
    prompts = {f"r{at}": tuple(range(1, 3 + at)) for at in range(7)}
    driver.run(*(a_request(name, prompt, max_tokens=6) for name, prompt in prompts.items()))
    for name, prompt in prompts.items():
        assert driver.tokens(name) == answer(prompt, 6)
    assert max(map(len, runner.batches)) == 3


def test_the_end_of_turn_finishes_and_is_not_text(runner: ScriptedRunner) -> None:
    runner.script["r"] = [5, 6, EOS, 7]
    driver = LoopDriver(runner)
    driver.run(a_request("r", PROMPT, max_tokens=9))
    assert driver.tokens("r") == [5, 6, EOS]
    assert driver.all_of(Generated, "r")[-1].deltas == ()
    (finished,) = driver.finished("r")
    assert (finished.reason, finished.ends_with_eos) == (FinishReason.STOP, True)


def test_a_stop_string_finishes_and_is_named(runner: ScriptedRunner) -> None:
    runner.script["r"] = [5, 6, 7, 8]
    driver = LoopDriver(runner)
    driver.run(a_request("r", PROMPT, stop=("7",), max_tokens=9))
    assert driver.tokens("r") == [5, 6, 7]
    (finished,) = driver.finished("r")
    assert (finished.reason, finished.stop_sequence) == (FinishReason.STOP_SEQUENCE, "7")


def test_an_answer_that_calls_tools_says_so_at_its_end(runner: ScriptedRunner) -> None:
    runner.script["r"] = [5, EOS]
    driver = LoopDriver(runner)
    driver.run(a_request("r", PROMPT, group="calls tools"))
    assert driver.finished("r")[0].reason is FinishReason.TOOL_CALLS


def test_an_answer_ends_behind_the_only_call_that_is_wanted(runner: ScriptedRunner) -> None:
    runner.script["r"] = [5, 6, EOS]
    driver = LoopDriver(runner)
    request = a_request("r", PROMPT, group="calls tools")
    driver.run(replace(request, form=AnswerForm(parallel_tool_calls=False)))
    assert driver.tokens("r") == [5]
    assert driver.finished("r")[0].reason is FinishReason.TOOL_CALLS


def test_the_context_window_ends_an_answer(runner: ScriptedRunner) -> None:
    driver = LoopDriver(runner, context_window=13)
    driver.run(a_request("r", PROMPT, max_tokens=50))
    assert len(driver.tokens("r")) == 3
    assert driver.finished("r")[0].reason is FinishReason.LENGTH


def test_a_cached_prefix_is_not_prefilled_again(runner: ScriptedRunner) -> None:
    runner.cached["r"] = 8
    driver = LoopDriver(runner)
    driver.run(a_request("r", PROMPT))
    assert runner.chunks == [("r", 1)]  # the tenth token goes with the first decode step
    assert driver.tokens("r") == answer(PROMPT, 5)


def test_prefill_pauses_at_every_boundary_that_is_still_to_come(runner: ScriptedRunner) -> None:
    prompt = tuple(range(1, 60))
    runner.cached["r"] = 20
    request = replace(a_request("r", prompt), boundaries=(7, 20, 24, 40, 58, 59, 80))
    driver = LoopDriver(runner)
    driver.run(request)
    assert runner.marks == [("r", 24), ("r", 40)]
    assert driver.tokens("r") == answer(prompt, 5)


def test_several_choices_share_one_prefill(runner: ScriptedRunner) -> None:
    driver = LoopDriver(runner)
    driver.run(a_request("r", PROMPT, n=3))
    assert runner.chunks == [("r", len(PROMPT) - 1)]
    for choice in range(3):
        assert driver.tokens("r", choice) == answer(PROMPT, 5, choice)
    assert sorted(finished.index for finished in driver.finished("r")) == [0, 1, 2]
    assert driver.has_ended("r")


def test_a_long_prompt_does_not_stop_the_others(runner: ScriptedRunner) -> None:
    driver = LoopDriver(runner, token_budget=64, context_window=1000)
    driver.submit(a_request("talker", PROMPT, max_tokens=60))
    for _ in range(3):
        driver.step()
    driver.submit(a_request("reader", [7] * 300, max_tokens=1))
    heard = len(driver.tokens("talker"))
    for _ in range(5):
        driver.step()
        assert len(driver.tokens("talker")) == heard + 1
        heard += 1
    assert len(driver.all_of(Prefilled, "reader")) >= 4


def test_forced_tokens_are_said_again_and_gone_on_from(runner: ScriptedRunner) -> None:
    whole = answer(PROMPT, 8)
    driver = LoopDriver(runner)
    driver.run(a_request("r", PROMPT, forced=whole[:3], max_tokens=8))
    first = driver.all_of(Generated, "r")[0]
    assert first.token_ids == tuple(whole[:3])
    assert first.deltas
    assert driver.tokens("r") == whole


@pytest.mark.parametrize(
    ("forced", "reason"), [((5, 6, EOS), FinishReason.STOP), ((5, 6, 7), FinishReason.LENGTH)]
)
def test_forced_tokens_that_end_the_answer_end_it_at_once(
    runner: ScriptedRunner, forced: tuple[int, ...], reason: FinishReason
) -> None:
    driver = LoopDriver(runner)
    driver.run(a_request("r", PROMPT, forced=forced, max_tokens=3))
    assert driver.tokens("r") == list(forced)
    assert driver.finished("r")[0].reason is reason
    assert driver.has_ended("r")
    assert runner.chunks == []


def test_a_constrained_answer_is_decoded_step_by_step_and_ends_when_it_is_whole(
    runner: ScriptedRunner,
) -> None:
    runner.stepwise["r"] = 0
    runner.complete_after["r"] = 3
    driver = LoopDriver(runner)
    driver.run(a_request("r", PROMPT, max_tokens=9), a_request("free", PROMPT, max_tokens=9))
    assert driver.tokens("r") == answer(PROMPT, 3)
    (finished,) = driver.finished("r")
    assert (finished.reason, finished.ends_with_eos) == (FinishReason.STOP, False)
    assert driver.tokens("free") == answer(PROMPT, 9)
    assert [batch.count("r") for batch in runner.batches].count(1) == 3


def test_a_row_looks_ahead_until_its_constraint_begins(runner: ScriptedRunner) -> None:
    runner.stepwise["r"] = 4
    runner.complete_after["r"] = 6
    driver = LoopDriver(runner)
    driver.run(a_request("r", PROMPT, max_tokens=9))
    assert driver.tokens("r") == answer(PROMPT, 6)
    assert [batch.count("r") for batch in runner.batches].count(1) == 6


def test_a_row_looks_ahead_until_its_constraint_says_otherwise(runner: ScriptedRunner) -> None:
    runner.becomes_stepwise_after["r"] = 4
    runner.complete_after["r"] = 7
    driver = LoopDriver(runner)
    driver.run(a_request("r", PROMPT, max_tokens=9))
    assert driver.tokens("r") == answer(PROMPT, 7)
    # Nothing is drawn in vain after the last token, as it is where the device is ahead.
    assert [batch.count("r") for batch in runner.batches].count(1) == 7


def test_a_waiting_request_starts_when_its_blocks_have_been_read(runner: ScriptedRunner) -> None:
    runner.needs_reading.add("r")
    driver = LoopDriver(runner)
    key = driver.submit(a_request("r", PROMPT))
    assert not driver.loop.has_work
    driver.loop.ready(key)
    driver.run()
    assert driver.tokens("r") == answer(PROMPT, 5)


def test_blocks_that_arrive_for_a_cancelled_request_do_not_matter(runner: ScriptedRunner) -> None:
    runner.needs_reading.add("r")
    driver = LoopDriver(runner)
    key = driver.submit(a_request("r", PROMPT))
    driver.loop.cancel(key)
    driver.loop.ready(key)
    driver.run()
    assert driver.has_ended("r")
    assert runner.prepared == set()


@pytest.mark.parametrize("num_steps", range(12))
def test_cancelling_at_any_step_ends_in_order_and_keeps_what_was_computed(
    runner: ScriptedRunner, num_steps: int
) -> None:
    driver = LoopDriver(runner, token_budget=16)
    prompt = tuple(range(1, 41))
    key = driver.submit(a_request("r", prompt, max_tokens=4))
    driver.submit(a_request("other", PROMPT, max_tokens=9))
    for _ in range(num_steps):
        driver.step()
    had_ended = driver.has_ended("r")
    num_tokens = len(driver.tokens("r"))
    driver.loop.cancel(key)
    stored = list(runner.stored)
    driver.run()
    assert driver.has_ended("r")
    assert driver.letters["r"][-1] == driver.all_of(Stored, "r")[0]
    assert len(driver.finished("r")) == 1
    assert driver.tokens("other") == answer(PROMPT, 9)
    assert runner.rows == {}
    if not had_ended:
        assert driver.finished("r")[0].reason is FinishReason.CANCELLED
        assert len(driver.tokens("r")) == num_tokens
        for _, tokens, only_full in stored:
            assert tokens == (*prompt, *answer(prompt, 4))[: len(tokens)]
            assert len(tokens) >= min(len(prompt) - 1, 16 * max(0, num_steps - 4))
            assert not only_full


@pytest.mark.parametrize("where", ["prepare", "open", "prefill", "fork", "decode", "token", "wait"])
def test_a_row_that_fails_fails_its_request_alone(runner: ScriptedRunner, where: str) -> None:
    runner.fails_at["bad"] = where
    driver = LoopDriver(runner, max_rows=8)
    if where == "wait":  # what the device raises late takes down what was launched with it
        driver.run(a_request("bad", PROMPT, n=2))
        driver.run(a_request("good", PROMPT))
    else:
        driver.run(a_request("good", PROMPT), a_request("bad", PROMPT, n=2))
    assert driver.tokens("good") == answer(PROMPT, 5)
    assert driver.finished("bad") == []
    *_, stored, failed = driver.letters["bad"]
    assert isinstance(stored, Stored)
    assert isinstance(failed, Failed)
    assert str(failed.error) == where
    assert driver.loop.counters.requests_failed == 1
    assert runner.rows == {}
    assert runner.prepared == set()


def test_a_text_that_fails_fails_its_request_alone(runner: ScriptedRunner) -> None:
    driver = LoopDriver(runner)
    driver.run(a_request("bad", PROMPT, group="broken text"), a_request("good", PROMPT))
    assert isinstance(driver.letters["bad"][-1], Failed)
    assert driver.tokens("good") == answer(PROMPT, 5)


def test_blocks_that_cannot_be_kept_do_not_fail_the_request(runner: ScriptedRunner) -> None:
    runner.fails_at["r"] = "store"
    driver = LoopDriver(runner)
    driver.run(a_request("r", PROMPT))
    assert driver.tokens("r") == answer(PROMPT, 5)
    assert driver.letters["r"][-1] == Stored((), 0)


def test_the_books_of_a_request_are_closed_once(runner: ScriptedRunner) -> None:
    driver = LoopDriver(runner)
    driver.run(a_request("r", PROMPT, n=2))
    driver.loop.cancel(0)
    driver.collect()
    assert driver.has_ended("r")
    totals = driver.loop.counters
    assert (totals.requests_finished, totals.requests_cancelled) == (1, 0)
    assert totals.tokens_prefilled == len(PROMPT) - 1
    assert totals.tokens_generated == 10


def test_a_prompt_is_fed_in_the_passes_in_which_others_decode() -> None:
    runner = ScriptedRunner(feeds_beside=True)
    driver = LoopDriver(runner, token_budget=64)
    driver.submit(a_request("stream", PROMPT, max_tokens=30))
    for _ in range(4):
        driver.step()
    long = [3] * 70
    driver.run(a_request("long", long, max_tokens=3))
    assert runner.num_beside == len([name for name, _ in runner.chunks if name == "long"]) > 1
    assert driver.tokens("long") == answer(long, 3)
    assert driver.tokens("stream") == answer(PROMPT, 30)


@settings(max_examples=60, deadline=None)
@given(
    device=st.sampled_from([(True, False), (True, True), (False, False)]),
    plan=st.lists(
        st.tuples(
            st.integers(1, 60),  # prompt
            st.integers(1, 6),  # tokens
            st.integers(1, 3),  # choices
            st.integers(0, 4),  # steps before the next one comes
            st.integers(0, 30),  # steps before it is cancelled; 30 is never
            st.sampled_from(["", "", "", "open", "prefill", "decode", "store"]),
        ),
        min_size=1,
        max_size=8,
    ),
)
def test_in_any_order_everyone_gets_an_answer_or_an_end(
    device: tuple[bool, bool], plan: list[tuple[int, int, int, int, int, str]]
) -> None:
    looks_ahead, feeds_beside = device
    runner = ScriptedRunner(looks_ahead=looks_ahead, feeds_beside=feeds_beside)
    driver = LoopDriver(runner, max_rows=4, token_budget=16)
    cancels: list[tuple[int, int]] = []
    now = 0
    for at, (num_prompt, max_tokens, n, pause, cancel_after, failure) in enumerate(plan):
        name = f"r{at}"
        runner.fails_at[name] = failure
        prompt = [at + 1] * num_prompt
        key = driver.submit(a_request(name, prompt, group=f"g{at % 3}", n=n, max_tokens=max_tokens))
        if cancel_after < 30:
            cancels.append((now + cancel_after, key))
        for _ in range(pause):
            driver.step()
            now += 1
    while driver.loop.has_work:
        for when, key in cancels:
            if when == now:
                driver.loop.cancel(key)
        driver.step()
        now += 1
        assert now < 1000
    for at, (num_prompt, max_tokens, n, _, _, _) in enumerate(plan):
        name, prompt = f"r{at}", [at + 1] * num_prompt
        assert driver.has_ended(name)
        failed = bool(driver.all_of(Failed, name))
        for choice in range(n):
            said = driver.tokens(name, choice)
            whole = answer(prompt, max_tokens, choice)
            assert said == whole[: len(said)]
            ends = [f for f in driver.finished(name) if f.index == choice]
            assert len(ends) <= 1
            assert ends or failed
            if ends and ends[0].reason is FinishReason.LENGTH:
                assert said == whole
    assert runner.rows == {}


def test_how_long_requests_wait_and_their_first_token_takes_is_observed() -> None:
    driver = LoopDriver()
    driver.submit(a_request("one"))
    driver.submit(a_request("two", n=2))
    driver.run()
    counters = driver.loop.counters
    assert (counters.queueing.num, counters.first_token.num) == (2, 2)


def test_a_long_prompt_is_cut_by_what_its_own_chunks_take(runner: ScriptedRunner) -> None:
    runner.token_s, runner.step_s = 0.01, 0.14
    driver = LoopDriver(runner, context_window=1000, token_budget=256)
    driver.run(a_request("first", range(300), max_tokens=2))
    driver.submit(a_request("stream", PROMPT, max_tokens=90))
    for _ in range(12):
        driver.step()
    runner.chunks.clear()
    driver.run(a_request("long", range(300), max_tokens=2))
    beside = [num_tokens for name, num_tokens in runner.chunks if name == "long"]
    assert set(beside[:-1]) == {15}  # 0.17 s: a tile, with the token of the stream
