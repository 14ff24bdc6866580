"""Which models a name stands for."""

import difflib
from collections.abc import Iterator, Sequence

from agent_memory.errors import UnknownModel
from agent_memory.gateway.configuration import LOCAL, Alias, GatewayConfig, ProviderConfig
from agent_memory.gateway.presets import PRESETS
from agent_memory.turns.route import Route, Target

NUM_NEAREST = 3


class ModelNames:
    """Finds the route of a name, in this order: an alias, a provider's name before a slash, a
    model of this machine, a model that a provider lists, and one of a provider's families.

    local_names: the models of this machine, the one that answers first.
    answers_all: whether the local engine answers every other name; None: while no provider is set.
    """

    def __init__(
        self, config: GatewayConfig, local_names: Sequence[str], answers_all: bool | None = None
    ) -> None:
        self._config = config
        self._local_names = tuple(local_names)
        is_alone = not config.enabled and not config.aliases
        self._answers_all = is_alone if answers_all is None else answers_all
        self._listed: dict[str, list[ProviderConfig]] = {}
        providers = {provider.name: provider for provider in config.enabled}
        for model in config.models:
            provider = providers.get(model.provider)
            if provider is not None and provider.offers(model.model):
                self._listed.setdefault(model.model, []).append(provider)

    def route(self, name: str) -> Route:
        """The route of `name`; `UnknownModel` tells the nearest names."""
        if (alias := self._config.aliases.get(name)) is not None:
            return self._of_alias(alias)
        found = self._found(name)
        if found is not None:
            return found
        if self._answers_all or not name:
            return Route(name, local_model=name)
        raise UnknownModel(name, self._nearest(name))

    def names(self) -> Sequence[str]:
        """Every name that stands for something, shortest way of writing it first."""
        listed = [f"{one.provider}/{one.model}" for one in self._config.models]
        return [*self._config.aliases, *self._local_names, *self._listed, *listed]

    def _found(self, name: str) -> Route | None:
        before, slash, rest = name.partition("/")
        if slash and before == LOCAL:
            return Route(name, local_model=rest)
        provider = self._config.providers.get(before) if slash else None
        if provider is not None and provider.is_enabled and rest and provider.offers(rest):
            return Route(name, ((Target(provider.name, rest, provider.wire),), *self._others(name)))
        if name in self._local_names or name in {one.split("/")[-1] for one in self._local_names}:
            return Route(name, local_model=name)
        tiers = tuple((Target(one.name, name, one.wire),) for one in self._listed.get(name, ()))
        return (
            Route(name, tiers or tuple(self._of_family(name))) if tiers or self._has(name) else None
        )

    def _others(self, name: str) -> Iterator[tuple[Target, ...]]:
        """Providers that list the whole name: `anthropic/claude-…` is also one of OpenRouter's."""
        for provider in self._listed.get(name, ()):
            yield (Target(provider.name, name, provider.wire),)

    def _has(self, name: str) -> bool:
        return next(self._of_family(name), None) is not None

    def _of_family(self, name: str) -> Iterator[tuple[Target, ...]]:
        for provider in self._config.enabled:
            preset = PRESETS.get(provider.name)
            if preset and name.startswith(preset.families) and provider.offers(name):
                yield (Target(provider.name, name, provider.wire),)

    def _of_alias(self, alias: Alias) -> Route:
        first: list[Target] = []
        rest: list[tuple[Target, ...]] = []
        local: str | None = None
        for target in alias.targets:
            route = self._required(alias, target.model)
            local = local or route.local_model
            for tier in route.tiers[:1]:
                first += [Target(one.provider, one.model, one.wire, target.weight) for one in tier]
        for model in alias.fallbacks:
            route = self._required(alias, model)
            local = local or route.local_model
            rest += route.tiers[:1]
        return Route(alias.name, tuple(tier for tier in (tuple(first), *rest) if tier), local)

    def _required(self, alias: Alias, model: str) -> Route:
        found = self._found(model)
        if found is None:
            raise UnknownModel(f"{model}' of the alias '{alias.name}", self._nearest(model))
        return found

    def _nearest(self, name: str) -> tuple[str, ...]:
        """By spelling, and by the part after the last slash, which people remember."""
        names = list(dict.fromkeys(self.names()))
        found = difflib.get_close_matches(name, names, NUM_NEAREST, cutoff=0.3)
        short = {one.split("/")[-1]: one for one in reversed(names)}
        last = name.rsplit("/", maxsplit=1)[-1]
        close = difflib.get_close_matches(last, list(short), NUM_NEAREST, cutoff=0.3)
        nearest = dict.fromkeys([*found, *(short[one] for one in close), *names])
        return tuple(nearest)[:NUM_NEAREST]
