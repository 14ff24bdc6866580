"""Metrics that actors count, as prometheus_client's families."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector

from agent_memory.engine.distribution import BOUNDS_S, Distribution

Samples = Sequence[tuple[Mapping[str, str], float]]
"""Labels, and a value. All samples of a metric bear the same labels."""


def exposition(metrics: Iterable[Metric]) -> str:
    """The metrics in Prometheus text format."""
    registry = CollectorRegistry()
    registry.register(_Told(tuple(metrics)))
    return generate_latest(registry).decode()


def counter(name: str, help: str, value: float | Samples) -> Metric:  # noqa: A002  Prometheus' word
    """A counter: one value, or samples with labels."""
    samples = _samples(value)
    family = CounterMetricFamily(name, help, labels=_labels(samples))
    for labels, number in samples:
        family.add_metric(list(labels.values()), number)
    return family


def gauge(name: str, help: str, value: float | Samples) -> Metric:  # noqa: A002
    """A gauge: one value, or samples with labels."""
    samples = _samples(value)
    family = GaugeMetricFamily(name, help, labels=_labels(samples))
    for labels, number in samples:
        family.add_metric(list(labels.values()), number)
    return family


def histogram(name: str, help: str, observed: Distribution) -> Metric:  # noqa: A002
    """A distribution of seconds."""
    bounds = [*map(str, BOUNDS_S), "+Inf"]
    buckets = [
        (at, float(number)) for at, number in zip(bounds, accumulate(observed.counts), strict=True)
    ]
    return HistogramMetricFamily(name, help, buckets=buckets, sum_value=observed.total_s)


def summary(name: str, help: str, num_observed: int, total: float) -> Metric:  # noqa: A002
    """How often something was observed, and the sum of it."""
    return SummaryMetricFamily(name, help, count_value=num_observed, sum_value=total)


class _Told(Collector):
    """Counts made elsewhere, told once."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        return iter(self._metrics)


def _samples(value: float | Samples) -> Samples:
    return [({}, value)] if isinstance(value, int | float) else value


def _labels(samples: Samples) -> Sequence[str]:
    return list(samples[0][0]) if samples else []
