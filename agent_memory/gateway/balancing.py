"""Which of several providers is asked first: the quicker of two, drawn by weight."""

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent_memory.turns.route import Target

DECAY_S = 10.0
"""In so many seconds an old latency loses about two thirds of its say."""
WARM_FOR_S = 600.0
"""So long a provider keeps what it has cached of a conversation."""
_MAX_WARM = 50_000


@dataclass(slots=True)
class PeakEwma:
    """A mean of latencies that follows a peak at once and forgets it slowly (Finagle's peak EWMA).

    Seconds. `num_open`: requests under way, which count as if each took as long again.
    """

    mean_s: float = 0.0
    noted_at: float = 0.0
    num_open: int = 0

    def note(self, latency_s: float, now: float) -> None:
        """One request took so long until its first event."""
        if latency_s >= self.mean_s:
            self.mean_s = latency_s
        else:
            kept = math.exp(-max(0.0, now - self.noted_at) / DECAY_S)
            self.mean_s = self.mean_s * kept + latency_s * (1 - kept)
        self.noted_at = now

    @property
    def load(self) -> float:
        return max(self.mean_s, 1e-4) * (self.num_open + 1)


class Balance:
    """Orders targets. clock: monotonic seconds. chance: evenly between 0 and 1."""

    def __init__(self, clock: Callable[[], float], chance: Callable[[], float]) -> None:
        self._clock = clock
        self._chance = chance
        self._latencies: dict[tuple[str, str], PeakEwma] = {}
        self._warm: OrderedDict[str, tuple[Target, float]] = OrderedDict()

    def latency(self, target: Target) -> PeakEwma:
        return self._latencies.setdefault((target.provider, target.model), PeakEwma())

    def ordered(
        self,
        tiers: Sequence[Sequence[Target]],
        conversation: str,
        is_open: Callable[[Target], bool],
    ) -> list[Target]:
        """All targets in the order in which they are to be asked: the one that has the conversation
        warm, then tier by tier. Those that are `is_open` come last: better they than nobody."""
        order = [target for tier in tiers for target in self._drawn(tier)]
        warm = self._warm_target(conversation)
        if warm is not None and warm in order and not is_open(warm):
            order = [warm, *(target for target in order if target != warm)]
        return sorted(order, key=is_open)

    def keep_warm(self, conversation: str, target: Target) -> None:
        """The conversation was answered by `target`, which has it cached now."""
        if not conversation:
            return
        self._warm[conversation] = (target, self._clock() + WARM_FOR_S)
        self._warm.move_to_end(conversation)
        if len(self._warm) > _MAX_WARM:
            self._warm.popitem(last=False)

    def _warm_target(self, conversation: str) -> Target | None:
        target, until = self._warm.get(conversation, (None, 0.0))
        return target if self._clock() < until else None

    def _drawn(self, tier: Sequence[Target]) -> list[Target]:
        """Of two drawn by weight the less loaded first; then the others, drawn likewise."""
        left = list(tier)
        order: list[Target] = []
        while left:
            one = self._draw(left)
            others = [target for target in left if target is not one]
            if not order and others:
                other = self._draw(others)
                if self.latency(other).load < self.latency(one).load:
                    one = other
            order.append(one)
            left = [target for target in left if target is not one]
        return order

    def _draw(self, targets: Sequence[Target]) -> Target:
        point = self._chance() * sum(target.weight for target in targets)
        for target in targets:
            point -= target.weight
            if point < 0:
                return target
        return targets[-1]
