"""What the server answers of contexts, as values. Times are ISO 8601 with their zone."""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ContextInfo:
    """A context, or one version of it, without its content. size: in bytes. expires_at: None where
    it lives until it is deleted. raw: all that was sent."""

    key: str
    version: int
    etag: str
    format: str
    media_type: str
    size: int
    is_encrypted: bool
    tags: tuple[str, ...]
    metadata: Json
    updated_at: str
    updated_by: str
    expires_at: str | None = None
    raw: Json = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Context:
    """data: a value of JSON, a text, or bytes, as it was put."""

    info: ContextInfo
    data: Any

    @property
    def version(self) -> int:
        return self.info.version


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was written. change: stored (it is new), updated or deleted."""

    key: str
    version: int
    etag: str
    change: str
    size: int
    updated_at: str
    expires_at: str | None


@dataclass(frozen=True, slots=True)
class ContextPage:
    """Some contexts or versions. next_cursor: of the page after it; None on the last."""

    items: tuple[ContextInfo, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ContextHit:
    """A context that a search found, and the words of it that did."""

    info: ContextInfo
    score: float
    snippet: str


@dataclass(frozen=True, slots=True)
class ContextDiff:
    """diff: operations of a JSON Patch, or a unified diff, by `format`."""

    key: str
    before: int
    after: int
    is_same: bool
    format: str
    diff: Any


@dataclass(frozen=True, slots=True)
class BatchDone:
    """One result for each operation; each has its `status`."""

    num_completed: int
    num_failed: int
    results: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class ContextChange:
    """Something happened to a context. change: stored, updated or deleted. sequence: numbers of a
    workspace grow by one."""

    key: str
    version: int
    change: str
    sequence: int
    changed_at: str
    changed_by: str


@dataclass(frozen=True, slots=True)
class ContextsReset:
    """What came between is not known any more: these are the contexts as they stand."""

    versions: Mapping[str, int]
    sequence: int


@dataclass(frozen=True, slots=True)
class ContextsImported:
    num_contexts: int
    num_versions: int
    num_skipped: int
    num_expired: int


WatchEvent = ContextChange | ContextsReset


def read_info(sent: Json) -> ContextInfo:
    return ContextInfo(
        sent["key"],
        sent["version"],
        sent["etag"],
        sent["format"],
        sent["media_type"],
        sent["size"],
        sent["encrypted"],
        tuple(sent["tags"]),
        sent["metadata"],
        sent["updated_at"],
        sent["updated_by"],
        sent.get("expires_at"),
        {name: value for name, value in sent.items() if name != "data"},
    )


def read_context(sent: Json) -> Context:
    data = sent["data"]
    return Context(read_info(sent), b64decode(data) if sent["format"] == "bytes" else data)


def read_receipt(sent: Json) -> Receipt:
    return Receipt(
        sent["key"],
        sent["version"],
        sent["etag"],
        sent["change"],
        sent["size"],
        sent["updated_at"],
        sent["expires_at"],
    )


def read_page(sent: Json) -> ContextPage:
    return ContextPage(tuple(map(read_info, sent["data"])), sent["next_cursor"])


def read_hit(sent: Json) -> ContextHit:
    return ContextHit(read_info(sent), sent["score"], sent["snippet"])


def read_diff(sent: Json) -> ContextDiff:
    return ContextDiff(
        sent["key"], sent["from"], sent["to"], sent["same"], sent["format"], sent["diff"]
    )


def read_batch(sent: Json) -> BatchDone:
    return BatchDone(sent["completed"], sent["failed"], tuple(sent["results"]))


def read_change(name: str, sent: Json) -> ContextChange:
    return ContextChange(
        sent["key"],
        sent["version"],
        name.removeprefix("context-"),
        sent["sequence"],
        sent["timestamp"],
        sent["by"],
    )


def read_imported(sent: Json) -> ContextsImported:
    return ContextsImported(sent["imported"], sent["versions"], sent["skipped"], sent["expired"])
