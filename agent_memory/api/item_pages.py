"""Lists of items as OpenAI's APIs page them."""

from collections.abc import Sequence

from agent_memory.api.translators.responses.output_items import Item
from agent_memory.errors import InvalidRequest


def item_page(
    items: Sequence[Item], order: str, after: str | None, limit: int
) -> dict[str, object]:
    """`limit` of `items` (the oldest first) after the one of that id, in that order."""
    ordered = list(items) if order == "asc" else list(reversed(items))
    if after is not None:
        ids = [item["id"] for item in ordered]
        if after not in ids:
            raise InvalidRequest(f"No item '{after}' is in this list.", "after")
        ordered = ordered[ids.index(after) + 1 :]
    page = ordered[:limit]
    return {
        "object": "list",
        "data": page,
        "first_id": page[0]["id"] if page else "",
        "last_id": page[-1]["id"] if page else "",
        "has_more": len(ordered) > len(page),
    }
