"""Prompts, and the places in them where other sessions may go on."""

from dataclasses import replace

from agent_memory.engine.info import EngineInfo
from agent_memory.ids import RequestId, TurnId, WorkspaceId
from agent_memory.sessions.conversation import Continuation
from agent_memory.sessions.prompting import build_prompt
from agent_memory.testing.engine import INFO, ScriptedEngine, encode
from agent_memory.turns.messages import Message, Role, Text
from agent_memory.turns.request import TurnRequest
from agent_memory.turns.sampling import SamplingParams

SYSTEM = Message(Role.SYSTEM, (Text("You are a long and careful preamble."),))
FIRST = Message(Role.USER, (Text("first question"),))
ANSWER = Message(Role.ASSISTANT, (Text("first answer"),))
SECOND = Message(Role.USER, (Text("second question"),))
WITH_SNAPSHOTS = replace(INFO, has_snapshots=True)


def turn(*messages: Message, marks: tuple[int, ...] = ()) -> TurnRequest:
    return TurnRequest(
        TurnId("t"),
        RequestId("r"),
        WorkspaceId("w"),
        messages,
        SamplingParams(max_tokens=5),
        cache_marks=marks,
    )


async def boundaries(request: TurnRequest, info: EngineInfo = WITH_SNAPSHOTS) -> list[str]:
    """The beginnings of the prompt that end at its boundaries."""
    continuation = Continuation(request.messages, 0)
    prompt = await build_prompt(ScriptedEngine([]), request, continuation, (), info)
    return ["".join(map(chr, prompt.tokens[:at])) for at in prompt.boundaries]


async def test_others_go_on_where_the_users_words_begin() -> None:
    assert await boundaries(turn(SYSTEM, FIRST)) == [f"<system>{SYSTEM.text}\n<user>"]


async def test_others_go_on_where_the_client_has_put_a_mark() -> None:
    found = await boundaries(turn(SYSTEM, FIRST, ANSWER, SECOND, marks=(1, 2, 4)))
    assert found == [
        f"<system>{SYSTEM.text}\n<",
        f"<system>{SYSTEM.text}\n<user>",
        f"<system>{SYSTEM.text}\n<user>{FIRST.text}\n<assistant>",
    ]


async def test_a_beginning_that_is_computed_in_no_time_is_not_kept() -> None:
    assert await boundaries(turn(FIRST, ANSWER, SECOND)) == []


async def test_layers_that_can_be_cut_anywhere_need_no_boundaries() -> None:
    assert await boundaries(turn(SYSTEM, FIRST, marks=(1,)), INFO) == []


async def test_the_prompt_is_the_same_with_and_without_boundaries() -> None:
    request = turn(SYSTEM, FIRST, marks=(1,))
    continuation = Continuation(request.messages, 0)
    one, other = [
        await build_prompt(ScriptedEngine([]), request, continuation, (), info)
        for info in (INFO, WITH_SNAPSHOTS)
    ]
    assert one.tokens == other.tokens
    assert one.tokens[:8] == encode("<system>")
