"""Bodies of the routes for administrators. Amounts of money are decimals as text, or numbers."""

from datetime import datetime

from pydantic import Field

from agent_memory.access.prompt_policy import DEFAULT_KEEP_DAYS
from agent_memory.api.schemas.body import Body
from agent_memory.api.schemas.context_names import ContextNames

_MAX_OVERLAP_S = 30 * 86_400


class CreateWorkspaceBody(Body):
    id: str


class CreateKeyBody(Body):
    """scopes: inference, sessions, memory and contexts by default."""

    name: str
    scopes: list[str] = Field(
        default_factory=lambda: ["inference", "sessions", "memory", "contexts"]
    )
    expires_at: datetime | None = Field(None, strict=False)
    memory: str | None = None
    models: list[str] | None = None
    addresses: list[str] | None = None
    contexts: ContextNames | None = None
    memory_tool: str | None = None


class ChangeKeyBody(Body):
    """Only the fields that are sent change; null takes a bound or an expiry away."""

    name: str = ""
    scopes: list[str] = Field(default_factory=list)
    expires_at: datetime | None = Field(None, strict=False)
    models: list[str] | None = None
    addresses: list[str] | None = None
    contexts: ContextNames | None = None
    memory_tool: str | None = None
    disabled: bool = False


class RotateKeyBody(Body):
    """overlap_s: for so long the old secret opens too."""

    overlap_s: int = Field(0, ge=0, le=_MAX_OVERLAP_S)


class PutLimitBody(Body):
    """subject_id: `*`, or none, is each subject of the kind for itself."""

    subject: str
    subject_id: str | None = None
    metric: str
    amount: int
    per_s: int = 60


class PutBudgetBody(Body):
    """subject_id: `*`, or none, is each subject of the kind for itself. soft_limit: when so much is
    spent, `webhook_url` is told; both or neither."""

    subject: str
    subject_id: str | None = None
    unit: str
    amount: str | int | float
    period: str
    time_zone: str = "UTC"
    soft_limit: str | int | float | None = None
    webhook_url: str | None = None


class PromptPolicyBody(Body):
    """enabled: for keys that are in neither list."""

    enabled: bool
    on_for_keys: list[str] = Field(default_factory=list)
    off_for_keys: list[str] = Field(default_factory=list)
    keep_days: int = DEFAULT_KEEP_DAYS
