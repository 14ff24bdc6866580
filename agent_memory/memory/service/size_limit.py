"""How long one text may be."""

from agent_memory.errors import ItemTooLarge

MAX_ITEM_BYTES = 100 * 1024


def check_size(text: str, param: str) -> None:
    """Raise `ItemTooLarge` for a text of more than 100 KiB in UTF-8."""
    if len(text) * 4 <= MAX_ITEM_BYTES:
        return
    num_bytes = len(text.encode("utf-8", "surrogatepass"))
    if num_bytes > MAX_ITEM_BYTES:
        raise ItemTooLarge(num_bytes, MAX_ITEM_BYTES, param)
