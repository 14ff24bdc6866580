"""Who gets room in the pool, when there is not enough for all."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent_memory.cache.lease import Lease
from agent_memory.cache.pool import BlockPool
from agent_memory.cache.preemption import PATIENCE_S, choose_victims
from agent_memory.cache.terms import LeaseTerms
from agent_memory.cache.waiting_line import Waiter, WaitingLine
from agent_memory.errors import InvariantBroken
from agent_memory.ids import BlockHash, LeaseId

LEAVING_S = 5.0
"""An interrupted turn that is still here after so long was not reached: it may be asked again."""


@dataclass(frozen=True, slots=True)
class Plea:
    """What a turn asks for; see `BlockPool.lease`."""

    root: BlockHash
    prompt_tokens: Sequence[int]
    num_reserved_tokens: int
    lease_id: LeaseId
    owner: str
    terms: LeaseTerms = LeaseTerms()  # noqa: RUF009  frozen value


class Usher:
    """Turns ask here for leases: they wait in line, and running ones are asked to leave for them.

    Nobody passes a turn that has waited for `PATIENCE_S`: what becomes free is kept for it. Not
    thread-safe: one owner calls it.
    """

    def __init__(self, pool: BlockPool) -> None:
        self._pool = pool
        self._clock = pool.clock
        self._line = WaitingLine()
        self._pleas: dict[LeaseId, Plea] = {}
        self._leaving: dict[LeaseId, float] = {}

    @property
    def num_waiting(self) -> int:
        return len(self._line)

    def ask(self, plea: Plea) -> None:
        """A turn begins to wait; `serve` answers. A lease of the same id is over.

        Raises `InvalidRequest` when there could never be room.
        """
        self._pool.release(plea.lease_id)
        num_bytes = self._pool.num_needed(
            len(plea.prompt_tokens), plea.num_reserved_tokens, plea.terms
        )
        since = self._clock()
        self._line.join(Waiter(plea.lease_id, plea.root, plea.owner, num_bytes, plea.terms, since))
        self._pleas[plea.lease_id] = plea

    def withdraw(self, lease_id: LeaseId) -> None:
        """A turn does not wait any more. An unknown one is no matter."""
        self._line.leave(lease_id)
        self._pleas.pop(lease_id, None)

    def withdraw_owner(self, owner: str) -> tuple[LeaseId, ...]:
        """Nor do any of a session that is gone; returns which."""
        lease_ids = self._line.of_owner(owner)
        for lease_id in lease_ids:
            self.withdraw(lease_id)
        return lease_ids

    def serve(self) -> list[Lease]:
        """Leases for those that get room now, in order."""
        now = self._clock()
        served: list[Lease] = []
        for waiter in self._line.in_order(self._pool.promised_to, now):
            plea = self._pleas[waiter.lease_id]
            lease = self._try(plea)
            if lease is not None:
                self.withdraw(waiter.lease_id)
                served.append(lease)
            elif now - waiter.since >= PATIENCE_S:
                break
        return served

    def take_victims(self) -> tuple[LeaseId, ...]:
        """Running turns that shall leave now for the first in line; each is named once."""
        now = self._clock()
        order = self._line.in_order(self._pool.promised_to, now)
        running = {active.lease.lease_id: active for active in self._pool.active_leases()}
        self._leaving = {
            name: at
            for name, at in self._leaving.items()
            if name in running and now - at < LEAVING_S
        }
        if not order:
            return ()
        first = order[0]
        missing = self._pool.num_missing(first.root, first.num_bytes)
        missing -= sum(running[name].reserved for name in self._leaving)
        staying = [active for name, active in running.items() if name not in self._leaving]
        victims = choose_victims(first, staying, missing, self._pool.promised_to, now)
        self._leaving.update((victim.lease.lease_id, now) for victim in victims)
        return tuple(victim.lease.lease_id for victim in victims)

    def check_integrity(self) -> None:
        """Raise `InvariantBroken` when someone waits and runs at once, or waits for nothing."""
        self._line.check_integrity()
        if len(self._pleas) != len(self._line) or any(p not in self._line for p in self._pleas):
            raise InvariantBroken("those who wait are not those who asked")
        running = {active.lease.lease_id for active in self._pool.active_leases()}
        if running & self._pleas.keys():
            raise InvariantBroken("a turn waits for the lease that it has")
        self._pool.check_integrity()

    def _try(self, plea: Plea) -> Lease | None:
        return self._pool.lease(
            plea.root,
            plea.prompt_tokens,
            plea.num_reserved_tokens,
            plea.lease_id,
            plea.owner,
            plea.terms,
        )
