"""Turns in the accounts: how large they may become beforehand, and what passed of them."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

from agent_memory.api.call import Call
from agent_memory.api.event_pump import SourcedEvent
from agent_memory.api.metering import Metering
from agent_memory.gateway.prices import TokenCounts
from agent_memory.ids import SessionId
from agent_memory.turns.events import (
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    TurnEvent,
    TurnFinished,
    TurnStarted,
    Usage,
)
from agent_memory.turns.request import TurnRequest

_AGENTS = "agents"
"""The surface on which a session is an agent."""


class TurnMetering(Metering):
    """The turns of one request, which are one line in the ledger. What a client got of a turn that
    it left is counted as it passed; what a finished turn says of itself takes its place."""

    def __init__(self, call: Call, turns: Sequence[TurnRequest], surface: str) -> None:
        super().__init__(call, surface, turns[0].model)
        self._turns = turns
        self._passed = [Usage(0, 0) for _ in turns]

    async def admit_turns(self) -> dict[str, str]:
        """As `admit`, for all turns together."""
        turn = self._turns[0]
        agent = turn.named_session if self._surface == _AGENTS else None
        needs = await self._call.surface.runtime.accounts.needs(self._call.workspace)
        session = await self._session(turn) if needs.session else turn.named_session
        sizes = await asyncio.gather(*map(self._size, self._turns)) if needs.sizes else []
        return await self.admit(
            sum(prompt for prompt, _ in sizes), sum(most for _, most in sizes), session, agent
        )

    def note(self, batch: Sequence[SourcedEvent]) -> None:
        """Events as they pass."""
        for at, event in batch:
            match event:
                case TurnStarted():
                    self._start(at, event)
                case TextDelta() | ThinkingDelta() | ToolCallDelta():
                    self.note_first_byte()
                    more = self._passed[at].completion_tokens + event.num_tokens
                    self._passed[at] = replace(self._passed[at], completion_tokens=more)
                case TurnFinished():
                    self._passed[at] = event.usage
        if batch:
            self.note_tokens(_counts(self._passed))

    async def watched(
        self, events: AsyncGenerator[TurnEvent, None]
    ) -> AsyncGenerator[TurnEvent, None]:
        """The events of the one turn as they come; its end, whichever it is, is booked."""
        async with self, aclosing(events):
            async for event in events:
                self.note([(0, event)])
                yield event

    async def _session(self, turn: TurnRequest) -> SessionId | None:
        """The session that will take the turn, also where only its history tells which."""
        find = self._call.surface.runtime.find_session
        return turn.named_session if find is None else await find(turn)

    def _start(self, at: int, event: TurnStarted) -> None:
        self._passed[at] = event.usage
        self.model = event.model or self.model
        self.is_repeat = self.is_repeat or event.is_repeat
        if len(self._turns) == 1:
            self.session = SessionId(event.session_id)

    async def _size(self, turn: TurnRequest) -> tuple[int, int]:
        """Tokens of the prompt, counted, and the most that may be answered."""
        memory = 0 if turn.memory is None or not turn.memory.recall else turn.memory.token_budget
        num_prompt = memory + await self._call.surface.runtime.turns.count(
            replace(turn, memory=None)
        )
        most = turn.sampling.max_tokens
        if (window := await self._window()) is not None:
            most = min(most, max(1, window - num_prompt))
        return num_prompt, most * turn.sampling.n

    async def _window(self) -> int | None:
        cards = await self._call.surface.catalogue.models()
        return next((card.context_window for card in cards if card.state == "loaded"), None)


def _counts(usages: Sequence[Usage]) -> TokenCounts:
    cached = sum(usage.cached_tokens for usage in usages)
    return TokenCounts(
        input_tokens=sum(usage.prompt_tokens for usage in usages) - cached,
        cache_read_tokens=cached,
        output_tokens=sum(usage.completion_tokens for usage in usages),
    )
