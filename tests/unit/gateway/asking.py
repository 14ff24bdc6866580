"""Turns to ask for, and a provider that answers them."""

from collections.abc import AsyncGenerator, Sequence

from agent_memory.ids import RequestId, SessionId, TurnId, WorkspaceId
from agent_memory.turns.events import (
    ChoiceFinished,
    FinishReason,
    TextDelta,
    TurnEvent,
    TurnFinished,
    TurnStarted,
    Usage,
)
from agent_memory.turns.messages import Message, Part, Role, Text
from agent_memory.turns.models import ModelCard
from agent_memory.turns.request import TurnRequest
from agent_memory.turns.sampling import SamplingParams

WORKSPACE = WorkspaceId("w")
USAGE = Usage(prompt_tokens=10, cached_tokens=4)


def user(text: str, *before: Part) -> Message:
    return Message(Role.USER, (*before, Text(text)))


def assistant(text: str) -> Message:
    return Message(Role.ASSISTANT, (Text(text),))


def asking(*messages: Message, n: int = 1) -> TurnRequest:
    return TurnRequest(
        TurnId("turn_1"), RequestId("r"), WORKSPACE, messages, SamplingParams(max_tokens=9, n=n)
    )


def answer_of(text: str) -> Sequence[TurnEvent]:
    return (
        TurnStarted(TurnId("turn_1"), SessionId("s"), USAGE),
        TextDelta(0, text, 1),
        ChoiceFinished(0, FinishReason.STOP),
        TurnFinished(USAGE),
    )


class Speaker:
    """A provider that says its events, and raises its errors, in turn."""

    def __init__(self, *steps: TurnEvent | Exception, name: str = "speaker") -> None:
        self.steps = list(steps)
        self.name = name
        self.asked: list[TurnRequest] = []
        self.counted: list[TurnRequest] = []
        self.num_closed = 0

    async def answer(self, request: TurnRequest) -> AsyncGenerator[TurnEvent, None]:
        self.asked.append(request)
        try:
            while self.steps:
                step = self.steps.pop(0)
                if isinstance(step, Exception):
                    raise step
                yield step
        finally:
            self.num_closed += 1

    async def count(self, request: TurnRequest) -> int:
        self.counted.append(request)
        return 42

    async def cards(self) -> Sequence[ModelCard]:
        return [ModelCard(self.name, created=0, context_window=100)]


async def heard(events: AsyncGenerator[TurnEvent, None]) -> list[TurnEvent]:
    return [event async for event in events]
