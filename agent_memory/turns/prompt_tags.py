"""What clients say of a request that is in no message of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PromptTags:
    """As the client has sent them, or None. is_compacted: the client has put a summary in the place
    of earlier messages."""

    reasoning_effort: str | None = None
    verbosity: str | None = None
    cache_key: str | None = None
    service_tier: str | None = None
    is_compacted: bool = False
