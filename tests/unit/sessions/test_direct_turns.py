"""Turns that a process takes itself."""

import asyncio
from contextlib import aclosing

import pytest

from agent_memory.errors import ConversationMoved, EngineUnavailable, Unavailable
from agent_memory.gateway.placing import Places
from agent_memory.ids import RequestId, SessionId, TurnId, WorkspaceId, new_id
from agent_memory.sessions.answering import Answered, OpenTurn
from agent_memory.sessions.direct_turns import DirectTurns
from agent_memory.testing.engine import MemoryStore
from agent_memory.testing.scripted_provider import ScriptedAnswerer
from agent_memory.turns.events import TextDelta, TurnEvent, TurnFinished, TurnStarted, Usage
from agent_memory.turns.messages import Message, Role, Text
from agent_memory.turns.placement import Placement
from agent_memory.turns.request import TurnRequest
from agent_memory.turns.sampling import SamplingParams

WORKSPACE = WorkspaceId("w")
HERE = SessionId("sess_here")


class Directory:
    """Keeps which sessions were let go, and how many turns were committed by then."""

    def __init__(self, store: MemoryStore, error: Exception | None = None) -> None:
        self._store = store
        self._error = error
        self.let_gone: list[tuple[SessionId, int]] = []

    async def report_lost(self, workspace: WorkspaceId, session: SessionId) -> None:
        raise AssertionError(f"{workspace}, {session}: nothing is lost in one process")

    async def let_go(self, workspace: WorkspaceId, session: SessionId) -> None:
        assert workspace == WORKSPACE
        self.let_gone.append((session, len(self._store.commits)))
        if self._error is not None:
            raise self._error


class Mute:
    """Begins an answer and never ends it, unless it fails."""

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error

    async def answer(self, turn: OpenTurn) -> Answered | None:
        turn.running.emit(turn.started(Usage(1, 0), "mute"))
        if self._error is not None:
            raise self._error
        ended = asyncio.Event()
        turn.running.on_cancel(ended.set)
        await ended.wait()
        return None


def asking(text: str, expected_head: str | None = None) -> TurnRequest:
    return TurnRequest(
        TurnId(new_id("turn")),
        RequestId("r"),
        WORKSPACE,
        (Message(Role.USER, (Text(text),)),),
        SamplingParams(max_tokens=9),
        is_delta=True,
        placement=Placement(HERE, expected_head),
    )


class Scene:
    def __init__(self, *answers: str, error: Exception | None = None) -> None:
        self.store = MemoryStore()
        self.directory = Directory(self.store, error)
        self.answerer = ScriptedAnswerer("far", answers)
        self.turns = DirectTurns(self.answerer, self.store, Places(self.store), self.directory)

    async def take(self, request: TurnRequest) -> list[TurnEvent]:
        return [event async for event in self.turns.take(request)]


async def test_a_turn_is_committed_and_its_process_let_go_before_it_ends() -> None:
    scene = Scene("well said")
    events = [type(event) for event in await scene.take(asking("hi"))]
    assert (events[0], events[-1]) == (TurnStarted, TurnFinished)
    assert events.count(TextDelta) == 2
    assert scene.directory.let_gone == [(HERE, 1)]


async def test_a_turn_ends_though_its_process_cannot_be_let_go() -> None:
    scene = Scene("well said", error=Unavailable("no directory"))
    assert isinstance((await scene.take(asking("hi")))[-1], TurnFinished)


async def test_turns_go_on_from_what_is_stored() -> None:
    scene = Scene("one", "two")
    await scene.take(asking("hi"))
    await scene.take(asking("and?"))
    heard = scene.answerer.asked[1].continuation.messages
    assert [message.text for message in heard] == ["hi", "one", "and?"]


async def test_a_conversation_that_moved_on_is_placed_again() -> None:
    scene = Scene("one", "two")
    await scene.take(asking("hi"))
    await scene.take(asking("elsewhere", expected_head="a head that is not there any more"))
    assert [commit.session_id == HERE for commit in scene.store.commits] == [True, False]


async def test_an_answer_that_has_begun_is_not_begun_in_another_session() -> None:
    store = MemoryStore()
    mute = Mute(ConversationMoved("went on"))
    turns = DirectTurns(mute, store, Places(store), Directory(store))
    with pytest.raises(ConversationMoved):
        _ = [event async for event in turns.take(asking("hi"))]


async def test_errors_of_the_provider_are_the_clients() -> None:
    store = MemoryStore()
    mute = Mute(EngineUnavailable("no answer"))
    turns = DirectTurns(mute, store, Places(store), Directory(store))
    with pytest.raises(EngineUnavailable):
        _ = [event async for event in turns.take(asking("hi"))]


async def test_a_client_that_goes_away_cancels_the_turn() -> None:
    store = MemoryStore()
    directory = Directory(store)
    turns = DirectTurns(Mute(), store, Places(store), directory)
    async with aclosing(turns.take(asking("hi"))) as events:
        await anext(events)
    await asyncio.sleep(0.01)
    assert store.commits == []
    assert directory.let_gone == []
