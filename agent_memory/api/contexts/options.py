"""Options of contexts as they are sent."""

from agent_memory.api.schemas.contexts import ContextOptions
from agent_memory.contexts.context import Cause
from agent_memory.contexts.document import Document
from agent_memory.contexts.draft import Draft, WantedLifetime
from agent_memory.contexts.policy import ALL_VERSIONS
from agent_memory.ids import ContextKey

_OF_LIFETIME = frozenset({"ttl_s", "expires_at", "sliding"})


def draft_of(
    key: ContextKey, document: Document, options: ContextOptions, cause: Cause = Cause.PUT
) -> Draft:
    """The version that is asked for."""
    return Draft(
        key=key,
        document=document,
        cause=cause,
        tags=None if options.tags is None else tuple(dict.fromkeys(options.tags)),
        metadata=options.metadata,
        session_id=options.session_id,
        agent_id=options.agent_id,
        lifetime=_lifetime(options),
        is_sealed=options.encrypt,
        is_packed=options.compress,
        keep_versions=kept_versions(options.keep_versions),
    )


def kept_versions(sent: int | str | None) -> int | None:
    return ALL_VERSIONS if isinstance(sent, str) else sent


def _lifetime(options: ContextOptions) -> WantedLifetime | None:
    """None where nothing is said of it; `"ttl_s": null` asks for what the policy says."""
    if not _OF_LIFETIME & options.model_fields_set:
        return None
    return WantedLifetime(options.ttl_s, options.expires_at, options.sliding)
