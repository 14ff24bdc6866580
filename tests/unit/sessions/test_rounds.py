"""Turns in which the server runs a tool: their rounds, without an engine."""

import asyncio
from collections.abc import Callable, Sequence

from agent_memory.ids import RequestId, SessionId, TurnId, WorkspaceId
from agent_memory.sessions.answering import Answered, OpenTurn
from agent_memory.sessions.conversation import Conversation
from agent_memory.sessions.rounds import RoundsAnswerer
from agent_memory.turns.events import (
    ChoiceFinished,
    FinishReason,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    TurnEvent,
    Usage,
)
from agent_memory.turns.messages import (
    Message,
    Part,
    Role,
    ServerCall,
    Text,
    ToolResult,
    ToolUse,
)
from agent_memory.turns.own_tool import MAX_ROUNDS, MemoryTool
from agent_memory.turns.placement import Placement
from agent_memory.turns.request import TurnRequest
from agent_memory.turns.sampling import SamplingParams
from agent_memory.turns.server_calls import spelled_out

CALL = ToolUse("call_1", "memory", "{}")
THEIRS = ToolUse("call_2", "bash", "{}")
HELLO = Message(Role.USER, (Text("Hello"),))


class Heard:
    """What the client hears. It meets `sessions.running_turn.Running`."""

    def __init__(self) -> None:
        self.events: list[TurnEvent] = []
        self.can_resume = True
        self.is_cancelled = False

    def emit(self, event: TurnEvent) -> None:
        self.events.append(event)

    def step(
        self,
        events: tuple[TurnEvent, ...],
        token_ids: tuple[int, ...] = (),
        *,
        can_resume: bool = True,
    ) -> None:
        del token_ids
        self.events.extend(events)
        self.can_resume = self.can_resume and can_resume

    def on_cancel(self, cancel: Callable[[], None]) -> None:
        """Nothing is stopped here."""


class Script:
    """Answers with these, the last one for ever. It meets `sessions.answering.Answerer`."""

    def __init__(self, *answers: Sequence[Part]) -> None:
        self.answers = answers
        self.turns: list[OpenTurn] = []

    async def answer(self, turn: OpenTurn) -> Answered | None:
        self.turns.append(turn)
        parts = self.answers[min(len(self.turns), len(self.answers)) - 1]
        calls = [part for part in parts if isinstance(part, ToolUse)]
        reason = FinishReason.TOOL_CALLS if calls else FinishReason.STOP
        for part in parts:
            match part:
                case Text(text):
                    turn.running.step((TextDelta(0, text, 1),))
                case ToolUse(call_id, name, arguments):
                    deltas = (ToolCallStarted(0, call_id, name), ToolCallDelta(0, arguments, 1))
                    turn.running.step(deltas)
                case _:
                    raise AssertionError
        turn.running.step((ChoiceFinished(0, reason),))
        message = Message(Role.ASSISTANT, tuple(parts))
        return Answered(message, "m", reason, Usage(100, 10, 5))


class Runner:
    """It meets `sessions.rounds.MemoryToolRunner`."""

    def __init__(self) -> None:
        self.calls: list[ToolUse] = []

    async def run(
        self, workspace: WorkspaceId, tool: MemoryTool, call: ToolUse
    ) -> tuple[str, bool]:
        assert (workspace, tool.prefix) == ("ours", "memories")
        self.calls.append(call)
        return f"result {len(self.calls)}", False


def answered(script: Script, heard: Heard, runner: Runner, max_tokens: int = 1000) -> Answered:
    request = TurnRequest(
        TurnId("turn_1"),
        RequestId("req_1"),
        WorkspaceId("ours"),
        (HELLO,),
        SamplingParams(max_tokens),
        placement=Placement(SessionId("sess_1")),
        memory_tool=MemoryTool("memories", "key_1"),
    )
    conversation = Conversation()
    turn = OpenTurn(request, conversation, conversation.continue_with(request), heard)
    found = asyncio.run(RoundsAnswerer(script, runner).answer(turn))
    assert found is not None
    return found


def test_the_client_hears_of_one_answer_and_its_usage_is_that_of_all_rounds() -> None:
    script, heard, runner = Script((Text("Let me see."), CALL), (Text("Tea."),)), Heard(), Runner()

    found = answered(script, heard, runner)

    result = ServerCall("call_1", "memory", "{}", "result 1")
    assert found.message.parts == (Text("Let me see."), result, Text("\n\nTea."))
    assert found.message.text == "Let me see.\n\nTea."
    assert found.usage == Usage(200, 20, 10)
    said = [event.text for event in heard.events if isinstance(event, TextDelta)]
    assert "".join(said) == found.message.text
    assert not any(isinstance(event, ToolCallStarted) for event in heard.events)
    assert heard.events[-1] == ChoiceFinished(0, FinishReason.STOP)
    assert sum(isinstance(event, ChoiceFinished) for event in heard.events) == 1
    read = script.turns[1].continuation.messages
    assert read[1:] == (
        Message(Role.ASSISTANT, (Text("Let me see."), CALL)),
        Message(Role.TOOL, (ToolResult("call_1", "result 1"),)),
    )
    assert script.turns[1].request.sampling.max_tokens == 995


def test_another_process_cannot_take_up_a_turn_in_which_tools_were_run() -> None:
    heard = Heard()
    answered(Script((Text("No call."),)), heard, Runner())
    assert heard.can_resume
    answered(Script((CALL,), (Text("Tea."),)), heard, Runner())
    assert not heard.can_resume


def test_a_model_that_calls_for_ever_is_stopped() -> None:
    heard, runner = Heard(), Runner()
    found = answered(Script((CALL,)), heard, runner)
    assert len(runner.calls) == MAX_ROUNDS
    assert found.finish_reason is FinishReason.STOP
    assert heard.events == [ChoiceFinished(0, FinishReason.STOP)]
    rounds = [part.round_no for part in found.message.parts if isinstance(part, ServerCall)]
    assert rounds == list(range(MAX_ROUNDS))


def test_all_rounds_share_the_tokens_that_were_asked_for() -> None:
    runner = Runner()
    found = answered(Script((CALL,)), Heard(), runner, max_tokens=12)
    assert len(runner.calls) == 3
    assert found.finish_reason is FinishReason.LENGTH


def test_the_clients_calls_come_after_ours_and_are_the_clients_to_answer() -> None:
    script, heard, runner = Script((THEIRS, CALL)), Heard(), Runner()

    found = answered(script, heard, runner)

    result = ServerCall("call_1", "memory", "{}", "result 1")
    assert found.message.parts == (result, THEIRS)
    assert found.finish_reason is FinishReason.TOOL_CALLS
    assert [event.name for event in heard.events if isinstance(event, ToolCallStarted)] == ["bash"]
    assert len(script.turns) == 1


def test_a_message_is_spelled_out_as_it_was_read() -> None:
    one, two = (ServerCall(f"c{no}", "memory", "{}", f"r{no}", round_no=0) for no in (1, 2))
    three = ServerCall("c3", "memory", "{}", "r3", is_error=True, round_no=1)
    message = Message(Role.ASSISTANT, (Text("a"), one, two, three, Text("b"), THEIRS))
    assert spelled_out((HELLO, message)) == (
        HELLO,
        Message(
            Role.ASSISTANT,
            (Text("a"), ToolUse("c1", "memory", "{}"), ToolUse("c2", "memory", "{}")),
        ),
        Message(Role.TOOL, (ToolResult("c1", "r1"), ToolResult("c2", "r2"))),
        Message(Role.ASSISTANT, (ToolUse("c3", "memory", "{}"),)),
        Message(Role.TOOL, (ToolResult("c3", "r3", is_error=True),)),
        Message(Role.ASSISTANT, (Text("b"), THEIRS)),
    )
