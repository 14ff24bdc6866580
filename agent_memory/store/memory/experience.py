"""Feedback on items that was given for questions like the present one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agent_memory.ids import ItemId, WorkspaceId
from agent_memory.memory.feedback import Feedback, Verdict
from agent_memory.memory.learning.experience import Weighed, weighed
from agent_memory.memory.learning.likeness import Question, likeness_of_terms, stored_terms
from agent_memory.store.database import Database
from agent_memory.store.memory.vector_arm import vector_parameters

NUM_LAST = 16
"""Of each item, so many of the last judgements count: a bound on what is read."""


@dataclass(frozen=True, slots=True)
class _JudgementRow:
    feedback_id: str
    impression_id: str
    verdict: str
    created_at: datetime
    item_id: ItemId
    question_terms: list[int]
    similarity: float | None

    def feedback(self) -> Feedback:
        return Feedback(
            self.feedback_id,
            self.item_id,
            Verdict(self.verdict),
            self.created_at,
            self.impression_id,
        )

    def likeness(self, question: Question) -> float:
        if self.similarity is not None:
            return max(0.0, self.similarity)
        return likeness_of_terms(question, stored_terms(self.question_terms))


class ExperienceStore:
    """Every method sees one workspace."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def has_judgements(self, workspace: WorkspaceId) -> bool:
        """Whether anything was said for some question."""
        async with self._database.workspace(workspace) as transaction:
            return bool(await transaction.fetch_value("has_judgements", workspace_id=workspace))

    async def find_judgements(
        self, workspace: WorkspaceId, items: Sequence[ItemId], question: Question
    ) -> Sequence[Weighed]:
        """The last judgements of these items, with how like their questions are to this one."""
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all(
                "find_judgements",
                _JudgementRow,
                workspace_id=workspace,
                item_ids=list(items),
                limit=NUM_LAST,
                **vector_parameters(question.embedding),
            )
        likenesses = {row.impression_id: row.likeness(question) for row in rows}
        return weighed((row.feedback() for row in rows), likenesses)
