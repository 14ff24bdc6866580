"""Fields of administrators' bodies as they are documented. The rules themselves are in `access`;
formats name what a pattern cannot say: `decimal`, `ip-network`, `time-zone` and others."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import Field, WithJsonSchema

from agent_memory.access.budgets import Period, Unit
from agent_memory.access.key_rules import MAX_NAME_LENGTH
from agent_memory.access.limits import Metric
from agent_memory.access.principal import Scope
from agent_memory.access.rule_checks import MAX_AMOUNT, MAX_PER_S, OF_BUDGETS
from agent_memory.access.subject import SubjectKind
from agent_memory.api.schemas.context_names import MAX_ATTACHED, ContextNames


def _text(**rules: object) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", **rules})


def _list(items: Mapping[str, Any], **rules: object) -> WithJsonSchema:
    return WithJsonSchema({"type": "array", "items": dict(items), **rules})


def _pattern(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": pattern}


def _format(name: str) -> dict[str, Any]:
    return {"type": "string", "format": name}


WorkspaceId: TypeAlias = Annotated[str, _text(pattern="^[A-Za-z0-9._:-]{1,128}$")]
KeyName: TypeAlias = Annotated[
    str, _text(format="printable", minLength=1, maxLength=MAX_NAME_LENGTH)
]
Scopes: TypeAlias = Annotated[list[str], _list({"enum": [*Scope]}, minItems=1)]
ModelPatterns: TypeAlias = Annotated[list[str], _list(_pattern("^[!-~]{1,200}$"), maxItems=100)]
Networks: TypeAlias = Annotated[list[str], _list(_format("ip-network"), maxItems=100)]
MemoryWords: TypeAlias = Annotated[str, _text(format="agent-memory")]
StoreName: TypeAlias = Annotated[str, _text(format="memory-store")]
Contexts: TypeAlias = Annotated[ContextNames, _list(_format("context-name"), maxItems=MAX_ATTACHED)]
SubjectName: TypeAlias = Annotated[str, WithJsonSchema({"enum": [*SubjectKind]})]
BudgetSubjectName: TypeAlias = Annotated[str, WithJsonSchema({"enum": sorted(OF_BUDGETS)})]
SubjectId: TypeAlias = Annotated[str, _text(pattern="^[!-~]{1,128}$")]
MetricName: TypeAlias = Annotated[str, WithJsonSchema({"enum": [*Metric]})]
UnitName: TypeAlias = Annotated[str, WithJsonSchema({"enum": [*Unit]})]
PeriodName: TypeAlias = Annotated[str, WithJsonSchema({"enum": [*Period]})]
Count: TypeAlias = Annotated[
    int, WithJsonSchema({"type": "integer", "minimum": 0, "maximum": MAX_AMOUNT})
]
Seconds: TypeAlias = Annotated[
    int, WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MAX_PER_S})
]
Amount: TypeAlias = Annotated[
    str | int | float,
    WithJsonSchema(
        {
            "description": "A decimal with at most twelve decimals, as text or as a number.",
            "anyOf": [
                _format("decimal"),
                {"type": "number", "minimum": 0, "maximum": MAX_AMOUNT},
            ],
        }
    ),
]
TimeZone: TypeAlias = Annotated[str, _text(format="time-zone")]
WebhookUrl: TypeAlias = Annotated[str, _text(format="webhook-url", maxLength=2048)]
KeyIds: TypeAlias = Annotated[list[str], _list(_pattern("^[A-Za-z0-9]{1,128}$"), maxItems=1000)]
Days: TypeAlias = Annotated[int, Field(ge=1, le=3650)]
