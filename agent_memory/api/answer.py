"""The events of a turn folded into its whole answer, for clients that do not stream."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent_memory.api.part_tracker import AnswerPart, ChoiceEvent, PartEnded, PartTracker
from agent_memory.errors import InvariantBroken, TurnCancelled
from agent_memory.ids import SessionId, TurnId
from agent_memory.turns.context_edits import AppliedEdit
from agent_memory.turns.events import (
    ChoiceFinished,
    FinishReason,
    Injected,
    Ping,
    TextDelta,
    ThinkingDelta,
    TokenLogprob,
    ToolCallDelta,
    ToolCallStarted,
    TurnEvent,
    TurnFinished,
    TurnStarted,
    Usage,
)
from agent_memory.turns.messages import Part, Text
from agent_memory.turns.overlap import Overlap


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer. `logprobs` are those of the text, not of the thinking before it."""

    index: int
    parts: tuple[AnswerPart, ...]
    reason: FinishReason
    stop_sequence: str | None
    logprobs: tuple[TokenLogprob, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished turn."""

    turn_id: TurnId
    session_id: SessionId
    choices: tuple[Choice, ...]
    usage: Usage
    num_thinking_tokens: int
    memory: Injected | None = None
    overlap: Overlap | None = None
    edits: tuple[AppliedEdit, ...] = ()


class _OpenChoice:
    """A choice that is still being written."""

    def __init__(self) -> None:
        self._tracker = PartTracker()
        self.parts: list[AnswerPart] = []
        self.logprobs: list[TokenLogprob] = []

    def take(self, event: ChoiceEvent) -> None:
        for step in self._tracker.take(event):
            if isinstance(step, PartEnded):
                self.parts.append(step.part)


class AnswerFold:
    """Takes the events of one turn in order; `answer()` is the whole."""

    def __init__(self) -> None:
        self._started: TurnStarted | None = None
        self._open: dict[int, _OpenChoice] = {}
        self._choices: dict[int, Choice] = {}
        self._usage: Usage | None = None
        self._num_thinking_tokens = 0

    def add(self, event: TurnEvent) -> None:
        """Take the next event; `TurnCancelled` when the turn was cancelled from elsewhere."""
        match event:
            case TextDelta():
                choice = self._choice(event.index)
                choice.take(event)
                choice.logprobs.extend(event.logprobs)
            case ThinkingDelta():
                self._num_thinking_tokens += event.num_tokens
                self._choice(event.index).take(event)
            case ToolCallStarted() | ToolCallDelta():
                self._choice(event.index).take(event)
            case ChoiceFinished():
                self._finish(event)
            case TurnStarted():
                self._started = event
            case TurnFinished():
                self._usage = event.usage
            case Ping():
                pass

    def answer(self) -> Answer:
        """The whole turn, once its last event has been added."""
        if self._started is None or self._usage is None:
            raise InvariantBroken("a turn was folded before its end")
        choices = tuple(self._choices[index] for index in sorted(self._choices))
        return Answer(
            self._started.turn_id,
            self._started.session_id,
            choices,
            self._usage,
            self._num_thinking_tokens,
            self._started.memory,
            self._started.overlap,
            self._started.edits,
        )

    def _choice(self, index: int) -> _OpenChoice:
        return self._open.setdefault(index, _OpenChoice())

    def _finish(self, event: ChoiceFinished) -> None:
        refuse_cancelled(event)
        choice = self._choice(event.index)
        choice.take(event)
        self._choices[event.index] = Choice(
            event.index,
            tuple(choice.parts),
            event.reason,
            event.stop_sequence,
            tuple(choice.logprobs),
        )


def refuse_cancelled(event: ChoiceFinished) -> None:
    """No protocol has a word for a turn that someone else cancelled: it is an error."""
    if event.reason is FinishReason.CANCELLED:
        raise TurnCancelled("The turn was cancelled before it ended.")


def texts(parts: Sequence[Part]) -> str:
    """The text parts, joined as they stand."""
    return "".join(part.text for part in parts if isinstance(part, Text))
