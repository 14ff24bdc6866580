"""The models of providers, and the aliases, as `/v1/models` tells them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from agent_memory.gateway.configuration import GatewayConfig, ListedModel
from agent_memory.gateway.shown_price import shown_price
from agent_memory.providers.far.price_list import PriceList, listed_window
from agent_memory.turns.models import ModelCard

_PRICES = PriceList()


def cards_of(config: GatewayConfig) -> Sequence[ModelCard]:
    """Aliases first, then every model that a provider lists and its lists let through."""
    now = datetime.now(UTC)
    return [*_aliases(config), *(_card(config, model, now) for model in _offered(config))]


def _offered(config: GatewayConfig) -> Iterator[ListedModel]:
    for model in config.models:
        provider = config.providers.get(model.provider)
        if provider is not None and provider.is_enabled and provider.offers(model.model):
            yield model


def _aliases(config: GatewayConfig) -> Iterator[ModelCard]:
    for alias in config.aliases.values():
        names = (*(target.model for target in alias.targets), *alias.fallbacks)
        yield ModelCard(
            alias.name, 0, None, owned_by="alias", parameters=None, state="available", targets=names
        )


def _card(config: GatewayConfig, model: ListedModel, now: datetime) -> ModelCard:
    url = config.providers[model.provider].url
    window = model.context_window or listed_window(model.provider, model.model, url)
    return ModelCard(
        f"{model.provider}/{model.model}",
        model.created,
        window,
        owned_by=model.provider,
        has_tools=model.has_tools,
        has_thinking=model.has_thinking,
        parameters=None,
        state="available",
        max_output_tokens=model.max_output_tokens,
        modalities=model.modalities,
        prices=shown_price(_PRICES.price(config, model.provider, model.model, now)),
    )
