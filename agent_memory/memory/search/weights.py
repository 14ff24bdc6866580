"""The weight of each sign of relevance, and the bounds within which feedback may move it.

The weights are those of a logistic model of which candidate answers a question: a difference of
one unit of weighted signs makes an item e times as likely as another.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Self

from agent_memory.errors import InvalidRequest

RANGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "own": (0.0, 6.0),
        "window": (0.0, 6.0),
        "coverage": (0.0, 4.0),
        "coverage_window": (0.0, 6.0),
        "similarity": (0.0, 10.0),
        "similarity_near": (0.0, 8.0),
        "answers": (0.0, 5.0),
        "speaker": (0.0, 2.0),
        "question": (-3.0, 0.0),
        "dated": (0.0, 4.0),
        "length": (0.0, 8.0),
        "keys": (0.0, 8.0),
        "recency": (0.0, 2.0),
        "importance": (0.0, 2.0),
    }
)


@dataclass(frozen=True, slots=True)
class Weights:
    """One for each sign that `signs_of` finds; see there what they mean.

    Those that LoCoMo tells of were fitted to its questions (`benchmarks/recall_locomo.py`), those
    of keys to failures of Defects4J (`benchmarks/recall_defects4j.py`); recency and importance
    are set by hand so that they decide among items that are about equally relevant.
    """

    own: float = 1.2
    window: float = 1.7
    coverage: float = 1.2
    coverage_window: float = 3.7
    similarity: float = 5.0
    similarity_near: float = 4.3
    answers: float = 2.3
    speaker: float = 0.6
    question: float = -0.65
    dated: float = 1.65
    length: float = 4.5
    keys: float = 2.0
    recency: float = 0.3
    importance: float = 0.3

    def __post_init__(self) -> None:
        """`InvalidRequest` for a weight outside its range."""
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise InvalidRequest(f"The weight '{name}' must be from {low} to {high}.", name)

    def as_mapping(self) -> dict[str, float]:
        return {name: getattr(self, name) for name in RANGES}

    @classmethod
    def from_mapping(cls, weights: Mapping[str, float]) -> Self:
        """A field left out is as by default; one that this version does not know is passed over.
        `InvalidRequest` for a weight outside its range."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in weights.items() if name in known})


DEFAULT_WEIGHTS = Weights()
