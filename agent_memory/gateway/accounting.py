"""The seam to limits and the ledger: a request is announced first, and told of afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from agent_memory.access.limits import Standing
from agent_memory.gateway.prices import Price, TokenCounts
from agent_memory.ids import KeyId, RequestId, SessionId, WorkspaceId


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that is about to be answered, as far as it is known.

    provider, model: those that are to be asked first. num_prompt_tokens: an estimate.
    max_tokens: the most that may be answered; None where neither the client nor the model says.
    price: of the first provider; dearest: the most that the request may cost with any of those
        that may be asked. Both None where no price is known.
    agent: the agent that the client names. address: the client's on the network.
    is_stored: False: no entry says which session it belonged to.
    """

    request_id: RequestId
    workspace_id: WorkspaceId
    key_id: KeyId
    session_id: SessionId | None
    surface: str
    provider: str
    model: str
    num_prompt_tokens: int
    max_tokens: int | None
    price: Price | None = None
    dearest: Decimal | None = None
    agent: str | None = None
    address: str | None = None
    is_stored: bool = True


@dataclass(frozen=True, slots=True)
class Served:
    """A request that has been answered, refused or given up: one for every `Asked`.

    provider, model: those that answered, or were asked last. requested_model: the client's word.
    cost: dollars; None where no price is known. price_id: the price it was computed with.
    status: HTTP status of the answer; 499 where the client left before there was one.
    latency_ms: until the last byte. first_byte_ms: until the first event of the answer.
    upstream_ms: what of the latency the provider took; the rest is our own.
    num_attempts: how often providers were asked.
    is_cancelled: the client left before the end. The tokens are those that were streamed.
    is_estimated: the provider did not say how many tokens there were.
    is_repeat: it was answered before, under the same idempotency key, and used nothing now.
    is_stored: as in `Asked`.
    """

    request_id: RequestId
    workspace_id: WorkspaceId
    key_id: KeyId
    session_id: SessionId | None
    surface: str
    requested_model: str
    provider: str
    model: str
    tokens: TokenCounts
    cost: Decimal | None
    price_id: str | None
    status: int
    started_at: datetime
    latency_ms: float
    first_byte_ms: float | None
    upstream_ms: float
    num_attempts: int = 1
    is_cancelled: bool = False
    is_estimated: bool = False
    error_code: str | None = None
    agent: str | None = None
    is_repeat: bool = False
    is_stored: bool = True


@dataclass(frozen=True, slots=True)
class Needs:
    """What the rules of a workspace must know of a request before it is answered: how large it may
    become, and which session it belongs to, also where it does not name one."""

    sizes: bool = False
    session: bool = False


@dataclass(frozen=True, slots=True)
class Admission:
    """A request that may be answered. standings: how the limits stand that it falls under.
    is_logged: the workspace keeps what it asks and is answered."""

    standings: Sequence[Standing] = ()
    is_logged: bool = False


class Accounts(Protocol):
    """Who keeps the accounts of requests. One `book` follows every `admit` that did not raise."""

    async def admit(self, asked: Asked) -> Admission:
        """Reserve what the request may use. Raises an error of ours to refuse it."""
        ...

    async def book(self, served: Served, asked: Asked | None = None) -> None:
        """Settle what was used. It never raises: the answer is on its way already. asked: which of
        several requests with one id it was."""
        ...

    async def needs(self, workspace: WorkspaceId) -> Needs:
        """What must be known of a request of the workspace for its admission."""
        ...

    def note(self, asked: Asked, tokens: TokenCounts) -> None:
        """What an open request has used so far, in case its process dies."""
        ...


class NoAccounts:
    """Admits everything and books nothing. It meets `Accounts`."""

    async def admit(self, asked: Asked) -> Admission:
        """Everything is admitted."""
        del asked
        return Admission()

    async def book(self, served: Served, asked: Asked | None = None) -> None:
        """Nothing is kept."""

    async def needs(self, workspace: WorkspaceId) -> Needs:
        del workspace
        return Needs()

    def note(self, asked: Asked, tokens: TokenCounts) -> None:
        """Nothing is kept."""
