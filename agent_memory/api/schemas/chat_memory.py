"""The field `memory` of the model APIs (an extension)."""

from typing import Annotated

from pydantic import Field

from agent_memory.api.schemas.body import Body

MAX_TOKEN_BUDGET = 32_768


class ChatMemory(Body):
    """Recall what helps to answer, and remember the exchange.

    thread_id: where both happen; without it, everything is searched, and what is said is remembered
    under the session's id. token_budget: most tokens of what is recalled.
    """

    recall: bool = True
    remember: bool = True
    thread_id: str | None = None
    token_budget: Annotated[int, Field(ge=64, le=MAX_TOKEN_BUDGET)] = 1024
