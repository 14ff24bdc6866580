"""The engine as the rest of the runtime meets it."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent_memory.device.engine import MlxEngine
from agent_memory.device.models.weights import fingerprint
from agent_memory.engine.events import Generated, Stored
from agent_memory.errors import (
    Draining,
    EngineUnavailable,
    InvalidRequest,
    ModelNotUsable,
    PromptTooLong,
    QueueFull,
    StreamInterrupted,
)
from agent_memory.prompts.request import PromptRequest
from agent_memory.testing.models import make_model_folder
from agent_memory.turns.events import FinishReason
from agent_memory.turns.messages import Message, Role, Text
from agent_memory.turns.sampling import SamplingParams
from tests.integration.device.conftest import BLOCK_SIZE, small_settings
from tests.integration.device.engine_driver import (
    GREEDY,
    a_prompt,
    a_request,
    ask,
    ask_all,
    lease_of,
    read,
)

LONG = replace(GREEDY, max_tokens=1500, logit_bias={2: -100.0})
"""Goes on until somebody stops it."""


@pytest.fixture
def own_engine(model_folder: Callable[[str], Path]) -> Iterator[MlxEngine]:
    """An engine of two rows and a short queue that a test may break."""
    settings = small_settings(max_batch_size=2, max_waiting=1)
    engine = MlxEngine.load(model_folder("llama"), "llama", settings, None)
    yield engine
    engine.close()


def test_an_engine_knows_its_model(llama: MlxEngine) -> None:
    info = llama.info
    assert info.model == "llama"
    assert info.context_window == 2048
    assert info.block_size == BLOCK_SIZE
    assert info.bytes_per_token == 2 * 2 * 2 * 16 * 4  # layers, K and V, heads, size, bytes
    assert info.has_tools
    assert not info.has_snapshots
    assert info.notes == ()


def test_models_that_cannot_be_cut_say_so(engine_of: Callable[[str], MlxEngine]) -> None:
    assert engine_of("gemma3").info.has_snapshots
    assert engine_of("gemma3").info.notes == ()
    assert engine_of("recurrent").info.has_snapshots
    assert "one by one" in engine_of("recurrent").info.notes[0]


def test_fingerprints_tell_weights_and_templates_apart(
    model_folder: Callable[[str], Path], tmp_path: Path
) -> None:
    one = model_folder("llama")
    same = make_model_folder(tmp_path / "same", "llama")
    other = make_model_folder(tmp_path / "other", "llama", seed=1)
    assert fingerprint(same, "template") == fingerprint(one, "template")
    assert fingerprint(other, "template") != fingerprint(one, "template")
    assert fingerprint(one, "another template") != fingerprint(one, "template")


def test_a_smaller_context_window_can_be_set(model_folder: Callable[[str], Path]) -> None:
    settings = small_settings(context_window=64)
    engine = MlxEngine.load(model_folder("llama"), "llama", settings, None)
    try:
        assert engine.info.context_window == 64
    finally:
        engine.close()


def test_a_broken_model_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(ModelNotUsable, match=r"config\.json"):
        MlxEngine.load(tmp_path, "broken", small_settings(), None)


def test_a_configuration_that_some_library_refuses_is_a_model_that_cannot_be_served(
    tmp_path: Path,
) -> None:
    folder = make_model_folder(tmp_path)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"hidden_size": "wide"}))
    with pytest.raises(ModelNotUsable, match="hidden_size"):
        MlxEngine.load(folder, "wide", small_settings(), None)


async def test_a_conversation_is_rendered_and_answered(llama: MlxEngine) -> None:
    prompt = llama.render(PromptRequest((Message(Role.USER, (Text("hello"),)),)))
    answer = await ask(llama, a_request(llama, prompt.pieces[0]))
    assert answer.text()
    assert answer.finished.reason in {FinishReason.LENGTH, FinishReason.STOP}


async def test_a_stop_string_is_found_however_tokens_cut_it(llama: MlxEngine) -> None:
    prompt = a_prompt(20, variant=1)
    # Letters are single tokens here: force a text that we know, one token a letter.
    answer = await ask(llama, a_request(llama, prompt, replace(GREEDY, max_tokens=40)))
    text = answer.text()
    stop = text[5:9]
    stopped = await ask(
        llama, a_request(llama, prompt, replace(GREEDY, max_tokens=40, stop=(stop,)))
    )
    assert stopped.finished.reason is FinishReason.STOP_SEQUENCE
    assert stopped.finished.stop_sequence == stop
    assert stopped.text() == text[: text.index(stop)]
    assert len(stopped.tokens()) < len(answer.tokens())


async def test_a_stop_string_of_several_tokens_never_shows(llama: MlxEngine) -> None:
    prompt = a_prompt(8)
    letters = {letter: a_letter(llama, letter) for letter in "xyz"}
    cycle = SamplingParams(
        max_tokens=12,
        temperature=0.0,
        logit_bias=dict.fromkeys(letters.values(), 50.0),
        presence_penalty=10.0,
        stop=("zzz", "qq"),
    )
    free = await ask(llama, a_request(llama, prompt, replace(cycle, stop=())))
    first_three = free.text()[:3]
    stopped = await ask(llama, a_request(llama, prompt, replace(cycle, stop=(first_three,))))
    assert set(first_three) == set("xyz")
    assert stopped.text() == ""
    assert stopped.finished.stop_sequence == first_three
    assert len(stopped.tokens()) == 3


def a_letter(engine: MlxEngine, letter: str) -> int:
    (token,) = engine.render(PromptRequest(raw_prompt=letter)).pieces[0]
    return token


async def test_output_can_be_held_to_a_schema(llama: MlxEngine) -> None:
    schema = {
        "type": "object",
        "properties": {"ok": {"type": "boolean"}},
        "required": ["ok"],
        "additionalProperties": False,
    }
    params = SamplingParams(max_tokens=60, temperature=1.0, seed=1)
    constrained = a_request(llama, a_prompt(9), params, json_schema=json.dumps(schema))
    free = a_request(llama, a_prompt(9), params)
    held, other = await ask_all(llama, [constrained, free])
    assert set(json.loads(held.text())) == {"ok"}
    assert held.finished.reason is FinishReason.STOP
    assert other.tokens() == (await ask(llama, free)).tokens()


async def test_a_prompt_as_long_as_the_window_is_refused(llama: MlxEngine) -> None:
    with pytest.raises(PromptTooLong) as caught:
        llama.generate(a_request(llama, a_prompt(2048)))
    assert (caught.value.num_tokens, caught.value.limit) == (2048, 2047)


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"n": 9}, "n"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"num_logprobs": 50}, "top_logprobs"),
        ({"logit_bias": {512: 1.0}}, "logit_bias"),
    ],
)
async def test_what_cannot_be_done_is_refused(
    llama: MlxEngine, changes: dict[str, object], param: str
) -> None:
    sampling = replace(GREEDY, **changes)  # type: ignore[arg-type]
    with pytest.raises(InvalidRequest) as caught:
        llama.generate(a_request(llama, a_prompt(5), sampling))
    assert caught.value.param == param


async def test_an_empty_prompt_is_refused(llama: MlxEngine) -> None:
    with pytest.raises(InvalidRequest):
        llama.generate(a_request(llama, ()))


async def test_a_token_that_does_not_exist_is_refused(llama: MlxEngine) -> None:
    with pytest.raises(InvalidRequest):
        llama.generate(a_request(llama, (5, 512)))


async def test_beyond_the_queue_requests_are_turned_away(own_engine: MlxEngine) -> None:
    streams = [own_engine.generate(a_request(own_engine, a_prompt(5), LONG)) for _ in range(3)]
    with pytest.raises(QueueFull) as caught:
        own_engine.generate(a_request(own_engine, a_prompt(5)))
    assert caught.value.num_waiting == 1
    assert caught.value.retry_after_s >= 1
    for stream in streams:
        stream.cancel()
    for stream in streams:
        await read(stream)
    answer = await ask(own_engine, a_request(own_engine, a_prompt(5)))
    assert len(answer.tokens()) > 0


async def test_groups_take_turns(own_engine: MlxEngine) -> None:
    running = own_engine.generate(a_request(own_engine, a_prompt(5), LONG))
    both = own_engine.generate(a_request(own_engine, a_prompt(5), LONG))
    waiting = own_engine.generate(a_request(own_engine, a_prompt(5), group="b"))
    running.cancel()
    assert len((await read(waiting)).tokens()) == 12
    both.cancel()
    await read(both)
    await read(running)


async def test_a_closed_stream_stops_the_work(own_engine: MlxEngine) -> None:
    stream = own_engine.generate(a_request(own_engine, a_prompt(40), LONG))
    async for event in stream:
        if isinstance(event, Generated):
            break
    await stream.aclose()
    await own_engine.drain(grace_s=20)
    assert own_engine.stats().requests_cancelled == 1
    assert [event async for event in stream] == []


async def test_draining_lets_a_short_answer_finish_and_takes_nothing_new(
    own_engine: MlxEngine,
) -> None:
    reading = asyncio.create_task(ask(own_engine, a_request(own_engine, a_prompt(5))))
    await asyncio.sleep(0)
    await own_engine.drain(grace_s=20)
    assert (await reading).finished.reason is not FinishReason.CANCELLED
    with pytest.raises(Draining):
        own_engine.generate(a_request(own_engine, a_prompt(5)))


async def test_draining_cancels_what_takes_longer_than_the_grace(own_engine: MlxEngine) -> None:
    reading = asyncio.create_task(ask(own_engine, a_request(own_engine, a_prompt(40), LONG)))
    await asyncio.sleep(0)
    await own_engine.drain(grace_s=0.01)
    answer = await reading
    assert answer.finished.reason is FinishReason.CANCELLED
    assert isinstance(answer.events[-1], Stored)


async def test_closing_ends_every_stream_in_order(own_engine: MlxEngine) -> None:
    reading = asyncio.create_task(ask(own_engine, a_request(own_engine, a_prompt(40), LONG)))
    await asyncio.sleep(0.05)
    await asyncio.to_thread(own_engine.close)
    assert isinstance((await reading).events[-1], Stored)
    with pytest.raises(EngineUnavailable):
        own_engine.generate(a_request(own_engine, a_prompt(5)))


async def test_a_request_that_fails_in_the_device_fails_alone(
    own_engine: MlxEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "agent_memory.device.runner.fill_layers", _broken
    )  # only a request with cached blocks gets there
    prompt = a_prompt(40)
    first = await ask(own_engine, a_request(own_engine, prompt))
    from_blocks = a_request(own_engine, prompt, lease=lease_of(first.stored.blocks, prompt))
    reading = asyncio.create_task(ask(own_engine, a_request(own_engine, prompt)))
    with pytest.raises(StreamInterrupted):
        await ask(own_engine, from_blocks)
    assert (await reading).tokens() == first.tokens()
    assert own_engine.stats().requests_failed == 1


async def test_when_the_thread_fails_everyone_is_told(
    own_engine: MlxEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = asyncio.create_task(ask(own_engine, a_request(own_engine, a_prompt(5), LONG)))
    await asyncio.sleep(0.05)
    monkeypatch.setattr("agent_memory.engine.loop.StepLoop.step", _broken)
    with pytest.raises(EngineUnavailable):
        await reading
    await own_engine.drain(grace_s=20)
    with pytest.raises(EngineUnavailable):
        own_engine.generate(a_request(own_engine, a_prompt(5)))


async def test_a_reader_whose_loop_is_gone_does_not_hold_up_the_others(
    own_engine: MlxEngine,
) -> None:
    async def leave() -> None:
        own_engine.generate(a_request(own_engine, a_prompt(5), LONG))
        await asyncio.sleep(0.05)

    await asyncio.to_thread(asyncio.run, leave())
    answer = await ask(own_engine, a_request(own_engine, a_prompt(5)))
    assert len(answer.tokens()) == 12
    await own_engine.drain(grace_s=20)


async def test_the_figures_add_up(own_engine: MlxEngine) -> None:
    answer = await ask(own_engine, a_request(own_engine, a_prompt(40)))
    stats = own_engine.stats()
    assert stats.tokens_prefilled == 39
    assert stats.tokens_generated == len(answer.tokens())
    assert stats.requests_finished == 1
    assert (stats.running, stats.waiting) == (0, 0)
    assert stats.resident_bytes == answer.stored.num_tokens * own_engine.info.bytes_per_token
    assert stats.active_bytes > stats.resident_bytes


def _broken(*_: object) -> None:
    raise RuntimeError("broken on purpose")
