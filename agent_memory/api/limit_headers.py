"""How limits stand, in the headers that clients of each protocol read."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from agent_memory.access.limits import Metric, Standing
from agent_memory.api.dialect import Dialect
from agent_memory.errors import RateLimited

_ANTHROPIC = {
    Metric.REQUESTS: "requests",
    Metric.INPUT_TOKENS: "input-tokens",
    Metric.OUTPUT_TOKENS: "output-tokens",
}


def limit_headers(standings: Sequence[Standing], dialect: Dialect, now: datetime) -> dict[str, str]:
    """The tightest limit of each metric; Anthropic's names too, on Anthropic's routes."""
    headers: dict[str, str] = {}
    for metric, standing in _tightest(standings).items():
        name = metric.value.replace("_", "-").title()
        headers[f"X-RateLimit-Limit-{name}"] = str(standing.limit.amount)
        headers[f"X-RateLimit-Remaining-{name}"] = str(max(0, standing.remaining))
        headers[f"X-RateLimit-Reset-{name}"] = f"{standing.full_in_s:.3f}s"
        if dialect is Dialect.ANTHROPIC and metric in _ANTHROPIC:
            headers |= dict(_anthropic(standing, f"anthropic-ratelimit-{_ANTHROPIC[metric]}", now))
    return headers


def refused_headers(error: RateLimited) -> Mapping[str, str]:
    """Of an answer that a limit refused."""
    return {
        "X-RateLimit-Limit": str(error.amount),
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(error.retry_after_s),
    }


def _tightest(standings: Sequence[Standing]) -> dict[Metric, Standing]:
    tightest: dict[Metric, Standing] = {}
    for standing in standings:
        other = tightest.get(standing.limit.metric)
        if other is None or standing.remaining < other.remaining:
            tightest[standing.limit.metric] = standing
    return tightest


def _anthropic(standing: Standing, name: str, now: datetime) -> Iterator[tuple[str, str]]:
    full_at = now.astimezone(UTC) + timedelta(seconds=math.ceil(standing.full_in_s))
    yield f"{name}-limit", str(standing.limit.amount)
    yield f"{name}-remaining", str(max(0, standing.remaining))
    yield f"{name}-reset", full_at.strftime("%Y-%m-%dT%H:%M:%SZ")
