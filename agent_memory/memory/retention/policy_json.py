"""A policy of retention as JSON: how it is sent, and how it is stored. Ages are in days."""

from collections.abc import Mapping
from datetime import timedelta

from agent_memory.errors import InvalidRequest
from agent_memory.json_value import Json
from agent_memory.memory.items.kinds import ItemKind
from agent_memory.memory.retention.policy import AgeLimits, RetentionPolicy

_AGES = ("archive_after_days", "erase_after_days")
_FIELDS = {
    *_AGES,
    "by_kind",
    "archive_below",
    "spare_above",
    "min_age_days",
    "max_active",
    "max_items",
}


def write_retention(policy: RetentionPolicy) -> dict[str, Json]:
    """The same policy gives the same JSON."""
    return {
        **_write_ages(policy.ages),
        "by_kind": {
            str(kind): _write_ages(policy.ages_by_kind[kind])
            for kind in sorted(policy.ages_by_kind)
        },
        "archive_below": policy.archive_below,
        "spare_above": policy.spare_above,
        "min_age_days": policy.min_age / timedelta(days=1),
        "max_active": policy.max_active,
        "max_items": policy.max_items,
    }


def read_retention(raw: Mapping[str, Json]) -> RetentionPolicy:
    """A field left out or null is as by default. Raises `InvalidRequest`, naming the field."""
    _check_fields(raw, _FIELDS)
    min_age = _days(raw, "min_age_days")
    return RetentionPolicy(
        ages=_read_ages(raw),
        ages_by_kind=_read_by_kind(raw.get("by_kind") or {}),
        archive_below=_number(raw, "archive_below"),
        spare_above=_number(raw, "spare_above"),
        min_age=RetentionPolicy().min_age if min_age is None else min_age,
        max_active=_count(raw, "max_active"),
        max_items=_count(raw, "max_items"),
    )


def _write_ages(limits: AgeLimits) -> dict[str, Json]:
    ages = (limits.archive_after, limits.erase_after)
    return {
        name: None if age is None else age / timedelta(days=1)
        for name, age in zip(_AGES, ages, strict=True)
    }


def _read_ages(raw: Mapping[str, Json]) -> AgeLimits:
    archive_after, erase_after = (_days(raw, name) for name in _AGES)
    return AgeLimits(archive_after, erase_after)


def _read_by_kind(raw: Json) -> dict[ItemKind, AgeLimits]:
    if not isinstance(raw, dict):
        raise InvalidRequest("by_kind must be an object of kinds and ages.", "by_kind")
    return {_kind(name): _read_ages_of(name, limits) for name, limits in raw.items()}


def _kind(name: str) -> ItemKind:
    try:
        return ItemKind(name)
    except ValueError as error:
        known = ", ".join(ItemKind)
        raise InvalidRequest(f"{name[:60]!r} is unknown; use: {known}.", "by_kind") from error


def _read_ages_of(kind: str, raw: Json) -> AgeLimits:
    if not isinstance(raw, dict):
        raise InvalidRequest(f"The ages of '{kind}' must be an object.", "by_kind")
    _check_fields(raw, {*_AGES})
    return _read_ages(raw)


def _check_fields(raw: Mapping[str, Json], known: set[str]) -> None:
    for name in raw:
        if name not in known:
            raise InvalidRequest(f"A retention policy has no field {name[:60]!r}.", name[:60])


def _number(raw: Mapping[str, Json], name: str) -> float | None:
    number = raw.get(name)
    if number is None:
        return None
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise InvalidRequest(f"{name} must be a number.", name)
    return float(number)


def _days(raw: Mapping[str, Json], name: str) -> timedelta | None:
    num_days = _number(raw, name)
    try:
        return None if num_days is None else timedelta(days=num_days)
    except (OverflowError, ValueError) as error:
        raise InvalidRequest(f"{name} is not a valid number of days.", name) from error


def _count(raw: Mapping[str, Json], name: str) -> int | None:
    number = raw.get(name)
    if number is None:
        return None
    if isinstance(number, bool) or not isinstance(number, int):
        raise InvalidRequest(f"{name} must be a whole number.", name)
    return number
