"""One request in the accounts: admitted before it is answered, booked when it has ended."""

import asyncio
from datetime import UTC, datetime
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
from agent_memory.gateway.prices import FREE, TokenCounts
from agent_memory.ids import RequestId, SessionId, new_id
from agent_memory.telemetry import request_id_var

LOCAL = "local"
_CLIENT_GONE = 499
_BYTES_OF_A_TOKEN = 3


def estimated_tokens(text: str) -> int:
    """An estimate that is rather too high, where nothing counts exactly."""
    return len(text.encode(errors="surrogatepass")) // _BYTES_OF_A_TOKEN + 1


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

    async def admit(
        self,
        num_prompt_tokens: int,
        max_tokens: int,
        session: SessionId | None = None,
        agent: str | None = None,
    ) -> dict[str, str]:
        """Headers that say how limits stand. `RateLimited`, `BudgetExceeded` or `ModelNotAllowed`
        when the request may not be answered."""
        call = self._call
        await self._require_model()
        asked = Asked(
            request_id=RequestId(request_id_var.get() or new_id("req")),
            workspace_id=call.workspace,
            key_id=call.principal.key_id,
            session_id=session,
            surface=self._surface,
            provider=LOCAL,
            model=self._requested_model,
            num_prompt_tokens=num_prompt_tokens,
            max_tokens=max_tokens,
            price=FREE,
            agent=named_agent(call.request.headers) or agent,
            address=client_address(call.request),
        )
        admission = await call.surface.runtime.accounts.admit(asked)
        self._asked = asked
        self._asked_at = call.surface.monotonic()
        dialect = dialect_of(call.request.url.path, call.request.headers)
        now = datetime.fromtimestamp(call.surface.clock(), UTC)
        return {**limit_headers(admission.standings, dialect, now), "X-Provider": LOCAL}

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
        overhead = max(0.0, served.latency_ms - served.upstream_ms)
        return {
            "X-Cost": "0" if not served.cost else f"{served.cost.normalize():f}",
            "X-Overhead-Ms": f"{overhead:.1f}",
        }

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

    async def _require_model(self) -> None:
        """A key that is bound to models may use the local one by the name that it has here."""
        bounds = self._call.principal.bounds
        if bounds.models is None:
            return
        served = await self._call.surface.catalogue.served()
        bounds.require_model(*(name for name in (self._requested_model, served) if name))

    def _served(self, asked: Asked) -> Served:
        surface = self._call.surface
        now = surface.monotonic()
        latency_s = now - self._call.started_at
        first_s = None if self._first_byte_at is None else self._first_byte_at - self._asked_at
        tokens = TokenCounts() if self.is_repeat else self.tokens
        status = 200 if self._fault is None else self._fault.status
        return Served(
            request_id=asked.request_id,
            workspace_id=asked.workspace_id,
            key_id=asked.key_id,
            session_id=self.session or asked.session_id,
            surface=self._surface,
            requested_model=self._requested_model,
            provider=LOCAL,
            model=self.model,
            tokens=tokens,
            cost=FREE.cost(tokens),
            price_id=FREE.price_id,
            status=_CLIENT_GONE if self._is_cancelled else status,
            started_at=self._started_at,
            latency_ms=latency_s * 1000,
            first_byte_ms=None if first_s is None else first_s * 1000,
            upstream_ms=(now - self._asked_at) * 1000,
            is_cancelled=self._is_cancelled,
            error_code=None if self._fault is None else self._fault.code,
            agent=asked.agent,
            is_repeat=self.is_repeat,
        )
