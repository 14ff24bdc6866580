"""The story of a turn, under any provider."""

import asyncio

from agent_memory.ids import RequestId, SessionId, ThreadId, TurnId, WorkspaceId
from agent_memory.prompts.identity import head_hash
from agent_memory.sessions.answering import Answered, OpenTurn
from agent_memory.sessions.conversation import Conversation
from agent_memory.sessions.running_turn import RunningTurn
from agent_memory.sessions.turn import Turn
from agent_memory.testing.engine import MemoryStore
from agent_memory.turns.events import (
    FinishReason,
    Injected,
    TurnEvent,
    TurnFinished,
    TurnStarted,
    Usage,
)
from agent_memory.turns.messages import Message, Recollection, Role, Text
from agent_memory.turns.placement import Placement
from agent_memory.turns.request import TurnMemory, TurnRequest
from agent_memory.turns.sampling import SamplingParams
from agent_memory.turns.traces import Traces
from agent_memory.turns.transcript import Head

WORKSPACE = WorkspaceId("w")
HERE = SessionId("sess_here")
USAGE = Usage(prompt_tokens=3, cached_tokens=1, completion_tokens=1)
HELLO = Message(Role.USER, (Text("hello"),))
HI = Message(Role.ASSISTANT, (Text("hi"),))
TRACES = Traces("f", (7,), "<assistant>", num_tokens=4, num_shared=0, read_tokens=(1, 2))


class Oracle:
    """Answers everything in the same way."""

    def __init__(self, answered: Answered | None) -> None:
        self._answered = answered
        self.asked: list[OpenTurn] = []

    async def answer(self, turn: OpenTurn) -> Answered | None:
        self.asked.append(turn)
        turn.running.emit(turn.started(USAGE, "far"))
        await asyncio.sleep(0)
        return self._answered


def answered(traces: Traces | None = None) -> Answered:
    return Answered(HI, "far", FinishReason.STOP, USAGE, traces)


class Scene:
    """Turns of one conversation, and what was heard of them."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.conversation = Conversation()
        self.events: list[TurnEvent] = []
        self.num_committed_at_end = 0

    async def take(
        self,
        oracle: Oracle,
        turn_id: str = "turn_1",
        *messages: Message,
        memory: TurnMemory | None = None,
        raw_prompt: str | None = None,
        is_cancelled: bool = False,
        is_stored: bool = True,
    ) -> None:
        request = TurnRequest(
            TurnId(turn_id),
            RequestId("r"),
            WORKSPACE,
            messages or (HELLO,),
            SamplingParams(max_tokens=9),
            is_delta=raw_prompt is None,
            raw_prompt=raw_prompt,
            memory=memory,
            placement=Placement(HERE),
            is_stored=is_stored,
        )

        async def run(running: RunningTurn) -> None:
            await Turn(request, running, self.conversation, oracle, self.store).take()

        running = RunningTurn(run, lambda step: self._hear(step.events))
        if is_cancelled:
            running.cancel()
        await running.wait()

    def _hear(self, events: tuple[TurnEvent, ...]) -> None:
        self.events += events
        if any(isinstance(event, TurnFinished) for event in events):
            self.num_committed_at_end = len(self.store.commits)


async def test_an_answer_without_traces_is_committed_before_the_turn_ends() -> None:
    scene = Scene()
    await scene.take(Oracle(answered()))
    [commit] = scene.store.commits
    assert (commit.model, commit.traces, commit.usage) == ("far", None, USAGE)
    assert (commit.new_messages, commit.answer) == ((HELLO,), HI)
    assert commit.head_hash == head_hash((HELLO, HI))
    assert commit.built_on == Head(None)
    assert scene.events[-1] == TurnFinished(USAGE)
    assert scene.num_committed_at_end == 1


async def test_the_next_turn_builds_on_the_one_before() -> None:
    scene = Scene()
    oracle = Oracle(answered())
    await scene.take(oracle)
    await scene.take(oracle, "turn_2", Message(Role.USER, (Text("and?"),)))
    first, second = scene.store.commits
    assert second.built_on == Head(first.head_hash)
    assert second.num_kept == 2
    assert [message.text for message in oracle.asked[1].continuation.messages] == [
        *("hello", "hi"),
        "and?",
    ]


async def test_traces_are_kept_and_only_they_move_the_tokens_on() -> None:
    scene = Scene()
    await scene.take(Oracle(answered(TRACES)))
    assert scene.conversation.sequence == (1, 2, 7)
    await scene.take(Oracle(answered()), "turn_2")
    assert scene.conversation.sequence == (1, 2, 7)
    assert [said.model for said in scene.conversation.generated] == ["f", None]
    assert [commit.traces for commit in scene.store.commits] == [TRACES, None]


async def test_an_answer_that_is_not_there_is_not_committed() -> None:
    scene = Scene()
    await scene.take(Oracle(None))
    assert scene.store.commits == []
    assert not any(isinstance(event, TurnFinished) for event in scene.events)


async def test_a_cancelled_turn_is_not_committed_though_it_was_answered() -> None:
    scene = Scene()
    await scene.take(Oracle(answered()), is_cancelled=True)
    assert scene.store.commits == []


async def test_a_completion_is_not_committed() -> None:
    scene = Scene()
    await scene.take(Oracle(answered()), raw_prompt="Once")
    assert scene.store.commits == []
    assert scene.events[-1] == TurnFinished(USAGE)


async def test_what_was_recalled_is_told_and_remembered_where_it_was_asked_for() -> None:
    scene = Scene()
    recollection = Recollection("blue\n", ("item_1",), 2)
    await scene.take(Oracle(answered()), memory=TurnMemory(recollection=recollection))
    [started] = [event for event in scene.events if isinstance(event, TurnStarted)]
    assert started.memory == Injected(("item_1",), 2)
    [commit] = scene.store.commits
    assert commit.remember_in == ThreadId(HERE)
    assert commit.new_messages[-1].recollection == recollection


async def test_a_turn_that_only_recalls_is_not_remembered() -> None:
    scene = Scene()
    await scene.take(Oracle(answered()), memory=TurnMemory(remember=False, problem="down"))
    [started] = [event for event in scene.events if isinstance(event, TurnStarted)]
    assert started.memory == Injected(problem="down")
    assert scene.store.commits[0].remember_in is None


async def test_a_turn_that_is_not_to_be_stored_ends_without_a_commit() -> None:
    scene = Scene()
    await scene.take(Oracle(answered()), is_stored=False)
    assert isinstance(scene.events[-1], TurnFinished)
    assert scene.store.commits == []
    assert scene.conversation.messages == ()
