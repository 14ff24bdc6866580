"""Bodies of the routes by which operators set providers, aliases and prices."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from agent_memory.api.schemas.body import Body
from agent_memory.api.schemas.moments import IsoMoment
from agent_memory.gateway.presets import PRESETS

NO_NUL = r"^[^\x00]+$"
"""The database holds every other character."""
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,62}$")]
Secret = Annotated[
    str,
    Field(min_length=1, max_length=4096, json_schema_extra={"pattern": "^[!-~]{1,4096}$"}),
]
ProviderUrl = Annotated[
    str, Field(min_length=1, max_length=2048, json_schema_extra={"format": "provider-url"})
]
Pattern = Annotated[str, Field(min_length=1, max_length=256, pattern=NO_NUL)]
Model = Annotated[str, Field(min_length=1, max_length=512, pattern=NO_NUL)]


def _whole(value: object) -> object:
    """`4.0` is 4: some languages have one type of numbers only."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Weight = Annotated[int, Field(ge=1, le=1000), BeforeValidator(_whole)]
Rate = Annotated[
    Decimal,
    Field(ge=0, le=1_000_000),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "format": "rate"},
                {"type": "number", "minimum": 0, "maximum": 1_000_000},
            ]
        }
    ),
]


class ProviderBody(Body):
    """`POST /v1/admin/providers`. A known name needs no dialect and no URL; keys that are given
    take the place of those that were there."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"properties": {"name": {"enum": list(PRESETS)}}},
                {
                    "properties": {"dialect": {"type": "string"}, "url": {"type": "string"}},
                    "required": ["dialect", "url"],
                },
            ]
        }
    )

    name: Name
    dialect: Literal["anthropic", "openai"] | None = None
    url: ProviderUrl | None = None
    keys: Annotated[list[Secret], Field(max_length=64)] | None = None
    weights: list[Weight] | None = None
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
    weight: Weight = 1


class AliasTargetBody(Body):
    model: Model
    weight: Weight = 1


class AliasBody(Body):
    """`PUT /v1/admin/aliases/{name}`."""

    targets: Annotated[list[AliasTargetBody], Field(min_length=1, max_length=32)]
    fallbacks: Annotated[list[Model], Field(max_length=32)] | None = None


class PriceBody(Body):
    """`POST /v1/admin/prices`: dollars for a million tokens, as decimal texts or numbers."""

    model_config = ConfigDict(extra="forbid", strict=False, frozen=True)

    provider: Name
    model: Model = "*"
    """`*`: all of the provider's that have no price of their own."""
    input: Rate
    output: Rate
    cache_read: Rate | None = None
    cache_write: Rate | None = None
    effective_from: IsoMoment | None = None
    """By default from now on."""
