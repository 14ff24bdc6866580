"""Turns of a session whose model is changed between them, or amid one."""

from dataclasses import replace

import pytest

from agent_memory.engine.info import EngineInfo
from agent_memory.errors import StreamInterrupted
from agent_memory.ids import RequestId, SessionId, TurnId, WorkspaceId, new_id
from agent_memory.sessions.local_answer import LocalAnswerer
from agent_memory.sessions.session import Session, Surroundings
from agent_memory.testing.engine import MemoryStore, OpenPool, ScriptedEngine
from agent_memory.turns.events import TurnEvent, TurnFinished, TurnStarted, TurnStep
from agent_memory.turns.messages import Message, Role, Text
from agent_memory.turns.placement import Placement
from agent_memory.turns.request import TurnRequest
from agent_memory.turns.sampling import SamplingParams


class ChangingEngine(ScriptedEngine):
    """`model` answers, whichever that is at the moment; `change_at` lost engines another does."""

    model = "ant"
    next_model: str | None = None

    async def info(self) -> EngineInfo:
        info = await super().info()
        if self.requests and self.next_model is not None:
            self.model = self.next_model
        return replace(info, model=self.model, fingerprint=self.model * 8)


class Talk:
    """One session, and what it said in each turn."""

    def __init__(self, answers: list[str], die_at: list[int] | None = None) -> None:
        self.engine = ChangingEngine(answers, die_at or [])
        self.store = MemoryStore()
        surroundings = Surroundings(LocalAnswerer(self.engine, OpenPool()), self.store)
        self._session = Session(WorkspaceId("w"), SessionId("s"), surroundings)

    async def say(self, text: str, **more: object) -> list[TurnEvent]:
        events: list[TurnEvent] = []

        def hear(step: TurnStep) -> None:
            events.extend(step.events)

        request = TurnRequest(
            TurnId(new_id("turn")),
            RequestId("r"),
            WorkspaceId("w"),
            (Message(Role.USER, (Text(text),)),),
            SamplingParams(max_tokens=100),
            is_delta=True,
            placement=Placement(SessionId("s")),
        )
        await self._session.take_turn(replace(request, **more), hear).wait()  # type: ignore[arg-type]
        return events


def started(events: list[TurnEvent]) -> list[TurnStarted]:
    return [event for event in events if isinstance(event, TurnStarted)]


def miss_reason(events: list[TurnEvent]) -> str | None:
    [finished] = [event for event in events if isinstance(event, TurnFinished)]
    return finished.usage.miss_reason


async def test_a_turn_says_which_model_answers_it() -> None:
    [start] = started(await Talk(["hi"]).say("hello"))
    assert (start.model, start.model_fingerprint) == ("ant", "ant" * 8)


async def test_a_turn_behind_another_models_says_that_it_was_rebuilt() -> None:
    talk = Talk(["hi", "fine", "well"])
    await talk.say("hello")
    talk.engine.model = "bee"
    assert miss_reason(await talk.say("how?")) == (
        "rebuilt under another model: 'bee' answers, the last turn was 'ant'"
    )
    assert not str(miss_reason(await talk.say("and now?"))).startswith("rebuilt")


async def test_what_another_model_said_is_read_as_text() -> None:
    talk = Talk(["hi", "fine"])
    await talk.say("hello")
    talk.engine.model = "bee"
    await talk.say("how?")
    assert "<assistant>hi" in "".join(map(chr, talk.engine.requests[-1].prompt_tokens))
    assert [commit.model for commit in talk.store.commits] == ["ant", "bee"]


async def test_a_turn_that_had_not_begun_to_answer_begins_anew_under_the_next_model() -> None:
    talk = Talk(["hi"], die_at=[0])
    talk.engine.next_model = "bee"
    events = await talk.say("hello")
    assert [start.model for start in started(events)] == ["ant", "bee"]
    assert talk.store.commits[0].model == "bee"


async def test_an_answer_that_one_model_began_is_not_finished_by_another() -> None:
    talk = Talk(["hello there"], die_at=[3])
    talk.engine.next_model = "bee"
    with pytest.raises(StreamInterrupted, match="changed to 'bee' amid the answer"):
        await talk.say("hello")
    assert talk.store.commits == []


async def test_tokens_that_another_model_delivered_are_not_fed_to_this_one() -> None:
    talk = Talk(["hi"])
    placement = Placement(SessionId("s"), delivered_tokens=(104,), delivered_by="bee" * 8)
    with pytest.raises(StreamInterrupted):
        await talk.say("hello", placement=placement)
    assert talk.engine.requests == []
