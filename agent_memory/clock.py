"""The time as the product reads it; whoever needs it is handed it."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    return datetime.now(UTC)
