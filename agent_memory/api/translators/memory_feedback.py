"""Feedback and weights as they are sent and answered."""

from collections.abc import Sequence

from agent_memory.api.schemas.memory.feedback import FeedbackBody
from agent_memory.ids import ItemId
from agent_memory.memory.feedback import Feedback, Verdict
from agent_memory.memory.search.weight_set import WeightSet
from agent_memory.memory.service.feedback import GivenFeedback


def given_feedback(body: FeedbackBody) -> GivenFeedback:
    """A verdict to keep."""
    return GivenFeedback(
        Verdict(body.verdict),
        tuple(ItemId(item) for item in body.item_ids),
        body.recall_id,
        None if body.other_id is None else ItemId(body.other_id),
    )


def feedback_json(feedback: Feedback) -> dict[str, object]:
    """A verdict as it is kept."""
    return {
        "id": feedback.feedback_id,
        "item_id": feedback.item_id,
        "verdict": feedback.verdict,
        "recall_id": feedback.impression_id,
        "other_id": feedback.other_item_id,
        "created_at": feedback.created_at,
        "withdrawn_at": feedback.withdrawn_at,
    }


def weights_json(sets: Sequence[WeightSet]) -> dict[str, object]:
    """All versions, the newest first. Version 0 are the default weights."""
    live = next((one.version for one in sets if one.is_live), 0)
    return {
        "live_version": live,
        "data": [
            {
                "version": one.version,
                "is_live": one.is_live,
                "weights": dict(one.weights),
                "evaluation": dict(one.evaluation),
                "created_at": one.created_at,
            }
            for one in sets
        ],
    }
