"""Where the parts of an answer begin and end.

A turn's events say how the parts of a choice grow; protocols say where each begins and ends too. A
tracker of each choice turns the former into the latter:

    (PartBegun PartGrown* PartEnded)*
"""

from collections.abc import Sequence
from dataclasses import dataclass

from agent_memory.errors import InvariantBroken
from agent_memory.turns.events import (
    ChoiceFinished,
    FinishReason,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolCallStarted,
)
from agent_memory.turns.messages import Text, Thinking, ToolUse

AnswerPart = Text | Thinking | ToolUse
PartKind = type[Text] | type[Thinking] | type[ToolUse]
ChoiceEvent = TextDelta | ThinkingDelta | ToolCallStarted | ToolCallDelta | ChoiceFinished


@dataclass(frozen=True, slots=True)
class PartBegun:
    """`call` is there where the part is a call."""

    kind: PartKind
    call: ToolCallStarted | None = None


@dataclass(frozen=True, slots=True)
class PartGrown:
    """More of the open part: its text, or the JSON of a call's arguments."""

    kind: PartKind
    text: str


@dataclass(frozen=True, slots=True)
class PartEnded:
    """The open part as a whole. reason: why the choice ended with it; None where more follows."""

    part: AnswerPart
    reason: FinishReason | None

    @property
    def is_cut(self) -> bool:
        """The model was stopped within the part, or may have been."""
        return self.reason not in {None, FinishReason.TOOL_CALLS}


PartStep = PartBegun | PartGrown | PartEnded


class PartTracker:
    """The parts of one choice. Text that is empty begins no part."""

    def __init__(self) -> None:
        self._open: PartBegun | None = None
        self._pieces: list[str] = []

    def take(self, event: ChoiceEvent) -> Sequence[PartStep]:
        """What `event` means for the parts, in order."""
        match event:
            case TextDelta():
                return self._written(Text, event.text)
            case ThinkingDelta():
                return self._written(Thinking, event.text)
            case ToolCallDelta():
                return self._argued(event.arguments)
            case ToolCallStarted():
                return self._begun(PartBegun(ToolUse, event))
            case ChoiceFinished():
                return self._ended(event.reason)

    def _written(self, kind: type[Text] | type[Thinking], text: str) -> Sequence[PartStep]:
        if not text:
            return ()
        is_open = self._open is not None and self._open.kind is kind
        begun = () if is_open else self._begun(PartBegun(kind))
        self._pieces.append(text)
        return (*begun, PartGrown(kind, text))

    def _argued(self, arguments: str) -> Sequence[PartStep]:
        if self._open is None or self._open.call is None:
            raise InvariantBroken("arguments have no call to belong to")
        self._pieces.append(arguments)
        return (PartGrown(ToolUse, arguments),)

    def _begun(self, begun: PartBegun) -> Sequence[PartStep]:
        ended = self._ended(None)
        self._open = begun
        return (*ended, begun)

    def _ended(self, reason: FinishReason | None) -> Sequence[PartStep]:
        if self._open is None:
            return ()
        text, begun = "".join(self._pieces), self._open
        self._open = None
        self._pieces.clear()
        return (_ended_part(begun, text, reason),)


def _ended_part(begun: PartBegun, text: str, reason: FinishReason | None) -> PartEnded:
    if begun.call is None:
        return PartEnded(Text(text) if begun.kind is Text else Thinking(text), reason)
    ended = PartEnded(ToolUse(begun.call.id, begun.call.name, text), reason)
    if text or ended.is_cut:
        return ended
    return PartEnded(ToolUse(begun.call.id, begun.call.name, "{}"), reason)
