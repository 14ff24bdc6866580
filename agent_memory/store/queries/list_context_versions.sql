SELECT
    lineage, version, key, cause, from_version, format, media_type, size, sha256, encoding,
    sealed_with, tags, metadata, session_id, agent_id, made_at, made_by, ''::bytea AS body
FROM context_versions
WHERE workspace_id = %(workspace_id)s AND lineage = %(lineage)s
    AND (%(before)s::bigint IS NULL OR version < %(before)s)
ORDER BY version DESC
LIMIT %(limit)s
