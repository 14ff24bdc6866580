"""Measures one response's turns as their events pass."""

from collections.abc import Callable, Sequence

from agent_memory.api.access_line import AccessLine
from agent_memory.api.event_pump import SourcedEvent
from agent_memory.api.metrics import Metrics
from agent_memory.turns.events import (
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    TurnFinished,
    Usage,
)


class TurnMeter:
    """Time to the first token, gaps between tokens, tokens by kind. `started_at`: monotonic."""

    def __init__(
        self,
        metrics: Metrics,
        surface: str,
        line: AccessLine,
        started_at: float,
        monotonic: Callable[[], float],
    ) -> None:
        self._first = metrics.time_to_first_token.labels(surface)
        self._gap = metrics.token_gap.labels(surface)
        self._metrics = metrics
        self._surface = surface
        self._line = line
        self._started_at = started_at
        self._monotonic = monotonic
        self._last_at: float | None = None

    def note(self, batch: Sequence[SourcedEvent]) -> None:
        """Events that came together are one delivery, so this reads the clock once."""
        num_tokens = 0
        for _, event in batch:
            match event:
                case TextDelta() | ThinkingDelta() | ToolCallDelta():
                    num_tokens += event.num_tokens
                case TurnFinished():
                    self._count(event.usage)
        if num_tokens:
            self._note_tokens(num_tokens)

    def _note_tokens(self, num_tokens: int) -> None:
        now = self._monotonic()
        if self._last_at is None:
            self._first.observe(now - self._started_at)
        else:
            self._gap.observe((now - self._last_at) / num_tokens)
        self._last_at = now

    def _count(self, usage: Usage) -> None:
        tokens = self._metrics.tokens
        tokens.labels(self._surface, "prompt").inc(usage.prompt_tokens)
        tokens.labels(self._surface, "cached").inc(usage.cached_tokens)
        tokens.labels(self._surface, "completion").inc(usage.completion_tokens)
        line = self._line
        line.prompt_tokens = (line.prompt_tokens or 0) + usage.prompt_tokens
        line.cached_tokens = (line.cached_tokens or 0) + usage.cached_tokens
        line.completion_tokens = (line.completion_tokens or 0) + usage.completion_tokens
