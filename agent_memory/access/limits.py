"""Limits: how much a subject may ask for in a time, or at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from agent_memory.access.buckets import Draw, Slot
from agent_memory.access.subject import Caller, Subject


class Metric(StrEnum):
    REQUESTS = "requests"
    INPUT_TOKENS = "input_tokens"
    OUTPUT_TOKENS = "output_tokens"
    CONCURRENCY = "concurrency"
    """Requests that are being answered at the same time."""


@dataclass(frozen=True, slots=True)
class Limit:
    """`amount` of a metric in `per_s` seconds; of concurrency, at any moment."""

    limit_id: str
    subject: Subject
    metric: Metric
    amount: int
    per_s: int = 60
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a limit stands for one caller. full_in_s: until nothing is missing any more."""

    limit: Limit
    remaining: int
    full_in_s: float


@dataclass(frozen=True, slots=True)
class Demand:
    """Tokens that a request will read, and may write at most."""

    input_tokens: int
    output_tokens: int

    def of(self, metric: Metric) -> int:
        """How much of the metric it takes."""
        match metric:
            case Metric.INPUT_TOKENS:
                return self.input_tokens
            case Metric.OUTPUT_TOKENS:
                return self.output_tokens
            case Metric.REQUESTS | Metric.CONCURRENCY:
                return 1


@dataclass(frozen=True, slots=True)
class Applied:
    """A limit that a request falls under. key: of its bucket, or of its places."""

    limit: Limit
    key: str

    def draw(self, demand: Demand) -> Draw:
        return Draw(self.key, self.limit.amount, self.limit.per_s, demand.of(self.limit.metric))

    def slot(self) -> Slot:
        return Slot(self.key, self.limit.amount)


def applied(limits: Iterable[Limit], caller: Caller) -> list[Applied]:
    """Those of `limits` that count `caller`, each with the key of its bucket."""
    return [
        Applied(limit, f"{caller.workspace_id}/{limit.limit_id}/{name}")
        for limit in limits
        if (name := caller.counted_as(limit.subject)) is not None
    ]
