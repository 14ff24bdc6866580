"""How long contexts live and how many versions are kept, where a writer does not say."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from agent_memory.contexts.context import Lifetime
from agent_memory.errors import InvalidRequest

MAX_TTL_S = 10 * 365 * 24 * 3600
MAX_KEPT_VERSIONS = 1_000
ALL_VERSIONS = 0
DEFAULT_KEPT_VERSIONS = 10


@dataclass(frozen=True, slots=True)
class ContextPolicy:
    """default_ttl_s: of contexts whose writer names none; None: they live until they are deleted.
    longest_ttl_s: what a writer may ask for; None: anything."""

    default_ttl_s: int | None = None
    longest_ttl_s: int | None = None
    keep_versions: int = DEFAULT_KEPT_VERSIONS

    def __post_init__(self) -> None:
        default, longest = self.default_ttl_s, self.longest_ttl_s
        if default is not None and longest is not None and default > longest:
            message = "The default time to live cannot be longer than the longest one."
            raise InvalidRequest(message, "default_ttl_s")

    def lifetime(
        self,
        now: datetime,
        ttl_s: int | None,
        expires_at: datetime | None,
        *,
        is_sliding: bool,
    ) -> Lifetime:
        """Of a context written now. `InvalidRequest` for one that may not be."""
        if ttl_s is not None and expires_at is not None:
            raise InvalidRequest("Name ttl_s or expires_at, not both.", "expires_at")
        if expires_at is not None:
            return self._until(now, expires_at, is_sliding=is_sliding)
        ttl_s = ttl_s if ttl_s is not None else self.default_ttl_s or self.longest_ttl_s
        if ttl_s is None:
            if is_sliding:
                raise InvalidRequest("Only a context with ttl_s can be sliding.", "sliding")
            return Lifetime()
        self._check_longest(ttl_s, "ttl_s")
        return Lifetime(ttl_s, is_sliding, now + timedelta(seconds=ttl_s))

    def _until(self, now: datetime, expires_at: datetime, *, is_sliding: bool) -> Lifetime:
        if is_sliding:
            raise InvalidRequest("Only a context with ttl_s can be sliding.", "sliding")
        if expires_at <= now:
            raise InvalidRequest("expires_at must be in the future.", "expires_at")
        self._check_longest((expires_at - now).total_seconds(), "expires_at")
        return Lifetime(None, False, expires_at)

    def _check_longest(self, ttl_s: float, param: str) -> None:
        if self.longest_ttl_s is not None and ttl_s > self.longest_ttl_s:
            message = f"Contexts of this workspace live for {self.longest_ttl_s} s at most."
            raise InvalidRequest(message, param)
        if ttl_s > MAX_TTL_S:
            raise InvalidRequest(f"A context lives for {MAX_TTL_S} s at most, or for ever.", param)
