"""An embedding space of a workspace, as far as its vectors have come."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SpaceState(StrEnum):
    BUILDING = "building"
    """Vectors are being made; questions are not asked here yet."""
    SERVING = "serving"
    RETIRED = "retired"
    """Another serves in its place; its vectors can go."""


@dataclass(frozen=True, slots=True)
class StoredSpace:
    """num_missing: active items that have no vector in it yet. num_unembeddable: those whose texts
    its provider does not take, which are found by words alone."""

    space_id: str
    provider: str
    model: str
    num_dims: int
    state: SpaceState
    created_at: datetime
    num_vectors: int
    num_missing: int
    num_unembeddable: int = 0
