"""Keys, rules and workspaces as administrators see them."""

from datetime import datetime
from typing import Literal

from agent_memory.access.budgets import Period, Unit
from agent_memory.access.limits import Metric
from agent_memory.access.principal import Scope
from agent_memory.access.subject import SubjectKind
from agent_memory.api.schemas.answers.answer import Answer


class WorkspaceAnswer(Answer):
    object: Literal["workspace"]
    id: str


class NewWorkspaceAnswer(WorkspaceAnswer):
    """key: of the workspace's administrator, shown this once."""

    key_id: str
    key: str


class KeyAnswer(Answer):
    object: Literal["key"]
    id: str
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    disabled_at: datetime | None
    last_used_at: datetime | None
    previous_secret_until: datetime | None
    models: list[str] | None
    addresses: list[str] | None
    memory: str | None
    contexts: list[str]
    memory_tool: str | None


class NewKeyAnswer(KeyAnswer):
    """key: with its secret, shown this once."""

    key: str


class LimitAnswer(Answer):
    object: Literal["limit"]
    id: str
    subject: SubjectKind
    subject_id: str
    metric: Metric
    amount: int
    per_s: int
    created_at: datetime


class BudgetAnswer(Answer):
    """amount, soft_limit: decimals as text."""

    object: Literal["budget"]
    id: str
    subject: SubjectKind
    subject_id: str
    unit: Unit
    amount: str
    period: Period
    time_zone: str
    soft_limit: str | None
    webhook_url: str | None
    created_at: datetime


class NewBudgetAnswer(BudgetAnswer):
    """webhook_secret: signs what is sent of the soft limit; shown this once."""

    webhook_secret: str = ""


class BalanceAnswer(Answer):
    subject_id: str
    spent: str
    reserved: str
    remaining: str


class StandingAnswer(BudgetAnswer):
    """resets_at: null where the budget never begins again."""

    resets_at: datetime | None
    counters: list[BalanceAnswer]


class PromptPolicyAnswer(Answer):
    object: Literal["prompt_policy"]
    enabled: bool
    on_for_keys: list[str]
    off_for_keys: list[str]
    keep_days: int


class PromptAnswer(Answer):
    object: Literal["prompt"]
    id: str
    request_id: str
    key_id: str
    agent: str | None
    session_id: str | None
    surface: str
    provider: str
    model: str
    status: int
    at: datetime
    request: str
    answer: str
    num_redacted: int


class PromptsErasedAnswer(Answer):
    object: Literal["prompts.erased"]
    num_prompts: int
