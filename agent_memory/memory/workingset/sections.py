"""The sections of a working set: what belongs where, and how much of the budget each has."""

import re
from collections.abc import Mapping
from enum import StrEnum

from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import FAILURES, SEMANTIC, ItemKind


class SectionName(StrEnum):
    """In the order that they are read in."""

    MISSION = "mission"
    CONSTRAINTS = "constraints"
    """The things that have to be so: constraints, requirements, preferences."""
    DECISIONS = "decisions"
    TASKS = "tasks"
    FAILURES = "failures"
    """Recent failures and the changes known to have fixed them."""
    ARTIFACTS = "artifacts"
    """Code that was spoken of, and changes of it."""
    CITATIONS = "citations"
    """What else was said that matters now."""
    QUESTIONS = "questions"


TITLES: Mapping[SectionName, str] = {
    SectionName.MISSION: "Mission",
    SectionName.CONSTRAINTS: "Constraints",
    SectionName.DECISIONS: "Decisions",
    SectionName.TASKS: "Open tasks",
    SectionName.FAILURES: "Failures and fixes",
    SectionName.ARTIFACTS: "Artifacts",
    SectionName.CITATIONS: "Said before",
    SectionName.QUESTIONS: "Open questions",
}
SHARES: Mapping[SectionName, float] = {
    SectionName.MISSION: 0.05,
    SectionName.CONSTRAINTS: 0.20,
    SectionName.DECISIONS: 0.18,
    SectionName.TASKS: 0.10,
    SectionName.FAILURES: 0.20,
    SectionName.QUESTIONS: 0.05,
    SectionName.ARTIFACTS: 0.08,
    SectionName.CITATIONS: 0.14,
}
"""Of the budget, in the order that they are filled in: what one leaves goes to those after it, and
what the last leaves to the first that wants more. Citations come last: they can use everything."""

_BY_KIND = {
    ItemKind.CONSTRAINT: SectionName.CONSTRAINTS,
    ItemKind.REQUIREMENT: SectionName.CONSTRAINTS,
    ItemKind.PREFERENCE: SectionName.CONSTRAINTS,
    ItemKind.DECISION: SectionName.DECISIONS,
    ItemKind.TASK: SectionName.TASKS,
    ItemKind.QUESTION: SectionName.QUESTIONS,
    ItemKind.ARTIFACT: SectionName.ARTIFACTS,
    ItemKind.DIFF: SectionName.ARTIFACTS,
    **dict.fromkeys(FAILURES, SectionName.FAILURES),
}
_GOAL = re.compile(r"\b(?:mission|goal|objective|purpose)s?\b", re.IGNORECASE)
_FIRST_SENTENCE = re.compile(r"[^.!?\n]*")


def section_of(item: Item) -> SectionName:
    """Where an item belongs: by its kind, or in the mission when it says what it is all for."""
    if item.kind in SEMANTIC and item.kind is not ItemKind.QUESTION and _names_goal(item):
        return SectionName.MISSION
    return _BY_KIND.get(item.kind, SectionName.CITATIONS)


def _names_goal(item: Item) -> bool:
    first = _FIRST_SENTENCE.match(item.text)
    return any(_GOAL.search(text) for text in (item.subject or "", first.group() if first else ""))
