"""Providers, aliases and prices as operators see them; of keys the last four characters."""

from agent_memory.gateway.breaker import BreakerReport
from agent_memory.gateway.configuration import Alias, GatewayConfig, ProviderConfig
from agent_memory.gateway.prices import SetPrice
from agent_memory.shown_url import shown_url


def provider_json(provider: ProviderConfig, config: GatewayConfig) -> dict[str, object]:
    """One provider."""
    return {
        "object": "provider",
        "name": provider.name,
        "dialect": provider.wire.value,
        "url": shown_url(provider.url),
        "enabled": provider.is_enabled,
        "allow_private": provider.allow_private,
        "allowed_models": list(provider.allowed),
        "blocked_models": list(provider.blocked),
        "priority": provider.priority,
        "from_environment": provider.is_from_environment,
        "keys": [
            {"id": key.key_id, "last_four": key.last_four, "weight": key.weight}
            for key in provider.keys
        ],
        "num_models": sum(model.provider == provider.name for model in config.models),
        "synced_at": config.synced_at.get(provider.name),
        "sync_error": config.sync_faults.get(provider.name),
    }


def alias_json(alias: Alias) -> dict[str, object]:
    """One alias."""
    return {
        "object": "alias",
        "name": alias.name,
        "targets": [{"model": one.model, "weight": one.weight} for one in alias.targets],
        "fallbacks": list(alias.fallbacks),
    }


def price_json(price: SetPrice) -> dict[str, object]:
    """One price; decimals as texts, so that no digit is lost."""
    rates = price.rates
    return {
        "object": "price",
        "id": price.price_id,
        "provider": price.provider,
        "model": price.model,
        "input": format(rates.input, "f"),
        "output": format(rates.output, "f"),
        "cache_read": format(rates.cache_read, "f"),
        "cache_write": format(rates.cache_write, "f"),
        "effective_from": price.effective_from,
    }


def breaker_json(report: BreakerReport) -> dict[str, object]:
    """One circuit breaker."""
    return {
        "object": "breaker",
        "provider": report.provider,
        "model": report.model or None,
        "key": report.key_id or None,
        "state": report.state.value,
        "failures": report.num_failures,
        "open_for_s": round(report.open_for_s, 1),
        "last_error": report.last_fault,
    }
