"""Where a request goes: which providers may answer it, in which order, and in which protocol."""

from dataclasses import dataclass
from enum import StrEnum


class Wire(StrEnum):
    """A protocol in which requests and answers travel as bytes."""

    ANTHROPIC = "anthropic"
    OPENAI = "openai"


@dataclass(frozen=True, slots=True)
class Target:
    """A model of a provider, by the name that the provider has for it. wire: None where it takes
    turns as they are, without a protocol between."""

    provider: str
    model: str
    wire: Wire | None
    weight: int = 1

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"


@dataclass(frozen=True, slots=True)
class Route:
    """The way of a request. tiers: targets of the first are asked before those of the next.

    local_model: the model of this machine that answers; with tiers, when all of them have failed.
    None where none may.
    """

    name: str
    tiers: tuple[tuple[Target, ...], ...] = ()
    local_model: str | None = None

    @property
    def is_local(self) -> bool:
        """Only the local engine answers."""
        return not self.tiers

    @property
    def targets(self) -> tuple[Target, ...]:
        return tuple(target for tier in self.tiers for target in tier)

    def is_all(self, wire: Wire) -> bool:
        """Whether whoever may answer speaks this protocol, so that no form of ours is needed."""
        is_far = not self.is_local and self.local_model is None
        return is_far and all(target.wire is wire for target in self.targets)
