"""Rows of candidates."""

from dataclasses import dataclass

from agent_memory.store.memory.item_rows import ItemRow


@dataclass(slots=True)
class CandidateRow(ItemRow):
    """follows_question: the message before its place ends with a question mark."""

    follows_question: bool
