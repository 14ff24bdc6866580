"""Bodies of the routes for administrators. Amounts of money are decimals as text, or numbers."""

from pydantic import ConfigDict, Field

from agent_memory.access.prompt_policy import DEFAULT_KEEP_DAYS
from agent_memory.api.schemas import admin_words as words
from agent_memory.api.schemas.body import Body
from agent_memory.api.schemas.moments import IsoMoment

_MAX_OVERLAP_S = 30 * 86_400


class CreateWorkspaceBody(Body):
    id: words.WorkspaceId


class CreateKeyBody(Body):
    """scopes: inference, sessions, memory and contexts by default."""

    name: words.KeyName
    scopes: words.Scopes = Field(
        default_factory=lambda: ["inference", "sessions", "memory", "contexts"]
    )
    expires_at: IsoMoment | None = Field(None, strict=False)
    memory: words.MemoryWords | None = None
    models: words.ModelPatterns | None = None
    addresses: words.Networks | None = None
    contexts: words.Contexts | None = None
    memory_tool: words.StoreName | None = None


class ChangeKeyBody(Body):
    """Only the fields that are sent change; null takes a bound or an expiry away."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    name: words.KeyName = ""
    scopes: words.Scopes = Field(default_factory=list)
    expires_at: IsoMoment | None = Field(None, strict=False)
    models: words.ModelPatterns | None = None
    addresses: words.Networks | None = None
    contexts: words.Contexts | None = None
    memory_tool: words.StoreName | None = None
    disabled: bool = False


class RotateKeyBody(Body):
    """overlap_s: for so long the old secret opens too."""

    overlap_s: int = Field(0, ge=0, le=_MAX_OVERLAP_S)


class PutLimitBody(Body):
    """subject_id: `*`, or none, is each subject of the kind for itself."""

    subject: words.SubjectName
    subject_id: words.SubjectId | None = None
    metric: words.MetricName
    amount: words.Count
    per_s: words.Seconds = 60


class PutBudgetBody(Body):
    """subject_id: `*`, or none, is each subject of the kind for itself. soft_limit: when so much is
    spent, `webhook_url` is told; both or neither."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {
                    "properties": {
                        "soft_limit": {"type": "null"},
                        "webhook_url": {"type": "null"},
                    }
                },
                {
                    "properties": {
                        "soft_limit": {"type": ["string", "number"]},
                        "webhook_url": {"type": "string"},
                    },
                    "required": ["soft_limit", "webhook_url"],
                },
            ]
        }
    )

    subject: words.BudgetSubjectName
    subject_id: words.SubjectId | None = None
    unit: words.UnitName
    amount: words.Amount
    period: words.PeriodName
    time_zone: words.TimeZone = "UTC"
    soft_limit: words.Amount | None = None
    webhook_url: words.WebhookUrl | None = None


class PromptPolicyBody(Body):
    """enabled: for keys that are in neither list."""

    enabled: bool
    on_for_keys: words.KeyIds = Field(default_factory=list)
    off_for_keys: words.KeyIds = Field(default_factory=list)
    keep_days: words.Days = DEFAULT_KEEP_DAYS
