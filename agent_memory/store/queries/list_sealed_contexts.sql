SELECT
    lineage, version, key, cause, from_version, format, media_type, size, sha256, encoding,
    sealed_with, tags, metadata, session_id, agent_id, made_at, made_by, body
FROM context_versions
WHERE workspace_id = %(workspace_id)s AND sealed_with IS NOT NULL
    AND sealed_with <> %(other_than)s
ORDER BY lineage, version
LIMIT %(limit)s
