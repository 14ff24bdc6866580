"""The sender of a request, as far as the product knows it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from agent_memory.access.key_bounds import KeyBounds
from agent_memory.access.key_defaults import KeyDefaults
from agent_memory.errors import PermissionDenied
from agent_memory.ids import KeyId, WorkspaceId


class Scope(StrEnum):
    INFERENCE = "inference"
    """Model APIs and agents."""
    SESSIONS = "sessions"
    """List, read and delete sessions."""
    MEMORY = "memory"
    """Remember, recall, read and delete memories."""
    CONTEXTS = "contexts"
    """Read, write and delete shared documents."""
    ADMIN = "admin"
    """Everything of the workspace."""
    OPERATOR = "operator"
    """The machine, which all workspaces share: its models, metrics and schedule; no more."""


ALL_SCOPES = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class Principal:
    """The holder of a valid key. memory: what its turns ask of memory when they do not say, in the
    words of the header `X-Agent-Memory`. bounds: which models it may use, and from where.
    defaults: what its turns do besides when they do not say."""

    key_id: KeyId
    workspace_id: WorkspaceId
    scopes: frozenset[Scope]
    memory: str | None = None
    bounds: KeyBounds = KeyBounds()  # noqa: RUF009  frozen value
    defaults: KeyDefaults = KeyDefaults()  # noqa: RUF009  frozen value

    def has(self, scope: Scope) -> bool:
        """Whether the key has `scope`: by name, or as admin where it is one of the workspace."""
        is_of_workspace = scope is not Scope.OPERATOR
        return scope in self.scopes or (is_of_workspace and Scope.ADMIN in self.scopes)

    def require(self, scope: Scope) -> None:
        """Raise `PermissionDenied` unless the key has `scope`."""
        if not self.has(scope):
            raise PermissionDenied(scope.value)


@dataclass(frozen=True, slots=True)
class ApiKeyRecord:
    """An API key as it may be shown: never its secret. previous_until: until when the secret before
    the last rotation opens too."""

    key_id: KeyId
    workspace_id: WorkspaceId
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    memory: str | None = None
    bounds: KeyBounds = KeyBounds()  # noqa: RUF009  frozen value
    disabled_at: datetime | None = None
    previous_until: datetime | None = None
    defaults: KeyDefaults = KeyDefaults()  # noqa: RUF009  frozen value
