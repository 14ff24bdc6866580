"""The time as the product reads it; it comes in through the constructor."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    return datetime.now(UTC)
