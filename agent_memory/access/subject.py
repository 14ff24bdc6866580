"""Whom a limit or a budget is about."""

from dataclasses import dataclass
from enum import StrEnum

from agent_memory.ids import KeyId, WorkspaceId

EACH = "*"
"""In place of an id: every subject of the kind, each for itself."""


class SubjectKind(StrEnum):
    WORKSPACE = "workspace"
    KEY = "key"
    AGENT = "agent"
    SESSION = "session"
    ADDRESS = "address"
    """The client's address on the network."""
    PROVIDER = "provider"
    """Where the model runs: `local`, or the name of an upstream."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One subject by its id, or `EACH` of its kind. A workspace needs no id: it is the caller's."""

    kind: SubjectKind
    id: str = EACH


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and for what. agent: as the client names it; session: None until it is known."""

    workspace_id: WorkspaceId
    key_id: KeyId
    address: str | None = None
    agent: str | None = None
    session: str | None = None
    provider: str = "local"
    model: str = ""

    def name_of(self, kind: SubjectKind) -> str | None:
        """The id of this caller's subject of that kind; None where it has none."""
        match kind:
            case SubjectKind.WORKSPACE:
                return self.workspace_id
            case SubjectKind.KEY:
                return self.key_id
            case SubjectKind.AGENT:
                return self.agent
            case SubjectKind.SESSION:
                return self.session
            case SubjectKind.ADDRESS:
                return self.address
            case SubjectKind.PROVIDER:
                return self.provider

    def counted_as(self, subject: Subject) -> str | None:
        """The id under which `subject` counts this caller; None where it is somebody else."""
        name = self.name_of(subject.kind)
        is_meant = subject.kind is SubjectKind.WORKSPACE or subject.id in (EACH, name)
        return name if is_meant else None
