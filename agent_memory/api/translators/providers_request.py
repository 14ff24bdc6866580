"""What operators ask for, as providers, aliases and prices."""

from datetime import UTC, datetime

from agent_memory.api.schemas.providers import AliasBody, PriceBody, ProviderBody
from agent_memory.errors import InvalidRequest
from agent_memory.gateway.configuration import Alias, AliasTarget, ProviderConfig, ProviderKey
from agent_memory.gateway.presets import PRESETS
from agent_memory.gateway.prices import Rates, SetPrice
from agent_memory.ids import new_id
from agent_memory.turns.route import Wire


def provider_of(body: ProviderBody) -> ProviderConfig:
    """The provider; what is not said comes from the preset of its name."""
    preset = PRESETS.get(body.name)
    if preset is None and (body.dialect is None or body.url is None):
        raise InvalidRequest(
            f"'{body.name}' is none of {', '.join(PRESETS)}: say its dialect and its url.", "url"
        )
    secrets = body.keys or []
    weights = body.weights or [1] * len(secrets)
    if len(weights) != len(secrets):
        raise InvalidRequest("There must be a weight for each key.", "weights")
    keys = zip(secrets, weights, strict=True)
    is_private = preset is not None and preset.is_private
    return ProviderConfig(
        name=body.name,
        wire=preset.wire if preset and body.dialect is None else Wire(body.dialect or ""),
        url=body.url or (preset.url if preset else ""),
        keys=tuple(ProviderKey(new_id("pk"), secret, weight) for secret, weight in keys),
        allow_private=is_private if body.allow_private is None else body.allow_private,
        allowed=tuple(body.allowed_models or ()),
        blocked=tuple(body.blocked_models or ()),
        priority=body.priority or 0,
    )


def alias_of(name: str, body: AliasBody) -> Alias:
    """The alias."""
    targets = tuple(AliasTarget(one.model, one.weight) for one in body.targets)
    return Alias(name, targets, tuple(body.fallbacks or ()))


def price_of(body: PriceBody) -> SetPrice:
    """The price; cached tokens cost as others where nothing is said of them."""
    rates = Rates(
        body.input,
        body.output,
        body.input if body.cache_read is None else body.cache_read,
        body.input if body.cache_write is None else body.cache_write,
    )
    since = body.effective_from or datetime.now(UTC)
    if since.tzinfo is None:
        raise InvalidRequest("effective_from needs a time zone.", "effective_from")
    return SetPrice(new_id("price"), body.provider, body.model, rates, since)
