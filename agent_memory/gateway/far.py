"""The models of other providers: what they are asked, and what is heard of them."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Protocol

from agent_memory.turns.events import FinishReason, PassedHead, Source, TurnEvent, Usage
from agent_memory.turns.messages import Message, Part
from agent_memory.turns.models import ModelCard
from agent_memory.turns.request import TurnRequest
from agent_memory.turns.route import Route, Target


@dataclass(frozen=True, slots=True)
class Question:
    """messages: the whole conversation as the model is to read it, recollections included; empty
    where the request is passed on as it is."""

    request: TurnRequest
    route: Route
    messages: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class Begun:
    """`target` answers, and no other one will. head: where its bytes are passed on.

    upstream_ms: see `Source`. num_attempts: how often anyone was asked.
    """

    target: Target
    usage: Usage
    head: PassedHead | None = None
    num_attempts: int = 1
    upstream_ms: float = 0.0

    @property
    def source(self) -> Source:
        return Source(self.target.provider, self.num_attempts, self.upstream_ms)


@dataclass(frozen=True, slots=True)
class Heard:
    """A piece of the answer: its bytes, and what they say. is_end: no word follows."""

    data: bytes
    events: tuple[TurnEvent, ...] = ()
    is_end: bool = False


@dataclass(frozen=True, slots=True)
class Over:
    """The answer is whole: its parts, and what was used."""

    usage: Usage
    is_estimated: bool = False
    parts: tuple[Part, ...] = ()
    finish_reason: FinishReason = FinishReason.STOP


FarEvent = Begun | Heard | Over


@dataclass(frozen=True, slots=True)
class Counted:
    """Tokens of a prompt. is_estimated: nobody has counted them."""

    num_tokens: int
    is_estimated: bool = False


class FarModels(Protocol):
    """All providers but the local engine."""

    def ask(self, question: Question) -> AsyncGenerator[FarEvent, None]:
        """`Begun`, `Heard` for each piece, `Over`. Closing the generator hangs up on the provider.

        Errors are raised before `Begun` where possible: until then another provider may be asked.
        """
        ...

    async def count(self, question: Question) -> Counted: ...

    async def cards(self) -> Sequence[ModelCard]:
        """The models that providers list, and the aliases."""
        ...

    async def route(self, model: str) -> Route:
        """`UnknownModel` where nobody answers to that name."""
        ...
