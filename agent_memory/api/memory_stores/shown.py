"""Memories and their versions as Anthropic's clients read them."""

from agent_memory.contexts.context import Context, ReadContext, VersionInfo
from agent_memory.contexts.memory_stores.names import memory_id, path_of, version_id
from agent_memory.contexts.memory_stores.versions import MemoryVersion


def memory_json(
    store: str, prefix: str, context: Context, read: ReadContext | None = None, *, is_full: bool
) -> dict[str, object]:
    """read: with the content, where that is known; `is_full`: it is shown."""
    present = context.present
    address = present.address
    content = None if read is None or not is_full else _text(read.document.body)
    return {
        "type": "memory",
        "id": memory_id(address.lineage),
        "memory_store_id": store,
        "memory_version_id": version_id(address.lineage, address.version),
        "path": path_of(address.key, prefix),
        "content": content,
        "content_sha256": present.sha256 if read is None else read.document.sha256,
        "content_size_bytes": present.size,
        "created_at": context.created_at,
        "updated_at": present.made_at,
    }


def version_json(store: str, prefix: str, version: MemoryVersion) -> dict[str, object]:
    info = version.info
    address = info.address
    is_told = version.redacted_at is None
    has_content = is_told and not version.is_deletion
    number = None if version.is_deletion else address.version
    return {
        "type": "memory_version",
        "id": version_id(address.lineage, number),
        "memory_id": memory_id(address.lineage),
        "memory_store_id": store,
        "operation": version.operation,
        "path": path_of(address.key, prefix) if is_told else None,
        "content": None if version.content is None else _text(version.content),
        "content_sha256": info.sha256 if has_content else None,
        "content_size_bytes": info.size if has_content else None,
        "created_at": info.made_at,
        "created_by": _actor(info),
        "redacted_at": version.redacted_at,
        "redacted_by": None if version.redacted_by is None else _key(version.redacted_by),
    }


def _actor(info: VersionInfo) -> dict[str, object]:
    return _key(info.made_by)


def _key(key_id: str) -> dict[str, object]:
    return {"type": "api_actor", "api_key_id": key_id}


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")
