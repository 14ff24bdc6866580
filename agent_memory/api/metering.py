"""One request in the accounts: admitted before it is answered, booked when it has ended."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from types import TracebackType
from typing import Self

from agent_memory.api.call import Call
from agent_memory.api.client_address import client_address
from agent_memory.api.dialect import dialect_of
from agent_memory.api.errors import Fault, silent_fault
from agent_memory.api.identity import named_agent
from agent_memory.api.limit_headers import limit_headers
from agent_memory.errors import TurnCancelled
from agent_memory.gateway.accounting import Asked, Served
from agent_memory.gateway.prices import FREE, Price, TokenCounts
from agent_memory.ids import RequestId, SessionId, new_id
from agent_memory.telemetry import request_id_var
from agent_memory.turns.events import Source

LOCAL = "local"
_CLIENT_GONE = 499
_BYTES_OF_A_TOKEN = 3


def estimated_tokens(text: str) -> int:
    """An estimate that is rather too high, where nothing counts exactly."""
    return len(text.encode(errors="surrogatepass")) // _BYTES_OF_A_TOKEN + 1


def _plain(cost: Decimal) -> str:
    return f"{cost.normalize():f}" if cost else "0"


class Metering:
    """Admits one request and books it once, however it ends: leaving the context does, where
    `book` was not called before. tokens, model, session: as they become known."""

    def __init__(self, call: Call, surface: str, model: str) -> None:
        self._call = call
        self._surface = surface
        self._requested_model = model
        self._asked: Asked | None = None
        self._started_at = datetime.now(UTC)
        self._asked_at = call.surface.monotonic()
        self._first_byte_at: float | None = None
        self._fault: Fault | None = None
        self._is_cancelled = False
        self._is_booked = False
        self.tokens = TokenCounts()
        self.model = model
        self.session: SessionId | None = None
        self.is_repeat = False
        self.provider = LOCAL
        self.is_estimated = False
        self.source: Source | None = None
        self.began_at: float | None = None
        self.status = 200
        self.is_logged = False
        self.is_stored = True

    async def admit(
        self,
        num_prompt_tokens: int,
        max_tokens: int | None,
        session: SessionId | None = None,
        agent: str | None = None,
    ) -> dict[str, str]:
        """Headers that say how limits stand. `RateLimited`, `BudgetExceeded` or `ModelNotAllowed`
        when the request may not be answered."""
        call = self._call
        await self._require_model()
        places = self._places()
        prices = [self._price(provider, model) for provider, model in places]
        most = [price.highest(num_prompt_tokens, max_tokens or 0) for price in prices if price]
        asked = Asked(
            request_id=RequestId(request_id_var.get() or new_id("req")),
            workspace_id=call.workspace,
            key_id=call.principal.key_id,
            session_id=session,
            surface=self._surface,
            provider=places[0][0],
            model=places[0][1],
            num_prompt_tokens=num_prompt_tokens,
            max_tokens=max_tokens,
            price=None if None in prices else prices[0],
            dearest=None if None in prices else max(most),
            agent=named_agent(call.request.headers) or agent,
            address=client_address(call.request),
            is_stored=self.is_stored,
        )
        admission = await call.surface.runtime.accounts.admit(asked)
        self._asked = asked
        self.is_logged = admission.is_logged and call.surface.runtime.prompt_log is not None
        self._asked_at = call.surface.monotonic()
        dialect = dialect_of(call.request.url.path, call.request.headers)
        now = datetime.fromtimestamp(call.surface.clock(), UTC)
        return {**limit_headers(admission.standings, dialect, now), "X-Provider": places[0][0]}

    def note_first_byte(self) -> None:
        """The answer has begun."""
        if self._first_byte_at is None:
            self._first_byte_at = self._call.surface.monotonic()

    def note_tokens(self, tokens: TokenCounts) -> None:
        """What was used so far."""
        self.tokens = tokens
        if self._asked is not None:
            self._call.surface.runtime.accounts.note(self._asked, tokens)

    def fail(self, fault: Fault) -> None:
        """The request has failed, though the answer had begun."""
        self._fault = fault
        self._is_cancelled = fault.status == _CLIENT_GONE

    async def book(self) -> dict[str, str]:
        """Settle the request; headers that say what it cost."""
        if self._asked is None or self._is_booked:
            return {}
        self._is_booked = True
        served = self._served(self._asked)
        await self._call.surface.runtime.accounts.book(served, self._asked)
        if self.is_logged:
            await self._log(served)
        overhead = max(0.0, served.latency_ms - served.upstream_ms)
        cost = {} if served.cost is None else {"X-Cost": _plain(served.cost)}
        return {**cost, "X-Overhead-Ms": f"{overhead:.1f}"}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        match exc:
            case asyncio.CancelledError() | GeneratorExit() | TurnCancelled():
                self._is_cancelled = True
            case Exception() if self._fault is None and not self._is_booked:
                self._fault = silent_fault(exc)
        await self.book()

    async def _log(self, served: Served) -> None:
        """Keep what was asked and answered; here nothing is known of that."""

    async def _require_model(self) -> None:
        """A key that is bound to models may use the local one by the name that it has here."""
        bounds = self._call.principal.bounds
        if bounds.models is None:
            return
        answering = self._far_names()
        if answering is None:
            served = await self._call.surface.catalogue.served()
            answering = [served] if served else []
        bounds.require_model(self._requested_model, *answering)

    def _places(self) -> list[tuple[str, str]]:
        """The providers and models that may answer, in their order."""
        return [(LOCAL, self._requested_model)]

    def _far_names(self) -> list[str] | None:
        """What providers call the model; None where the local one answers."""
        return None

    def _price(self, provider: str, model: str) -> Price | None:
        prices = self._call.surface.runtime.prices
        if prices is None:
            return FREE if provider == LOCAL else None
        return prices.price(provider, model, self._started_at)

    def _served(self, asked: Asked) -> Served:
        surface = self._call.surface
        now = surface.monotonic()
        latency_s = now - self._call.started_at
        first_s = None if self._first_byte_at is None else self._first_byte_at - self._asked_at
        tokens = TokenCounts() if self.is_repeat else self.tokens
        status = self.status if self._fault is None else self._fault.status
        price = self._price(self.provider, self.model)
        return Served(
            request_id=asked.request_id,
            workspace_id=asked.workspace_id,
            key_id=asked.key_id,
            session_id=self.session or asked.session_id,
            surface=self._surface,
            requested_model=self._requested_model,
            provider=self.provider,
            model=self.model,
            tokens=tokens,
            cost=None if price is None else price.cost(tokens),
            price_id=None if price is None else price.price_id,
            status=_CLIENT_GONE if self._is_cancelled else status,
            started_at=self._started_at,
            latency_ms=latency_s * 1000,
            first_byte_ms=None if first_s is None else first_s * 1000,
            upstream_ms=self._upstream_ms(now),
            num_attempts=1 if self.source is None else self.source.num_attempts,
            is_estimated=self.is_estimated,
            is_cancelled=self._is_cancelled,
            error_code=None if self._fault is None else self._fault.code,
            agent=asked.agent,
            is_repeat=self.is_repeat,
            is_stored=asked.is_stored,
        )

    def _upstream_ms(self, now: float) -> float:
        """Until the provider's first word, and from then on: it is the provider that takes time."""
        if self.source is None or self.began_at is None:
            return (now - self._asked_at) * 1000
        return self.source.upstream_ms + (now - self.began_at) * 1000
