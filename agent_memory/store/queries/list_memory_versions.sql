SELECT *
FROM (
    SELECT
        lineage, version, key, cause, from_version, format, media_type, size, sha256, encoding,
        sealed_with, tags, metadata, session_id, agent_id, made_at, made_by,
        CASE WHEN %(with_body)s THEN body ELSE ''::bytea END AS body,
        redacted_at, redacted_by, false AS is_deletion
    FROM context_versions
    WHERE workspace_id = %(workspace_id)s AND starts_with(key, %(prefix)s)
    UNION ALL
    SELECT
        lineage, version, key, cause, NULL, 'text', '', 0, NULL, 'plain', NULL, '{}', '{}',
        session_id, agent_id, changed_at, changed_by, '', NULL, NULL, true
    FROM context_changes
    WHERE workspace_id = %(workspace_id)s AND starts_with(key, %(prefix)s) AND op = 'deleted'
        AND cause NOT IN ('erase', 'move')
) AS memory_versions
WHERE (%(lineage)s::text IS NULL OR lineage = %(lineage)s)
    AND (%(version)s::bigint IS NULL OR version = %(version)s)
    AND (%(is_deletion)s::boolean IS NULL OR is_deletion = %(is_deletion)s)
    AND (%(made_by)s::text IS NULL OR made_by = %(made_by)s)
    AND (%(session_id)s::text IS NULL OR session_id = %(session_id)s)
    AND (%(operation)s::text IS NULL OR %(operation)s = CASE
        WHEN is_deletion THEN 'deleted'
        WHEN version = 1 THEN 'created'
        ELSE 'modified'
    END)
    AND (%(since)s::timestamptz IS NULL OR made_at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR made_at <= %(until)s)
    AND (
        %(before_at)s::timestamptz IS NULL
        OR (made_at, lineage, version, is_deletion)
            < (%(before_at)s, %(before_lineage)s, %(before_version)s, %(before_deletion)s)
    )
ORDER BY made_at DESC, lineage DESC, version DESC, is_deletion DESC
LIMIT %(limit)s
