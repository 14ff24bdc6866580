"""What of an item is embedded."""

from agent_memory.memory.item import Item


def embedded_text(item: Item) -> str:
    """Its text behind its header: date, speaker, file or test are part of what it means."""
    return f"{item.context}\n{item.text}" if item.context else item.text
