"""Turns in the accounts: how large they may become beforehand, and what passed of them."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

from agent_memory.api.call import Call
from agent_memory.api.event_pump import SourcedEvent
from agent_memory.api.heard_words import HeardWords
from agent_memory.api.metering import LOCAL, Metering, estimated_tokens
from agent_memory.gateway.accounting import Served
from agent_memory.gateway.prices import TokenCounts
from agent_memory.gateway.prompt_log import Exchange
from agent_memory.gateway.straight import is_straight
from agent_memory.ids import SessionId
from agent_memory.turns.events import (
    Passed,
    PassedStarted,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    TurnEvent,
    TurnFinished,
    TurnStarted,
    Usage,
)
from agent_memory.turns.own_tool import MAX_ROUNDS
from agent_memory.turns.request import TurnRequest

_CHARS_OF_A_TOKEN = 4
_AGENTS = "agents"
"""The surface on which a session is an agent."""


class TurnMetering(Metering):
    """The turns of one request, which are one line in the ledger. What a client got of a turn that
    it left is counted as it passed; what a finished turn says of itself takes its place."""

    def __init__(self, call: Call, turns: Sequence[TurnRequest], surface: str) -> None:
        super().__init__(call, surface, turns[0].model)
        self._turns = turns
        self._passed = [Usage(0, 0) for _ in turns]
        self._num_chars = 0
        self._heard = HeardWords()
        self.is_stored = not any(turn.is_fading for turn in turns)

    async def admit_turns(self) -> dict[str, str]:
        """As `admit`, for all turns together."""
        turn = self._turns[0]
        agent = turn.named_session if self._surface == _AGENTS else None
        needs = await self._call.surface.runtime.accounts.needs(self._call.workspace)
        is_found = needs.session and not is_straight(turn)
        session = await self._session(turn) if is_found else turn.named_session
        sizes = await asyncio.gather(*map(self._size, self._turns)) if needs.sizes else []
        prompt = sum(prompt for prompt, _ in sizes)
        bounds = [most for _, most in sizes if most is not None]
        most = sum(bounds) if len(bounds) == len(sizes) else None
        return await self.admit(prompt, most, session, agent)

    async def admit_count(self) -> dict[str, str]:
        """As `admit`, where the prompt is only counted: nothing of it is logged."""
        headers = await self.admit(0, 0, self._turns[0].named_session)
        self.provider, self.model = self._places()[0]
        self.is_logged = False
        return headers

    def note(self, batch: Sequence[SourcedEvent]) -> None:
        """Events as they pass."""
        if self.is_logged:
            self._heard.add(batch)
        for at, event in batch:
            match event:
                case TurnStarted():
                    self._start(at, event)
                case TextDelta() | ThinkingDelta() | ToolCallDelta():
                    self.note_first_byte()
                    self._note_delta(at, event)
                case Passed():
                    self.note_first_byte()
                    self._note_chars(at, event.num_chars)
                case TurnFinished():
                    self._passed[at] = event.usage
                    self.is_estimated = event.is_estimated
        if batch:
            self.note_tokens(_counts(self._passed))

    def _note_delta(self, at: int, event: TextDelta | ThinkingDelta | ToolCallDelta) -> None:
        """Providers do not say how many tokens a piece has."""
        if self.source is not None:
            more = event.arguments if isinstance(event, ToolCallDelta) else event.text
            self._note_chars(at, len(more))
            return
        num_tokens = self._passed[at].completion_tokens + event.num_tokens
        self._passed[at] = replace(self._passed[at], completion_tokens=num_tokens)

    def _note_chars(self, at: int, num_chars: int) -> None:
        """An estimate, until the provider says what was used; of the prompt too, where it has not
        said that at the beginning."""
        self.is_estimated = True
        self._num_chars += num_chars
        prompt = self._passed[at].prompt_tokens or self._estimated(self._turns[at])
        self._passed[at] = replace(
            self._passed[at],
            prompt_tokens=prompt,
            completion_tokens=-(-self._num_chars // _CHARS_OF_A_TOKEN),
        )

    async def watched(
        self, events: AsyncGenerator[TurnEvent, None]
    ) -> AsyncGenerator[TurnEvent, None]:
        """The events of the one turn as they come; its end, whichever it is, is booked."""
        async with self, aclosing(events):
            async for event in events:
                self.note([(0, event)])
                yield event

    async def _log(self, served: Served) -> None:
        log = self._call.surface.runtime.prompt_log
        if log is None or not all(turn.is_stored for turn in self._turns):
            return
        await log.keep(
            Exchange(
                request_id=served.request_id,
                workspace_id=served.workspace_id,
                key_id=served.key_id,
                agent=served.agent,
                session_id=served.session_id,
                surface=served.surface,
                provider=served.provider,
                model=served.model,
                status=served.status,
                at=served.started_at,
                body=await self._call.request.body(),
                words=self._heard.words,
                data=self._heard.data,
            )
        )

    async def _session(self, turn: TurnRequest) -> SessionId | None:
        """The session that will take the turn, also where only its history tells which."""
        find = self._call.surface.runtime.find_session
        return turn.named_session if find is None else await find(turn)

    def _start(self, at: int, event: TurnStarted) -> None:
        self._passed[at] = event.usage
        self.model = event.model or self.model
        if event.source is not None:
            self.source, self.provider = event.source, event.source.provider
            self.began_at = self._call.surface.monotonic()
            self.model = event.model.removeprefix(f"{self.provider}/")
        if isinstance(event, PassedStarted):
            self.status = event.head.status
        self.is_repeat = self.is_repeat or event.is_repeat
        if len(self._turns) == 1 and event.session_id:
            self.session = SessionId(event.session_id)

    async def _size(self, turn: TurnRequest) -> tuple[int, int | None]:
        """Tokens of the prompt, and the most that may be answered. The local engine's are counted,
        those of providers estimated: to ask them would take as long as the answer does. Each round
        of the memory tool reads the prompt again."""
        rounds = 1 if turn.memory_tool is None else MAX_ROUNDS
        memory = 0 if turn.memory is None or not turn.memory.recall else turn.memory.token_budget
        if _is_far(turn):
            bound = turn.sampling.max_tokens if turn.max_tokens_given else None
            prompt = memory + self._estimated(turn)
            return rounds * prompt, bound and bound * turn.sampling.n
        num_prompt = memory + await self._call.surface.runtime.turns.count(
            replace(turn, memory=None)
        )
        most = turn.sampling.max_tokens
        if (window := await self._window()) is not None:
            most = min(most, max(1, window - num_prompt))
        return rounds * num_prompt, most * turn.sampling.n

    @staticmethod
    def _estimated(turn: TurnRequest) -> int:
        read = sum(estimated_tokens(context.text) for context in turn.contexts)
        if turn.sent is not None:
            return read + estimated_tokens(turn.sent.body.decode(errors="replace"))
        return read + sum(estimated_tokens(message.text) for message in turn.messages)

    def _places(self) -> list[tuple[str, str]]:
        route = self._turns[0].route
        if route is None or route.is_local:
            return super()._places()
        far = [(target.provider, target.model) for target in route.targets]
        return far if route.local_model is None else [*far, (LOCAL, route.local_model)]

    def _far_names(self) -> list[str] | None:
        if not _is_far(self._turns[0]):
            return None
        return [f"{provider}/{model}" for provider, model in self._places()]

    async def _window(self) -> int | None:
        cards = await self._call.surface.catalogue.models()
        return next((card.context_window for card in cards if card.state == "loaded"), None)


def _is_far(turn: TurnRequest) -> bool:
    return turn.route is not None and not turn.route.is_local


def _counts(usages: Sequence[Usage]) -> TokenCounts:
    cached = sum(usage.cached_tokens for usage in usages)
    written = sum(usage.cache_write_tokens for usage in usages)
    return TokenCounts(
        input_tokens=max(0, sum(usage.prompt_tokens for usage in usages) - cached - written),
        cache_read_tokens=cached,
        cache_write_tokens=written,
        output_tokens=sum(usage.completion_tokens for usage in usages),
    )
