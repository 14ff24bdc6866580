"""Bodies of the routes by which operators set providers, aliases and prices."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from agent_memory.api.schemas.body import Body

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,62}$")]
Secret = Annotated[str, Field(min_length=1, max_length=4096)]
Pattern = Annotated[str, Field(min_length=1, max_length=256)]
Rate = Annotated[Decimal, Field(ge=0, le=1_000_000)]


class ProviderBody(Body):
    """`POST /v1/admin/providers`. A known name needs no dialect and no URL; keys that are given
    take the place of those that were there."""

    name: Name
    dialect: Literal["anthropic", "openai"] | None = None
    url: Annotated[str, Field(min_length=1, max_length=2048)] | None = None
    keys: Annotated[list[Secret], Field(max_length=64)] | None = None
    weights: list[Annotated[int, Field(ge=1, le=1000)]] | None = None
    """One for each key; 1 by default."""
    allow_private: bool | None = None
    allowed_models: Annotated[list[Pattern], Field(max_length=256)] | None = None
    blocked_models: Annotated[list[Pattern], Field(max_length=256)] | None = None
    priority: Annotated[int, Field(ge=-1000, le=1000)] | None = None


class ProviderChangeBody(Body):
    """`PATCH /v1/admin/providers/{name}`."""

    enabled: bool


class ProviderKeyBody(Body):
    """`POST /v1/admin/providers/{name}/keys`."""

    key: Secret
    weight: Annotated[int, Field(ge=1, le=1000)] = 1


class AliasTargetBody(Body):
    model: Annotated[str, Field(min_length=1, max_length=512)]
    weight: Annotated[int, Field(ge=1, le=1000)] = 1


class AliasBody(Body):
    """`PUT /v1/admin/aliases/{name}`."""

    targets: Annotated[list[AliasTargetBody], Field(min_length=1, max_length=32)]
    fallbacks: (
        Annotated[list[Annotated[str, Field(min_length=1, max_length=512)]], Field(max_length=32)]
        | None
    ) = None


class PriceBody(Body):
    """`POST /v1/admin/prices`: dollars for a million tokens, as decimal texts or numbers."""

    model_config = ConfigDict(extra="forbid", strict=False, frozen=True)

    provider: Name
    model: Annotated[str, Field(min_length=1, max_length=512)] = "*"
    """`*`: all of the provider's that have no price of their own."""
    input: Rate
    output: Rate
    cache_read: Rate | None = None
    cache_write: Rate | None = None
    effective_from: datetime | None = None
    """By default from now on."""
