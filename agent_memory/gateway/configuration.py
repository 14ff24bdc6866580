"""Which providers and aliases there are: what operators have set, as one value."""

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from agent_memory.gateway.prices import SetPrice
from agent_memory.turns.route import Wire

LOCAL = "local"
"""The name under which the engine of this machine stands beside the providers."""


@dataclass(frozen=True, slots=True)
class ProviderKey:
    """One key of a provider, as it may be used. Neither `repr` nor a log line shows the secret.

    key_id: names it in states and logs. weight: how often it is taken, beside the others.
    """

    key_id: str
    secret: str = field(repr=False)
    weight: int = 1

    @property
    def last_four(self) -> str:
        """All that is shown of it; nothing of one so short that this would tell much of it."""
        return self.secret[-4:] if len(self.secret) >= 12 else ""


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """One provider.

    url: below which its paths are. allow_private: it may be on this machine or this network.
    allowed, blocked: patterns of its models' names, such as `gpt-*`; without `allowed` all are.
    priority: where several have a model, the higher is asked first.
    is_from_environment: a variable of the server's makes it, and no row.
    """

    name: str
    wire: Wire
    url: str
    keys: tuple[ProviderKey, ...] = ()
    is_enabled: bool = True
    allow_private: bool = False
    allowed: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    priority: int = 0
    is_from_environment: bool = False

    def offers(self, model: str) -> bool:
        """Whether its lists let that model through."""
        is_allowed = not self.allowed or _matches(model, self.allowed)
        return is_allowed and not _matches(model, self.blocked)


def _matches(model: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(model, pattern) for pattern in patterns)


@dataclass(frozen=True, slots=True)
class AliasTarget:
    """`provider/model`, or a model of this machine; of one tier the heavier is asked more often."""

    model: str
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Alias:
    """A name for one of several models, and what is asked when all of them have failed."""

    name: str
    targets: tuple[AliasTarget, ...]
    fallbacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model as its provider lists it. Prices stand elsewhere."""

    provider: str
    model: str
    context_window: int | None = None
    max_output_tokens: int | None = None
    created: int = 0
    has_tools: bool | None = None
    has_thinking: bool | None = None
    modalities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """Everything at one moment. synced_at: when each provider's list was last read; sync_faults:
    why it could not be read since."""

    providers: Mapping[str, ProviderConfig] = field(default_factory=dict)
    aliases: Mapping[str, Alias] = field(default_factory=dict)
    models: Sequence[ListedModel] = ()
    prices: Sequence[SetPrice] = ()
    synced_at: Mapping[str, datetime] = field(default_factory=dict)
    sync_faults: Mapping[str, str] = field(default_factory=dict)

    @property
    def enabled(self) -> Sequence[ProviderConfig]:
        """The providers that may be asked, in the order in which they are."""
        found = [provider for provider in self.providers.values() if provider.is_enabled]
        return sorted(found, key=lambda provider: (-provider.priority, provider.name))
