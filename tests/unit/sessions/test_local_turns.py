"""The local engine's turns, over processes that die."""

from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from agent_memory.errors import (
    ConversationMoved,
    EngineLost,
    InvalidRequest,
    ModelNotLoaded,
    PromptTooLong,
    SessionMoved,
    StreamInterrupted,
)
from agent_memory.gateway.placing import Places
from agent_memory.ids import RequestId, SessionId, TurnId, WorkspaceId
from agent_memory.prompts.request import PromptRequest, RenderedPrompt
from agent_memory.sessions.local_turns import MAX_ATTEMPTS, LocalTurns, StreamLost
from agent_memory.testing.engine import MemoryStore, ScriptedEngine
from agent_memory.turns.events import (
    ChoiceFinished,
    FinishReason,
    TextDelta,
    TurnEvent,
    TurnFinished,
    TurnStarted,
    TurnStep,
    Usage,
)
from agent_memory.turns.messages import Message, Role, Text
from agent_memory.turns.models import ModelCard
from agent_memory.turns.placement import Branch, Placement
from agent_memory.turns.request import TurnRequest
from agent_memory.turns.sampling import SamplingParams
from agent_memory.turns.transcript import HistoryMatch

WORKSPACE = WorkspaceId("w")
HERE = SessionId("sess_here")
USAGE = Usage(prompt_tokens=3, cached_tokens=0)
STARTED = TurnStarted(TurnId("turn_1"), HERE, USAGE, model="m", model_fingerprint="f")
STOPPED = ChoiceFinished(0, FinishReason.STOP)
END = (TurnStep((STOPPED,)), TurnStep((TurnFinished(USAGE),)))
BEGIN = TurnStep((STARTED,))


def say(text: str) -> TurnStep:
    """One token a character."""
    return TurnStep((TextDelta(0, text, len(text)),), tuple(map(ord, text)))


Attempt = Sequence[TurnStep | Exception]


class Stream:
    """The steps of one attempt."""

    def __init__(self, steps: Attempt) -> None:
        self._steps = steps
        self.is_closed = False

    async def __aiter__(self) -> AsyncIterator[TurnStep]:
        for step in self._steps:
            if isinstance(step, Exception):
                raise step
            yield step

    def close(self) -> None:
        self.is_closed = True


class Processes:
    """Streams and directory: each turn that is opened takes the next attempt."""

    def __init__(self, *attempts: Attempt) -> None:
        self._attempts = deque(attempts)
        self.opened: list[TurnRequest] = []
        self.streams: list[Stream] = []
        self.lost: list[SessionId] = []
        self.let_gone: list[SessionId] = []

    async def open(self, request: TurnRequest) -> Stream:
        self.opened.append(request)
        self.streams.append(Stream(self._attempts.popleft()))
        return self.streams[-1]

    async def report_lost(self, workspace: WorkspaceId, session: SessionId) -> None:
        assert workspace == WORKSPACE
        self.lost.append(session)

    async def let_go(self, workspace: WorkspaceId, session: SessionId) -> None:
        assert workspace == WORKSPACE
        self.let_gone.append(session)


class Models:
    """`loaded` answers for every name but `asleep`."""

    async def list(self) -> Sequence[ModelCard]:
        return [ModelCard("loaded", created=0, context_window=100)]

    async def check_is_loaded(self, model: str) -> None:
        if model == "asleep":
            raise ModelNotLoaded(model, "loaded")


class Histories:
    """Every conversation went on in `sess_here` after `turn_0`."""

    async def find_by_history(
        self, workspace: WorkspaceId, hashes: Sequence[str]
    ) -> HistoryMatch | None:
        del workspace, hashes
        return HistoryMatch(HERE, TurnId("turn_0"), "head", is_head=False)

    async def find_turn(self, workspace: WorkspaceId, turn: TurnId) -> HistoryMatch | None:
        del workspace
        return HistoryMatch(HERE, turn, "head", is_head=False)


def local(processes: Processes, engine: ScriptedEngine | None = None) -> LocalTurns:
    return LocalTurns(
        processes,
        processes,
        Places(Histories()),
        engine or ScriptedEngine([]),
        MemoryStore(),
        Models(),
    )


TALK = (
    Message(Role.USER, (Text("hi"),)),
    Message(Role.ASSISTANT, (Text("ho"),)),
    Message(Role.USER, (Text("hum"),)),
)


def asking(n: int = 1, model: str = "") -> TurnRequest:
    return TurnRequest(
        TurnId("turn_1"),
        RequestId("r"),
        WORKSPACE,
        TALK,
        SamplingParams(max_tokens=9, n=n),
        model=model,
        placement=Placement(HERE, expected_head="head"),
    )


async def take(processes: Processes, request: TurnRequest | None = None) -> list[TurnEvent]:
    return [event async for event in local(processes).answer(request or asking())]


def text_of(events: list[TurnEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


LOST = [StreamLost("the stream was cut"), SessionMoved("The session is not here.")]


async def test_a_turn_is_told_step_by_step_and_its_stream_closed() -> None:
    processes = Processes([BEGIN, say("a"), say("b"), *END])
    assert await take(processes) == [
        STARTED,
        TextDelta(0, "a", 1),
        TextDelta(0, "b", 1),
        STOPPED,
        TurnFinished(USAGE),
    ]
    assert processes.streams[0].is_closed
    assert (processes.lost, processes.let_gone) == ([], [])


@pytest.mark.parametrize("error", LOST)
async def test_a_lost_process_is_reported_and_the_next_goes_on_after_what_was_delivered(
    error: Exception,
) -> None:
    processes = Processes([BEGIN, say("ab"), error], [BEGIN, say("c"), *END])
    events = await take(processes)
    assert text_of(events) == "abc"
    assert events.count(STARTED) == 1
    assert processes.lost == [HERE]
    first, second = (request.placed for request in processes.opened)
    assert (first.delivered_tokens, first.delivered_by) == ((), "")
    assert (second.delivered_tokens, second.delivered_by) == (tuple(map(ord, "ab")), "f")
    assert all(stream.is_closed for stream in processes.streams)


async def test_what_several_processes_delivered_adds_up() -> None:
    lost = StreamLost("again")
    processes = Processes([BEGIN, say("a"), lost], [BEGIN, say("b"), lost], [BEGIN, say("c"), *END])
    assert text_of(await take(processes)) == "abc"
    assert processes.opened[-1].placed.delivered_tokens == (ord("a"), ord("b"))


async def test_a_process_that_is_lost_before_the_first_token_has_delivered_nothing() -> None:
    processes = Processes([BEGIN, StreamLost("at once")], [BEGIN, say("a"), *END])
    events = await take(processes)
    assert events.count(STARTED) == 1
    assert processes.opened[1].placed == Placement(HERE, expected_head="head")


async def test_an_end_that_was_told_is_not_told_again() -> None:
    processes = Processes([BEGIN, say("a"), END[0], StreamLost("late")], [BEGIN, *END])
    assert (await take(processes)).count(STOPPED) == 1


async def test_a_turn_whose_processes_die_again_and_again_is_given_up() -> None:
    processes = Processes(*[[StreamLost("again")]] * MAX_ATTEMPTS)
    with pytest.raises(StreamInterrupted, match="4 times"):
        await take(processes)
    assert len(processes.lost) == MAX_ATTEMPTS


async def test_several_choices_do_not_go_on_after_tokens_of_one() -> None:
    processes = Processes([BEGIN, say("a"), StreamLost("amid")])
    with pytest.raises(StreamInterrupted, match="several choices"):
        await take(processes, asking(n=2))


async def test_a_conversation_that_moved_on_is_taken_up_as_a_branch() -> None:
    processes = Processes([ConversationMoved("went on")], [BEGIN, say("a"), *END])
    assert text_of(await take(processes)) == "a"
    second = processes.opened[1].placed
    assert second.branch == Branch(HERE, TurnId("turn_0"))
    assert second.expected_head is None
    assert second.session_id != HERE
    assert processes.lost == []


async def test_a_branch_taken_amid_an_answer_goes_on_after_what_was_delivered() -> None:
    processes = Processes(
        [BEGIN, say("a"), StreamLost("amid")],
        [ConversationMoved("went on")],
        [BEGIN, say("b"), *END],
    )
    assert text_of(await take(processes)) == "ab"
    assert processes.opened[2].placed.delivered_tokens == (ord("a"),)


@pytest.mark.parametrize("error", [PromptTooLong(9, 8), InvalidRequest("no")])
async def test_errors_of_the_turn_itself_are_the_clients(error: Exception) -> None:
    processes = Processes([error])
    with pytest.raises(type(error)):
        await take(processes)
    assert len(processes.opened) == 1
    assert processes.streams[0].is_closed


async def test_a_client_that_goes_away_closes_the_stream() -> None:
    processes = Processes([BEGIN, say("a"), *END])
    events = local(processes).answer(asking())
    await anext(events)
    await events.aclose()
    assert processes.streams[0].is_closed


async def test_a_completion_lets_its_session_go() -> None:
    processes = Processes([BEGIN, say("a"), *END])
    await take(processes, replace(asking(), raw_prompt="Once"))
    assert processes.let_gone == [HERE]


async def test_a_model_that_is_not_loaded_takes_no_turn() -> None:
    processes = Processes()
    with pytest.raises(ModelNotLoaded):
        await take(processes, asking(model="asleep"))
    with pytest.raises(ModelNotLoaded):
        await local(processes).count(asking(model="asleep"))
    assert processes.opened == []


class RestartingEngine(ScriptedEngine):
    """It is lost while it renders for the first time."""

    num_lost = 1

    async def render(self, request: PromptRequest) -> RenderedPrompt:
        if self.num_lost:
            self.num_lost -= 1
            raise EngineLost("The engine was lost.")
        return await super().render(request)


@pytest.mark.parametrize("engine", [ScriptedEngine([]), RestartingEngine([])])
async def test_a_prompt_is_counted_as_it_is_rendered(engine: ScriptedEngine) -> None:
    read = "<user>hi\n<assistant>ho\n<user>hum\n<assistant>"
    assert await local(Processes(), engine).count(asking()) == len(read)


async def test_the_cards_are_those_of_this_server() -> None:
    assert [card.id for card in await local(Processes()).cards()] == ["loaded"]
