"""The items that recalls showed, kept to learn from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from pgvector import HalfVector

from agent_memory.ids import ItemId, WorkspaceId
from agent_memory.memory.feedback import Impression, Judged, Shown, Verdict
from agent_memory.memory.learning.likeness import Question, terms_to_store
from agent_memory.store.database import Database
from agent_memory.store.memory.vector_arm import half_vector


@dataclass(frozen=True, slots=True)
class _ShownRow:
    impression_id: str
    weights_version: int
    created_at: datetime
    item_id: ItemId
    rank: int
    propensity: float
    components: dict[str, float]
    verdict: str | None


class ImpressionStore:
    """Every method sees one workspace."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def log_impression(self, workspace: WorkspaceId, impression: Impression) -> None:
        """Keep it; items that were erased meanwhile are left out."""
        shown = [
            {
                "item_id": one.item_id,
                "rank": one.rank,
                "propensity": one.propensity,
                "components": dict(one.components),
            }
            for one in impression.shown
        ]
        async with self._database.workspace(workspace) as transaction:
            await transaction.run(
                "insert_impression",
                workspace_id=workspace,
                impression_id=impression.impression_id,
                weights_version=impression.weights_version,
                shown=orjson.dumps(shown).decode(),
                **_question_parameters(impression.question),
            )

    async def list_judged(self, workspace: WorkspaceId, limit: int) -> Sequence[Judged]:
        """The last `limit` impressions of which something was said, the oldest first."""
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all(
                "list_judged_impressions", _ShownRow, workspace_id=workspace, limit=limit
            )
        by_impression: dict[str, list[_ShownRow]] = {}
        for row in rows:
            by_impression.setdefault(row.impression_id, []).append(row)
        return [_judged(of_impression) for of_impression in by_impression.values()]

    async def drop_impressions(self, workspace: WorkspaceId, age: timedelta) -> int:
        """Forget those older than `age` of which nothing was said; how many that were."""
        async with self._database.workspace(workspace) as transaction:
            dropped = await transaction.fetch_value(
                "drop_old_impressions", workspace_id=workspace, age=age
            )
        return dropped if isinstance(dropped, int) else 0


def _question_parameters(
    question: Question | None,
) -> Mapping[str, str | list[int] | HalfVector | None]:
    embedding = None if question is None else question.embedding
    return {
        "question_terms": None if question is None else terms_to_store(question),
        "question_space_id": None if embedding is None else embedding.space_id,
        "question_vector": None if embedding is None else half_vector(embedding),
    }


def _judged(rows: Sequence[_ShownRow]) -> Judged:
    first = rows[0]
    shown = tuple(Shown(row.item_id, row.rank, row.components, row.propensity) for row in rows)
    return Judged(
        impression=Impression(first.impression_id, first.weights_version, shown),
        created_at=first.created_at,
        verdicts={row.item_id: Verdict(row.verdict) for row in rows if row.verdict is not None},
    )
