"""The part of an item that is embedded."""

from agent_memory.memory.items.item import Item


def embedded_text(item: Item) -> str:
    """Its text after its header: file or test are part of what it means, and so is the speaker.

    Of what was said the date is left out: on LoCoMo MiniLM alone finds 41 % of the answers among
    the first ten with it, and 46 % without.
    """
    if item.speaker is not None:
        return f"{item.speaker}: {item.text}"
    if item.role is not None or not item.context:
        return item.text
    return f"{item.context}\n{item.text}"
