"""What a client hears of one round of a turn: nothing of the calls that the server runs."""

from collections.abc import Callable

from agent_memory.sessions.running_turn import Running
from agent_memory.turns.events import (
    ChoiceFinished,
    FinishReason,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    TurnEvent,
    TurnStarted,
)


class RoundVoice:
    """It meets `sessions.running_turn.Running`. The end of the answer is held back until it is
    known to be the end of the turn.

    separator: goes before the first words, where an earlier round has said some; it is empty in the
    first round.
    """

    def __init__(self, running: Running, tool: str, separator: str, *, is_first: bool) -> None:
        self._running = running
        self._tool = tool
        self._separator = separator
        self._is_first = is_first
        self._is_hiding = False
        self._end: ChoiceFinished | None = None

    @property
    def is_cancelled(self) -> bool:
        return self._running.is_cancelled

    def on_cancel(self, cancel: Callable[[], None]) -> None:
        self._running.on_cancel(cancel)

    def emit(self, event: TurnEvent) -> None:
        if isinstance(event, TurnStarted) and not self._is_first:
            return
        self.step((event,))

    def step(
        self,
        events: tuple[TurnEvent, ...],
        token_ids: tuple[int, ...] = (),
        *,
        can_resume: bool = True,
    ) -> None:
        told = tuple(one for event in events for one in self._told(event))
        if told or token_ids:
            self._running.step(told, token_ids, can_resume=can_resume and self._is_first)

    def finish(self, reason: FinishReason) -> None:
        """The turn has ended."""
        stop = self._end.stop_sequence if self._end is not None else None
        self._running.step((ChoiceFinished(0, reason, stop),))

    def _told(self, event: TurnEvent) -> list[TurnEvent]:
        match event:
            case ChoiceFinished():
                self._end = event
                return []
            case ToolCallStarted(name=name):
                self._is_hiding = name == self._tool
                return [] if self._is_hiding else [event]
            case ToolCallDelta():
                return [] if self._is_hiding else [event]
            case TextDelta(index=index, text=text) if text and self._separator:
                separator, self._separator = self._separator, ""
                return [TextDelta(index, separator, 0), event]
            case _:
                return [event]
