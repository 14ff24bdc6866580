"""The processes that serve one API together, and their metrics as one text."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector


class Replicas(Protocol):
    """All processes of the API, this one too."""

    async def metrics(self) -> Mapping[str, str]:
        """What each counts, in Prometheus text format, by the replica's name. Raises
        `Unavailable` while they cannot be asked."""
        ...


def merged(texts: Mapping[str, str]) -> str:
    """One text, in which every sample bears the label `replica`."""
    families: dict[str, Metric] = {}
    for replica, text in texts.items():
        for family in text_string_to_metric_families(text):
            whole = families.setdefault(
                family.name, Metric(family.name, family.documentation, family.type)
            )
            whole.samples += [
                sample._replace(labels={**sample.labels, "replica": replica})
                for sample in family.samples
            ]
    registry = CollectorRegistry()
    registry.register(_Told(families.values()))
    return generate_latest(registry).decode()


class _Told(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = tuple(families)

    def collect(self) -> Iterator[Metric]:
        return iter(self._families)
