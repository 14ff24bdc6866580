"""Ports of administrators: all that they need of the rest of the product."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from agent_memory.access.audit import AuditEntry, Verdict
from agent_memory.access.budgets import Balance, Budget, CounterKey, Period, SoftLimit, Unit
from agent_memory.access.key_bounds import KeyBounds
from agent_memory.access.key_defaults import KeyDefaults
from agent_memory.access.limits import Limit, Metric
from agent_memory.access.principal import ApiKeyRecord
from agent_memory.access.subject import Subject
from agent_memory.gateway.books import Rules
from agent_memory.gateway.prompt_log import PromptDesk
from agent_memory.gateway.usage_report import Ledger
from agent_memory.ids import KeyId, WorkspaceId
from agent_memory.pages import Page


class KeyDesk(Protocol):
    """The keys of a workspace. actor: who changes them. Unknown ids raise `NotFound`."""

    async def create_key(
        self,
        workspace_id: WorkspaceId,
        name: str,
        scopes: Iterable[str],
        expires_at: datetime | None = None,
        memory: str | None = None,
        bounds: KeyBounds = KeyBounds(),  # noqa: B008  frozen value
        actor: str = "cli",
        defaults: KeyDefaults = KeyDefaults(),  # noqa: B008  frozen value
    ) -> tuple[ApiKeyRecord, str]: ...

    async def list_keys(self, workspace_id: WorkspaceId) -> Sequence[ApiKeyRecord]: ...

    async def get_key(self, workspace_id: WorkspaceId, key_id: KeyId) -> ApiKeyRecord: ...

    async def change_key(
        self,
        workspace_id: WorkspaceId,
        key_id: KeyId,
        change: Callable[[ApiKeyRecord], ApiKeyRecord],
        actor: str = "cli",
    ) -> ApiKeyRecord: ...

    async def rotate_key(
        self, workspace_id: WorkspaceId, key_id: KeyId, overlap: timedelta, actor: str = "cli"
    ) -> tuple[ApiKeyRecord, str]: ...

    async def revoke_key(
        self, workspace_id: WorkspaceId, key_id: KeyId, actor: str = "cli"
    ) -> ApiKeyRecord: ...


class RuleDesk(Protocol):
    """The limits and budgets of a workspace."""

    async def rules(self, workspace: WorkspaceId) -> Rules: ...

    async def put_limit(
        self,
        workspace: WorkspaceId,
        subject: Subject,
        metric: Metric,
        amount: int,
        per_s: int,
        actor: str,
    ) -> Limit: ...

    async def delete_limit(self, workspace: WorkspaceId, limit_id: str, actor: str) -> Limit: ...

    async def put_budget(
        self,
        workspace: WorkspaceId,
        subject: Subject,
        unit: Unit,
        amount: Decimal,
        period: Period,
        time_zone: str,
        actor: str,
        soft: SoftLimit | None = None,
    ) -> Budget: ...

    async def delete_budget(self, workspace: WorkspaceId, budget_id: str, actor: str) -> Budget: ...

    async def balances(
        self,
        workspace: WorkspaceId,
        budgets: Sequence[Budget],
        now: datetime,
        subject_ids: Sequence[str] | None = None,
    ) -> dict[CounterKey, Balance]: ...


class AuditDesk(Protocol):
    """The audit log of a workspace."""

    async def list(
        self, workspace: WorkspaceId, cursor: str | None, limit: int
    ) -> Page[AuditEntry]: ...

    async def verify(self, workspace: WorkspaceId) -> Verdict: ...


class WorkspaceDesk(Protocol):
    """All workspaces of the server."""

    async def create_workspace(self, workspace_id: WorkspaceId, actor: str) -> None:
        """`Conflict` when it exists; `InvalidRequest` for an id that may not be."""
        ...

    async def list_workspaces(self) -> Sequence[WorkspaceId]: ...


@dataclass(frozen=True, slots=True)
class Administration:
    """The desks of administrators."""

    keys: KeyDesk
    rules: RuleDesk
    ledger: Ledger
    audit: AuditDesk
    workspaces: WorkspaceDesk
    prompts: PromptDesk
