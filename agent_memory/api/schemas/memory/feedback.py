"""Bodies of `/v1/feedback…`."""

from typing import Annotated, Literal

from pydantic import Field

from agent_memory.api.schemas.body import Body

Id = Annotated[str, Field(min_length=1, max_length=128)]


class FeedbackBody(Body):
    """`POST /v1/feedback`: a verdict on one or several items.

    recall_id: of the recall that returned them, so that ranking can learn from it. other_id: the
    item that they duplicate, or are outdated by.
    """

    verdict: Literal["helpful", "not_helpful", "outdated", "duplicate", "used"]
    item_ids: Annotated[list[Id], Field(min_length=1, max_length=100)]
    recall_id: Id | None = None
    other_id: Id | None = None


class RollBackBody(Body):
    """`POST /v1/feedback/weights/rollback`. Version 0 is what every workspace starts with."""

    version: Annotated[int, Field(ge=0)]
