"""The books of requests: what each may use is asked before it, what it used is told after it."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from agent_memory.errors import AgentMemoryError
from agent_memory.gateway.accounting import Accounts, Asked, Served
from agent_memory.gateway.configuration import LOCAL
from agent_memory.gateway.prices import Price, TokenCounts
from agent_memory.gateway.provider import Provider
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
from agent_memory.turns.models import ModelCard
from agent_memory.turns.request import TurnRequest

log = logging.getLogger(__name__)

CHARS_A_TOKEN = 4
GONE = 499
"""Status of a request whose client left before the answer began."""


class Prices(Protocol):
    """What models cost."""

    def price(self, provider: str, model: str, at: datetime) -> Price | None:
        """None where nobody knows. It looks nothing up that takes time."""
        ...


class Accounted:
    """A provider that keeps the books of another one. It meets `Provider`.

    now: the time in UTC; monotonic: seconds. status_of: the HTTP status of an error.
    """

    def __init__(
        self,
        following: Provider,
        accounts: Accounts,
        prices: Prices,
        status_of: Callable[[Exception], int],
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._following = following
        self._accounts = accounts
        self._prices = prices
        self._status_of = status_of
        self._now = now
        self._monotonic = monotonic

    async def answer(self, request: TurnRequest) -> AsyncGenerator[TurnEvent, None]:
        tally = _Tally(request, self._now(), self._monotonic())
        await self._accounts.admit(self._asked(request, tally.started_at))
        try:
            async with aclosing(self._following.answer(request)) as events:
                async for event in events:
                    tally.note(event, self._monotonic())
                    yield self._with_cost(event, tally)
        except AgentMemoryError as error:
            tally.fail(self._status_of(error), error.code)
            raise
        except (asyncio.CancelledError, GeneratorExit):
            tally.cancel()
            raise
        finally:
            await asyncio.shield(self._book(tally))

    async def count(self, request: TurnRequest) -> int:
        return await self._following.count(request)

    async def cards(self) -> Sequence[ModelCard]:
        return await self._following.cards()

    def _asked(self, request: TurnRequest, at: datetime) -> Asked:
        places = _places(request)
        num_tokens = estimated_tokens(request)
        bound = request.sampling.max_tokens if request.max_tokens_given else None
        prices = [self._prices.price(provider, model, at) for provider, model in places]
        known = [price for price in prices if price is not None]
        costs = [price.highest(num_tokens, bound or 0) for price in known]
        return Asked(
            request_id=request.request_id,
            workspace_id=request.workspace_id,
            key_id=request.asked_by,
            session_id=request.named_session,
            surface=request.surface,
            provider=places[0][0],
            model=places[0][1],
            num_prompt_tokens=num_tokens,
            max_tokens=bound,
            price=prices[0],
            dearest=max(costs, default=None),
        )

    def _with_cost(self, event: TurnEvent, tally: "_Tally") -> TurnEvent:
        if not isinstance(event, TurnFinished):
            return event
        cost, _ = self._cost(tally)
        return event if cost is None else replace(event, cost=format(cost, "f"))

    def _cost(self, tally: "_Tally") -> tuple[Decimal | None, str | None]:
        price = self._prices.price(tally.provider, tally.model, tally.started_at)
        if price is None:
            return None, None
        return price.cost(tally.tokens), price.price_id

    async def _book(self, tally: "_Tally") -> None:
        cost, price_id = self._cost(tally)
        try:
            await self._accounts.book(tally.served(cost, price_id, self._monotonic()))
        except AgentMemoryError as error:
            log.error("a request was not booked", extra={"reason": str(error)})


@dataclass(slots=True)
class _Tally:
    """What is known of one request so far."""

    request: TurnRequest
    started_at: datetime
    begun_at: float
    provider: str = ""
    model: str = ""
    first_at: float | None = None
    upstream_ms: float = 0.0
    num_attempts: int = 1
    usage: Usage | None = None
    num_chars: int = 0
    num_tokens: int = 0
    status: int = GONE
    code: str | None = None
    session_id: SessionId | None = None
    is_over: bool = False
    is_cancelled: bool = False
    is_estimated: bool = False

    def __post_init__(self) -> None:
        self.provider, self.model = _places(self.request)[0]

    def note(self, event: TurnEvent, now: float) -> None:
        match event:
            case TurnStarted():
                self._start(event, now)
            case Passed(num_chars=num_chars):
                self.num_chars += num_chars
            case TextDelta(text=text) | ThinkingDelta(text=text):
                self.num_chars += len(text)
                self.num_tokens += event.num_tokens
            case ToolCallDelta(arguments=more):
                self.num_chars += len(more)
                self.num_tokens += event.num_tokens
            case TurnFinished(usage, is_estimated):
                self.usage, self.is_estimated, self.is_over = usage, is_estimated, True

    def _start(self, event: TurnStarted, now: float) -> None:
        self.first_at = self.first_at or now
        self.status = event.head.status if isinstance(event, PassedStarted) else 200
        self.session_id = event.session_id or self.request.named_session
        self.usage = event.usage
        if event.source is None:
            self.provider, self.model = LOCAL, event.model or self.model
            return
        self.provider = event.source.provider
        self.model = event.model.removeprefix(f"{self.provider}/")
        self.upstream_ms, self.num_attempts = event.source.upstream_ms, event.source.num_attempts

    def fail(self, status: int, code: str) -> None:
        """It came to nothing, or broke off."""
        self.code = code
        if self.first_at is None:
            self.status = status

    def cancel(self) -> None:
        """The client has left. After the last event that is the end like any other."""
        self.is_cancelled = not self.is_over

    @property
    def tokens(self) -> TokenCounts:
        """Of one that was cut off, what was streamed until then."""
        if self.usage is None:
            return TokenCounts()
        usage = self.usage
        prompt, output = usage.prompt_tokens, usage.completion_tokens
        if not self.is_over:
            streamed = (
                self.num_tokens if self.provider == LOCAL else self.num_chars // CHARS_A_TOKEN
            )
            output = max(output, streamed)
            prompt = prompt or estimated_tokens(self.request)
        return TokenCounts(
            input_tokens=max(0, prompt - usage.cached_tokens - usage.cache_write_tokens),
            cache_read_tokens=usage.cached_tokens,
            cache_write_tokens=usage.cache_write_tokens,
            output_tokens=output,
        )

    def served(self, cost: Decimal | None, price_id: str | None, now: float) -> Served:
        request = self.request
        first_ms = None if self.first_at is None else 1000 * (self.first_at - self.begun_at)
        is_far = self.provider != LOCAL
        return Served(
            request_id=request.request_id,
            workspace_id=request.workspace_id,
            key_id=request.asked_by,
            session_id=self.session_id or request.named_session,
            surface=request.surface,
            requested_model=request.model,
            provider=self.provider,
            model=self.model,
            tokens=self.tokens,
            cost=cost,
            price_id=price_id,
            status=self.status,
            started_at=self.started_at,
            latency_ms=1000 * (now - self.begun_at),
            first_byte_ms=first_ms,
            upstream_ms=self.upstream_ms,
            num_attempts=self.num_attempts,
            is_cancelled=self.is_cancelled,
            is_estimated=self.is_estimated
            or (is_far and self.usage is not None and not self.is_over),
            error_code=self.code,
        )


def estimated_tokens(request: TurnRequest) -> int:
    """Tokens of the prompt, by the bytes of the body or the letters of the messages."""
    if request.sent is not None:
        return len(request.sent.body) // CHARS_A_TOKEN
    num_chars = sum(
        len(getattr(part, name, "") or "")
        for message in request.messages
        for part in message.parts
        for name in ("text", "content", "arguments")
    )
    return (num_chars + len(request.raw_prompt or "")) // CHARS_A_TOKEN


def _places(request: TurnRequest) -> list[tuple[str, str]]:
    """The providers and models that may answer, in their order."""
    route = request.route
    if route is None:
        return [(LOCAL, request.model)]
    far = [(target.provider, target.model) for target in route.targets]
    return far + ([(LOCAL, route.local_model)] if route.local_model is not None else [])
