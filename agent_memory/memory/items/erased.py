"""The outcome of an erasure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Erased:
    """Numbers of rows; of materials, those of which nothing is left."""

    num_items: int = 0
    num_materials: int = 0
    num_threads: int = 0
