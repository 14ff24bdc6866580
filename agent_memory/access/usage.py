"""What a request has used, as it is written into the ledger."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from agent_memory.access.budgets import Cost
from agent_memory.access.subject import Caller


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """Tokens in the four classes that prices tell apart; `input_tokens` are those of the prompt
    that were neither read from a cache nor written to one."""

    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0

    @property
    def prompt_tokens(self) -> int:
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens

    @property
    def total(self) -> int:
        return self.prompt_tokens + self.output_tokens

    def __add__(self, other: "TokenCounts") -> "TokenCounts":
        return TokenCounts(
            self.input_tokens + other.input_tokens,
            self.cache_read_tokens + other.cache_read_tokens,
            self.cache_write_tokens + other.cache_write_tokens,
            self.output_tokens + other.output_tokens,
        )


class Ending(StrEnum):
    """How a request ended."""

    ANSWERED = "answered"
    CANCELLED = "cancelled"
    """The client went away; what it got until then is counted."""
    FAILED = "failed"
    REPEATED = "repeated"
    """It was answered before, under the same idempotency key, and used nothing now."""
    LOST = "lost"
    """The process that answered it died; what it was last known to have used is counted."""


@dataclass(frozen=True, slots=True)
class Charge:
    """The price of what was used. usd: None where the model has no known price."""

    usd: Decimal | None
    price_id: str | None = None


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One request. entry_id: it is written once under this id."""

    entry_id: str
    request_id: str
    caller: Caller
    surface: str
    tokens: TokenCounts
    charge: Charge
    ending: Ending
    error_code: str | None
    started_at: datetime
    latency_ms: int

    @property
    def cost(self) -> Cost:
        """What budgets are charged: a model without a price costs no money."""
        return Cost(self.tokens.total, self.charge.usd or Decimal(0))
