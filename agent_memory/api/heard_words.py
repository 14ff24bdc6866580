"""The words of answers, gathered as they pass, for workspaces that log them."""

from collections.abc import Sequence

from agent_memory.api.event_pump import SourcedEvent
from agent_memory.gateway.prompt_log import MAX_CHARS
from agent_memory.turns.events import Passed, TextDelta, ThinkingDelta, ToolCallDelta


class HeardWords:
    """As many as the log keeps. data: the bytes of an answer that is passed on."""

    def __init__(self) -> None:
        self._words: dict[tuple[int, int], list[str]] = {}
        self._pieces: list[bytes] = []
        self._left = 2 * MAX_CHARS

    @property
    def words(self) -> str:
        """Those of several answers one below the other."""
        return "\n".join("".join(words) for words in self._words.values())

    @property
    def data(self) -> bytes:
        return b"".join(self._pieces)

    def add(self, batch: Sequence[SourcedEvent]) -> None:
        for source, event in batch:
            if self._left <= 0:
                return
            match event:
                case TextDelta() | ThinkingDelta():
                    self._add(source, event.index, event.text)
                case ToolCallDelta():
                    self._add(source, event.index, event.arguments)
                case Passed():
                    self._pieces.append(event.data)
                    self._left -= len(event.data)

    def _add(self, source: int, index: int, text: str) -> None:
        self._words.setdefault((source, index), []).append(text)
        self._left -= len(text)
