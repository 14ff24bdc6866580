"""Providers that are there without a command: a variable of the environment has their key."""

from agent_memory.gateway.configuration import ProviderConfig, ProviderKey
from agent_memory.gateway.presets import PRESETS
from agent_memory.settings import Settings

OPENROUTER = "openrouter"


def providers_of_environment(settings: Settings) -> tuple[ProviderConfig, ...]:
    """OpenRouter, where `OPENROUTER_API_KEY` is set."""
    key = settings.openrouter_api_key
    if key is None or not key.get_secret_value():
        return ()
    preset = PRESETS[OPENROUTER]
    keys = (ProviderKey("environment", key.get_secret_value()),)
    return (ProviderConfig(OPENROUTER, preset.wire, preset.url, keys, is_from_environment=True),)
