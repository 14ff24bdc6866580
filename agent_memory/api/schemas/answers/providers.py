"""Providers, aliases, prices and circuit breakers as operators see them."""

from datetime import datetime
from typing import Literal

from agent_memory.api.schemas.answers.answer import Answer
from agent_memory.gateway.breaker import BreakerState


class ProviderKeyAnswer(Answer):
    id: str
    last_four: str
    weight: int


class ProviderAnswer(Answer):
    object: Literal["provider"]
    name: str
    dialect: Literal["anthropic", "openai"]
    url: str
    enabled: bool
    allow_private: bool
    allowed_models: list[str]
    blocked_models: list[str]
    priority: int
    from_environment: bool
    keys: list[ProviderKeyAnswer]
    num_models: int
    synced_at: datetime | None
    sync_error: str | None


class ProviderDeletedAnswer(Answer):
    object: Literal["provider.deleted"]
    name: str


class ProviderCheckedAnswer(Answer):
    name: str
    ok: Literal[True]
    num_models: int


class BreakersResetAnswer(Answer):
    name: str
    num_reset: int


class AliasTargetAnswer(Answer):
    model: str
    weight: int


class AliasAnswer(Answer):
    object: Literal["alias"]
    name: str
    targets: list[AliasTargetAnswer]
    fallbacks: list[str]


class AliasDeletedAnswer(Answer):
    object: Literal["alias.deleted"]
    name: str


class PriceAnswer(Answer):
    """Dollars for a million tokens, decimals as text."""

    object: Literal["price"]
    id: str
    provider: str
    model: str
    input: str
    output: str
    cache_read: str
    cache_write: str
    effective_from: datetime


class BreakerAnswer(Answer):
    """model, key: null where the breaker is of all."""

    object: Literal["breaker"]
    provider: str
    model: str | None
    key: str | None
    state: BreakerState
    failures: int
    open_for_s: float
    last_error: str | None
