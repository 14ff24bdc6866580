"""The arguments of the tools."""

from typing import Annotated, Literal

from pydantic import Field

from agent_memory.api.schemas.body import Body
from agent_memory.api.schemas.memory.feedback import Id
from agent_memory.api.schemas.memory.fields import (
    MAX_TOKEN_BUDGET,
    Instant,
    Purpose,
    ThreadName,
)

LEAST_ANSWER = 256
"""Tokens: the notice around recalled text, and something inside."""

AnswerBudget = Annotated[int, Field(ge=LEAST_ANSWER, le=MAX_TOKEN_BUDGET)]
"""Tokens of a whole answer."""


class RememberArguments(Body):
    """A text, what it is, and whose word it is: what a user said outweighs what a model said.

    Text that was recalled and is quoted in a note is left out: it is remembered already.
    """

    text: str = Field(min_length=1)
    kind: Literal["note", "diff", "log"] = "note"
    said_by: Literal["user", "assistant"] = "assistant"
    thread: ThreadName | None = Field(None, description="project or topic")
    occurred_at: Instant | None = None


class RecallArguments(Body):
    """What to look for, and in how many tokens to answer."""

    purpose: Purpose = Field(description="question, task or failure")
    token_budget: AnswerBudget = 1024
    thread: ThreadName | None = None


class ExpandArguments(Body):
    """Which item, and in how many tokens to answer."""

    id: Id
    token_budget: AnswerBudget = 1024
    lines: int = Field(10, ge=0, le=200)


class WorkingSetArguments(Body):
    """What is to be done, and in how many tokens to answer."""

    purpose: Purpose = Field(description="the task")
    token_budget: AnswerBudget = 2048
    thread: ThreadName | None = None


class ContextGetArguments(Body):
    """Which document, and in how many tokens to answer."""

    key: str
    version: int | None = Field(None, ge=1)
    offset: int = Field(0, ge=0)
    token_budget: AnswerBudget = 2048


class ContextPutArguments(Body):
    """A whole document. What is JSON is kept as JSON. expected_version: 0 where there is none."""

    key: str
    text: str
    expected_version: int | None = Field(None, ge=0)


class ContextSearchArguments(Body):
    """Which documents: those that a query finds, or all with that beginning and tag."""

    query: Purpose | None = None
    prefix: str = ""
    tag: str | None = None
    token_budget: AnswerBudget = 1024
