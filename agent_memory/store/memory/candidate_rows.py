"""Rows of candidates."""

from dataclasses import dataclass

from agent_memory.store.memory.item_rows import ItemRow


@dataclass(slots=True)
class CandidateRow(ItemRow):
    """follows_question: the message before its place ends with a question mark. similarity: cosine
    to the question, None without a vector. similarity_near: the greatest among the messages around
    its place, None without one."""

    follows_question: bool
    similarity: float | None
    similarity_near: float | None
