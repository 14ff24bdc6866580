"""Examples of what the routes of contexts answer, for the OpenAPI document."""

from collections.abc import Mapping

_HASH = "b8a5ca0e4a4d3a2d2a7e4f0d0c5b7f6d5a2c7c2f1b0a9e8d7c6b5a4938271605"
VERSION: Mapping[str, object] = {
    "key": "team/plan",
    "version": 7,
    "lineage": "life_5e0c77aa5e0c77aa5e0c77aa",
    "etag": '"life_5e0c77aa5e0c77aa5e0c77aa.7"',
    "sha256": _HASH,
    "size": 19,
    "format": "json",
    "media_type": "application/json",
    "encrypted": False,
    "tags": ["release"],
    "metadata": {},
    "session_id": None,
    "agent_id": "planner",
    "cause": "put",
    "from_version": None,
    "updated_at": "2026-01-01T09:00:00+00:00",
    "updated_by": "key_3f9c",
}
LISTED: Mapping[str, object] = {
    **VERSION,
    "created_at": "2025-12-31T09:00:00+00:00",
    "created_by": "key_3f9c",
    "ttl_s": 86400,
    "sliding": False,
    "expires_at": "2026-01-02T09:00:00+00:00",
    "keep_versions": None,
    "num_reads": 12,
    "last_read_at": "2026-01-01T09:30:00+00:00",
}
CONTEXT: Mapping[str, object] = {**LISTED, "data": {"goal": "ship 1.0"}}
CONTEXT_PAGE: Mapping[str, object] = {"data": [LISTED], "next_cursor": None}
VERSIONS: Mapping[str, object] = {"data": [VERSION], "next_cursor": None}
RECEIPT: Mapping[str, object] = {
    "key": "team/plan",
    "version": 7,
    "lineage": "life_5e0c77aa5e0c77aa5e0c77aa",
    "etag": '"life_5e0c77aa5e0c77aa5e0c77aa.7"',
    "sha256": _HASH,
    "size": 19,
    "encrypted": False,
    "change": "updated",
    "seq": 41,
    "updated_at": "2026-01-01T09:00:00+00:00",
    "updated_by": "key_3f9c",
    "expires_at": "2026-01-02T09:00:00+00:00",
}
DELETED: Mapping[str, object] = {"deleted": 2, "keys": ["team/a", "team/b"]}
DIFF: Mapping[str, object] = {
    "key": "team/plan",
    "from": 6,
    "to": 7,
    "same": False,
    "format": "json-patch",
    "diff": [{"op": "replace", "path": "/goal", "value": "ship 1.0"}],
}
POLICY: Mapping[str, object] = {
    "default_ttl_s": None,
    "longest_ttl_s": 2592000,
    "keep_versions": 10,
}
