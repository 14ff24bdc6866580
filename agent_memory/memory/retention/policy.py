"""How long a workspace keeps what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from agent_memory.errors import InvalidRequest
from agent_memory.memory.items.kinds import ItemKind

MAX_AGE: Final = timedelta(days=36_500)


@dataclass(frozen=True, slots=True)
class AgeLimits:
    """Counted from when an item last occurred; None: never."""

    archive_after: timedelta | None = None
    erase_after: timedelta | None = None

    def __post_init__(self) -> None:
        for name, age in (
            ("archive_after_days", self.archive_after),
            ("erase_after_days", self.erase_after),
        ):
            if age is not None and not timedelta(0) < age <= MAX_AGE:
                raise InvalidRequest(f"{name} must be above 0 and at most {MAX_AGE.days}.", name)
        if self.archive_after and self.erase_after and self.erase_after < self.archive_after:
            raise InvalidRequest(
                "erase_after_days must not be less than archive_after_days.",
                "erase_after_days",
            )


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """By default everything is kept. What is under legal hold is kept whatever is said here.

    ages: of all kinds that `ages_by_kind` does not name.
    archive_below: what matters less than this (from 0 to 1) is archived.
    spare_above: what matters this much or more is archived neither for its age nor for the number
    of items. It does not save from being erased: `erase_after` is a promise to forget.
    min_age: nothing younger is archived or erased for its importance or for the number of items.
    max_active: of those above it, what is worth least is archived.
    max_items: of those above it, archived and superseded ones included, what is worth least is
    erased.
    Raises `InvalidRequest`, naming the field, for what contradicts itself.
    """

    ages: AgeLimits = AgeLimits()
    ages_by_kind: Mapping[ItemKind, AgeLimits] = field(default_factory=dict)
    archive_below: float | None = None
    spare_above: float | None = None
    min_age: timedelta = timedelta(days=1)
    max_active: int | None = None
    max_items: int | None = None

    def __post_init__(self) -> None:
        self._check_thresholds()
        self._check_counts()
        if not timedelta(0) <= self.min_age <= MAX_AGE:
            raise InvalidRequest(f"min_age_days must be 0 to {MAX_AGE.days}.", "min_age_days")

    def ages_of(self, kind: ItemKind) -> AgeLimits:
        return self.ages_by_kind.get(kind, self.ages)

    def _check_thresholds(self) -> None:
        thresholds = (("archive_below", self.archive_below), ("spare_above", self.spare_above))
        for name, threshold in thresholds:
            if threshold is not None and not 0 <= threshold <= 1:
                raise InvalidRequest(f"{name} must be from 0 to 1.", name)
        if (
            self.archive_below is not None
            and self.spare_above is not None
            and self.archive_below > self.spare_above
        ):
            raise InvalidRequest(
                "archive_below must not be above spare_above.",
                "archive_below",
            )

    def _check_counts(self) -> None:
        for name, most in (("max_active", self.max_active), ("max_items", self.max_items)):
            if most is not None and most < 1:
                raise InvalidRequest(f"{name} must be at least 1.", name)
        if self.max_active and self.max_items and self.max_active > self.max_items:
            raise InvalidRequest("max_active must not be above max_items.", "max_active")
