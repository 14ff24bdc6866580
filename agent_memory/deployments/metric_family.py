"""One metric in Prometheus text format (version 0.0.4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from agent_memory.engine.distribution import BOUNDS_S, Distribution

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MetricFamily:
    """A metric and its samples: labels, and a value. Label values are words of our own."""

    name: str
    kind: Literal["counter", "gauge"]
    help: str
    samples: Sequence[tuple[Labels, float]]

    def lines(self) -> list[str]:
        samples = (f"{self.name}{_text(labels)} {float(value)}" for labels, value in self.samples)
        return [*_head(self.name, self.kind, self.help), *samples]


def counter(name: str, help: str, value: float) -> list[str]:  # noqa: A002  Prometheus' word
    """A counter without labels."""
    return MetricFamily(name, "counter", help, [({}, value)]).lines()


def gauge(name: str, help: str, value: float) -> list[str]:  # noqa: A002
    """A gauge without labels."""
    return MetricFamily(name, "gauge", help, [({}, value)]).lines()


def histogram(name: str, help: str, observed: Distribution) -> list[str]:  # noqa: A002
    """A distribution of seconds."""
    below = list(accumulate(observed.counts))
    bounds = [*map(str, BOUNDS_S), "+Inf"]
    return [
        *_head(name, "histogram", help),
        *(f'{name}_bucket{{le="{at}"}} {n}' for at, n in zip(bounds, below, strict=True)),
        f"{name}_sum {observed.total_s}",
        f"{name}_count {below[-1]}",
    ]


def _head(name: str, kind: str, help: str) -> list[str]:  # noqa: A002
    return [f"# HELP {name} {help}", f"# TYPE {name} {kind}"]


def _text(labels: Labels) -> str:
    return "{" + ",".join(f'{k}="{v}"' for k, v in labels.items()) + "}" if labels else ""
