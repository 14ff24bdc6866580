"""Fields that several bodies of memory have."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator, Field, JsonValue

from agent_memory.json_value import Json
from agent_memory.memory.items.kinds import ItemKind

MAX_PURPOSE_LENGTH = 16_384
MAX_METADATA_FIELDS = 64
MAX_THREADS = 100
LEAST_TOKEN_BUDGET = 64
MAX_TOKEN_BUDGET = 32_768


def _instant(value: object) -> object:
    """ISO 8601; a time without a zone is UTC."""
    if not isinstance(value, str):
        raise ValueError("Input should be a time in ISO 8601, such as 2026-01-31T12:00:00Z")
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        message = "Input should be a time in ISO 8601, such as 2026-01-31T12:00:00Z"
        raise ValueError(message) from None
    return read if read.tzinfo is not None else read.replace(tzinfo=UTC)


def _kind(value: object) -> object:
    try:
        return ItemKind(str(value))
    except ValueError:
        known = ", ".join(ItemKind)
        raise ValueError(f"Input should be one of: {known}") from None


Instant = Annotated[datetime, BeforeValidator(_instant)]
Kind = Annotated[ItemKind, BeforeValidator(_kind)]
ThreadName = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9._:-]+$")]
Purpose = Annotated[str, Field(min_length=1, max_length=MAX_PURPOSE_LENGTH)]
TokenBudget = Annotated[int, Field(ge=LEAST_TOKEN_BUDGET, le=MAX_TOKEN_BUDGET)]
Metadata = Annotated[dict[str, JsonValue], Field(max_length=MAX_METADATA_FIELDS)]
Importance = Annotated[float, Field(ge=0, le=1)]
NO_METADATA: Mapping[str, Json] = {}
