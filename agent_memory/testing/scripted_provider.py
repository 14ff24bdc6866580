"""A provider without an engine: it answers from a script, and proves that another one can."""

from collections import deque
from collections.abc import AsyncGenerator, Iterable, Sequence

from agent_memory.gateway.placing import Places
from agent_memory.sessions.answering import Answered, OpenTurn
from agent_memory.sessions.direct_turns import DirectTurns
from agent_memory.sessions.local_turns import Directory
from agent_memory.sessions.ports import TranscriptStore
from agent_memory.sessions.stored_messages import StoredMessages
from agent_memory.turns.events import (
    ChoiceFinished,
    FinishReason,
    TextDelta,
    TurnEvent,
    Usage,
)
from agent_memory.turns.messages import Message, Role, Text
from agent_memory.turns.models import ModelCard
from agent_memory.turns.request import TurnRequest


class ScriptedAnswerer:
    """Says the next text of the script, word by word. It meets `sessions.answering.Answerer`.

    asked: the turns, in order.
    """

    def __init__(self, model: str, answers: Iterable[str]) -> None:
        self._model = model
        self._answers = deque(answers)
        self.asked: list[OpenTurn] = []

    async def answer(self, turn: OpenTurn) -> Answered | None:
        self.asked.append(turn)
        words = self._answers.popleft().split(" ")
        usage = Usage(_num_words(turn.continuation.messages), 0)
        turn.running.emit(turn.started(usage, self._model))
        for at, word in enumerate(words):
            turn.running.emit(TextDelta(0, word if at == 0 else f" {word}", 1))
        turn.running.emit(ChoiceFinished(0, FinishReason.STOP))
        return Answered(
            Message(Role.ASSISTANT, (Text(" ".join(words)),)),
            self._model,
            FinishReason.STOP,
            Usage(usage.prompt_tokens, 0, completion_tokens=len(words)),
        )


class ScriptedProvider:
    """One model of its own, whose tokens are words. It meets `gateway.provider.Provider`."""

    def __init__(
        self,
        model: str,
        answers: Iterable[str],
        store: TranscriptStore,
        places: Places,
        directory: Directory,
    ) -> None:
        self._model = model
        self._stored = StoredMessages(store)
        self.answerer = ScriptedAnswerer(model, answers)
        self._turns = DirectTurns(self.answerer, store, places, directory)

    def answer(self, request: TurnRequest) -> AsyncGenerator[TurnEvent, None]:
        return self._turns.take(request)

    async def count(self, request: TurnRequest) -> int:
        stored = await self._stored.messages_before(request) if request.is_delta else ()
        return _num_words((*stored, *request.messages))

    async def cards(self) -> Sequence[ModelCard]:
        return [ModelCard(self._model, created=0, context_window=1000, owned_by="scripted")]


def _num_words(messages: Sequence[Message]) -> int:
    return sum(len(message.text.split()) for message in messages)
