"""How the addresses of resources are made."""

from mcp_types import ListResourceTemplatesResult, ResourceTemplate

from agent_memory.api.mcp.resources.uri import TEMPLATE

_FRESH_FOR_MS = 3_600_000


def templates() -> ListResourceTemplatesResult:
    """How the address of every context is made."""
    template = ResourceTemplate(
        uri_template=TEMPLATE,
        name="context",
        description="A document that agents share, by its key.",
    )
    return ListResourceTemplatesResult(
        resource_templates=[template], ttl_ms=_FRESH_FOR_MS, cache_scope="private"
    )
