"""The outcome of a write, as its writer hears of it."""

from dataclasses import dataclass, replace
from datetime import datetime

import orjson

from agent_memory.contexts.change import Change, ChangeOp
from agent_memory.contexts.context import VersionInfo
from agent_memory.ids import ContextKey, Lineage


@dataclass(frozen=True, slots=True)
class Receipt:
    """seq: of the change in the workspace's feed. sha256: None of a deletion, and where the content
    is sealed and the writer did not send it with this very call."""

    op: ChangeOp
    seq: int
    key: ContextKey
    lineage: Lineage
    version: int
    size: int
    sha256: str | None
    is_sealed: bool
    at: datetime
    by: str
    expires_at: datetime | None = None

    @property
    def etag(self) -> str:
        return f'"{self.lineage}.{self.version}"'

    @classmethod
    def of(cls, change: Change, version: VersionInfo, expires_at: datetime | None) -> "Receipt":
        return cls(
            op=change.op,
            seq=change.seq,
            key=change.key,
            lineage=change.lineage,
            version=change.version,
            size=version.size,
            sha256=version.sha256,
            is_sealed=version.is_sealed,
            at=change.changed_at,
            by=change.changed_by,
            expires_at=expires_at,
        )

    def knowing(self, sha256: str) -> "Receipt":
        """The same for a writer who holds the content."""
        return replace(self, sha256=sha256)


def encode_receipt(receipt: Receipt) -> str:
    """As JSON; of what is sealed it has no hash."""
    return orjson.dumps(replace(receipt, sha256=None) if receipt.is_sealed else receipt).decode()


def decode_receipt(text: str) -> Receipt:
    """The receipt that was encoded."""
    values = orjson.loads(text)
    expires_at = values["expires_at"]
    return Receipt(
        **{
            **values,
            "op": ChangeOp(values["op"]),
            "at": datetime.fromisoformat(values["at"]),
            "expires_at": None if expires_at is None else datetime.fromisoformat(expires_at),
        }
    )
