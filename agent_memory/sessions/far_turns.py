"""Turns that models of other providers answer, in a session or without one."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import fields

from agent_memory.errors import InvalidRequest, InvariantBroken
from agent_memory.gateway.far import Begun, FarEvent, FarModels, Heard, Over, Question
from agent_memory.gateway.placing import Places
from agent_memory.ids import SessionId
from agent_memory.sessions.answering import Answered, OpenTurn
from agent_memory.sessions.direct_turns import DirectTurns
from agent_memory.sessions.local_turns import Directory
from agent_memory.sessions.ports import TranscriptStore
from agent_memory.sessions.stored_messages import StoredMessages
from agent_memory.turns.events import (
    Passed,
    PassedHead,
    PassedStarted,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    TurnEvent,
    TurnFinished,
    TurnStarted,
)
from agent_memory.turns.messages import Message, Role, Text
from agent_memory.turns.models import EstimatedCount, ModelCard
from agent_memory.turns.request import TurnRequest
from agent_memory.turns.route import Route


class FarTurns:
    """The provider that has others answer. It meets `gateway.provider.Provider`.

    A turn that was placed is taken in its session; of any other nothing is kept.
    """

    def __init__(
        self, far: FarModels, store: TranscriptStore, places: Places, directory: Directory
    ) -> None:
        self._far = far
        self._stored = StoredMessages(store)
        self._turns = DirectTurns(FarAnswerer(far), store, places, directory)

    def answer(self, request: TurnRequest) -> AsyncGenerator[TurnEvent, None]:
        return self._turns.take(request) if request.placement else self._straight(request)

    async def count(self, request: TurnRequest) -> int:
        is_delta = request.is_delta and request.placement is not None
        stored = await self._stored.messages_before(request) if is_delta else ()
        question = Question(request, route_of(request), (*stored, *_read(request)))
        counted = await self._far.count(question)
        num_tokens = counted.num_tokens
        return EstimatedCount(num_tokens) if counted.is_estimated else num_tokens

    async def cards(self) -> Sequence[ModelCard]:
        return await self._far.cards()

    async def route(self, model: str) -> Route:
        return await self._far.route(model)

    async def _straight(self, request: TurnRequest) -> AsyncGenerator[TurnEvent, None]:
        question = Question(request, route_of(request), _read(request))
        is_passed = False
        async with aclosing(self._far.ask(question)) as events:
            async for event in events:
                if isinstance(event, Begun):
                    is_passed = event.head is not None
                    started = TurnStarted(
                        request.turn_id,
                        SessionId(""),
                        event.usage,
                        None,
                        str(event.target),
                        "",
                        source=event.source,
                    )
                    yield as_passed(started, event.head)
                    continue
                for said in told(event, is_passed=is_passed):
                    yield said


class FarAnswerer:
    """Gives the answers of other providers. It meets `sessions.answering.Answerer`."""

    def __init__(self, far: FarModels) -> None:
        self._far = far

    async def answer(self, turn: OpenTurn) -> Answered | None:
        """Hangs up at once when the turn is cancelled."""
        if turn.request.raw_prompt is not None:
            raise InvalidRequest("A completion belongs to no session.", "session_id")
        listening = asyncio.create_task(self._listen(turn))
        turn.running.on_cancel(lambda: _end(listening))
        try:
            return await listening
        except asyncio.CancelledError:
            if not turn.running.is_cancelled:
                raise
            return None
        finally:
            listening.cancel()

    async def _listen(self, turn: OpenTurn) -> Answered:
        request = turn.request
        messages = (*turn.continuation.messages, *_begun(request))
        question = Question(request, route_of(request), messages)
        begun: Begun | None = None
        last: list[TurnEvent] = []
        async with aclosing(self._far.ask(question)) as events:
            async for event in events:
                match event:
                    case Begun():
                        begun = event
                        target = event.target
                        started = turn.started(event.usage, str(target), source=event.source)
                        turn.running.emit(as_passed(started, event.head))
                    case Over() if begun is not None:
                        return Answered(
                            Message(Role.ASSISTANT, event.parts or (Text(""),)),
                            str(begun.target),
                            event.finish_reason,
                            event.usage,
                            last=tuple(last),
                            is_estimated=event.is_estimated,
                        )
                    case _:
                        is_passed = begun is not None and begun.head is not None
                        said = told(event, is_passed=is_passed)
                        if isinstance(event, Heard) and event.is_end and is_passed:
                            last += said
                        elif said:
                            turn.running.step(said)
        raise InvariantBroken("a provider's answer had no end")


def route_of(request: TurnRequest) -> Route:
    """Where the request goes, which was found before it came here."""
    if request.route is None:
        raise InvariantBroken(f"the turn {request.turn_id} has no route")
    return request.route


def as_passed(started: TurnStarted, head: PassedHead | None) -> TurnStarted:
    """The same, where the bytes that follow are passed on."""
    if head is None:
        return started
    values = {field.name: getattr(started, field.name) for field in fields(started)}
    return PassedStarted(**values, head=head)


def told(event: FarEvent, *, is_passed: bool) -> tuple[TurnEvent, ...]:
    """What a surface hears of it."""
    match event:
        case Heard(data, events) if is_passed:
            return (Passed(data, sum(map(_num_chars, events))),) if data else ()
        case Heard(events=events):
            return events
        case Over(usage=usage, is_estimated=is_estimated):
            return (TurnFinished(usage, is_estimated),)
        case _:
            return ()


def _num_chars(event: TurnEvent) -> int:
    match event:
        case TextDelta(text=text) | ThinkingDelta(text=text):
            return len(text)
        case ToolCallDelta(arguments=more):
            return len(more)
        case _:
            return 0


def _end(listening: "asyncio.Task[Answered]") -> None:
    listening.cancel()


def _read(request: TurnRequest) -> tuple[Message, ...]:
    if isinstance(request.raw_prompt, tuple):
        raise InvalidRequest("Only a local model takes a prompt in tokens.", "prompt")
    if request.raw_prompt is not None:
        return (Message(Role.USER, (Text(request.raw_prompt),)),)
    return (*request.messages, *_begun(request))


def _begun(request: TurnRequest) -> tuple[Message, ...]:
    """The answer as the client has begun it."""
    return (Message(Role.ASSISTANT, (Text(request.prefill),)),) if request.prefill else ()
