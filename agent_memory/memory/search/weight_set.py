"""Weights of a workspace, each version with what was measured when it was learned."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from agent_memory.json_value import Json


@dataclass(frozen=True, slots=True)
class WeightSet:
    """Versions count from 1; the default weights, live when no version is, are 0."""

    version: int
    weights: Mapping[str, float]
    evaluation: Mapping[str, Json]
    is_live: bool
    created_at: datetime
