"""This process's counters of HTTP traffic, for Prometheus. Label values are bounded."""

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from agent_memory.api.access_line import WEBSOCKET
from agent_memory.api.memory_metrics import MemoryMetrics

_LATENCY_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_GAP_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", WEBSOCKET})


class Metrics:
    """The counters of one application, in a registry of its own."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        registry = CollectorRegistry()
        self._registry = registry
        self._requests = Counter(
            "agent_memory_http_requests",
            "Requests by route template, method and status.",
            ("route", "method", "status"),
            registry=registry,
        )
        self._latency = Histogram(
            "agent_memory_http_request_duration_seconds",
            "Time from the request's headers to the last byte of its response.",
            ("route", "method"),
            buckets=_LATENCY_S,
            registry=registry,
        )
        self.in_flight = Gauge(
            "agent_memory_http_requests_in_flight", "Requests being served.", registry=registry
        )
        self.time_to_first_token = Histogram(
            "agent_memory_http_time_to_first_token_seconds",
            "Time from the request's headers to the first generated token.",
            ("surface",),
            buckets=_LATENCY_S,
            registry=registry,
        )
        self.token_gap = Histogram(
            "agent_memory_http_inter_token_seconds",
            "Time per token between two deliveries of tokens (one observation a delivery).",
            ("surface",),
            buckets=_GAP_S,
            registry=registry,
        )
        self.tokens = Counter(
            "agent_memory_http_tokens",
            "Tokens of finished turns: of the prompt, of those cached, and generated.",
            ("surface", "kind"),
            registry=registry,
        )

        self.memory = MemoryMetrics(registry, monotonic)

    def count_request(self, route: str, method: str, status: int, duration_s: float) -> None:
        """One request is over."""
        method = method if method in _METHODS else "OTHER"
        self._requests.labels(route, method, str(status)).inc()
        self._latency.labels(route, method).observe(duration_s)

    def render(self) -> str:
        """Everything in Prometheus text format."""
        return generate_latest(self._registry).decode()
