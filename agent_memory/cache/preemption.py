"""Which running turns give up their room to one that waits for it."""

from collections.abc import Callable, Sequence

from agent_memory.cache.lease_book import ActiveLease
from agent_memory.cache.waiting_line import Waiter
from agent_memory.ids import BlockHash

PATIENCE_S = 2.0
"""So long a turn waits before one of equal standing is interrupted for it."""
QUANTUM_S = 5.0
"""So long a turn runs before one of equal standing interrupts it; twice as long each time after."""
MAX_PREEMPTIONS = 3
"""A turn that was interrupted so often runs to its end."""


def choose_victims(
    waiter: Waiter,
    running: Sequence[ActiveLease],
    num_missing: int,
    in_use: Callable[[BlockHash], int],
    now: float,
) -> tuple[ActiveLease, ...]:
    """Turns that together leave `num_missing` bytes, or none when no choice of them does.

    `in_use`: bytes promised to the running turns of a workspace. What yields first: low priority,
    then who was interrupted the least, then who has run the longest.
    """
    left = {lease.root: in_use(lease.root) for lease in running}
    left.setdefault(waiter.root, in_use(waiter.root))
    victims: list[ActiveLease] = []
    for lease in sorted(running, key=_order):
        if num_missing <= 0:
            break
        if may_preempt(waiter, lease, left, now):
            victims.append(lease)
            left[lease.root] -= lease.reserved
            num_missing -= lease.reserved
    return tuple(victims) if num_missing <= 0 else ()


def may_preempt(
    waiter: Waiter, lease: ActiveLease, in_use: dict[BlockHash, int], now: float
) -> bool:
    """Whether a waiting turn may have this running one's room. Of two turns that may, each the
    other's, neither can for ever: see `MAX_PREEMPTIONS`."""
    terms = lease.terms
    if not terms.is_preemptible or terms.num_preemptions >= MAX_PREEMPTIONS:
        return False
    if waiter.terms.priority < 0:
        return terms.priority < 0 and _is_its_turn(waiter, lease, now)
    if terms.priority < 0:
        return True
    if lease.root == waiter.root:
        outranks = waiter.terms.priority > terms.priority
        is_equal = waiter.terms.priority == terms.priority
        return outranks or (is_equal and _is_its_turn(waiter, lease, now))
    # Afterwards the other workspace still has as much as the one that waits.
    has_less = in_use[waiter.root] + waiter.num_bytes <= in_use[lease.root] - lease.reserved
    return has_less or (not in_use[waiter.root] and _is_its_turn(waiter, lease, now))


def _is_its_turn(waiter: Waiter, lease: ActiveLease, now: float) -> bool:
    quantum_s = QUANTUM_S * 2**lease.terms.num_preemptions
    return now - waiter.since >= PATIENCE_S and now - lease.granted_at >= quantum_s


def _order(lease: ActiveLease) -> tuple[int, int, float]:
    return lease.terms.priority, lease.terms.num_preemptions, lease.granted_at
