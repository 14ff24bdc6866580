UPDATE context_versions SET
    body = '', size = 0, sha256 = NULL, encoding = 'plain', sealed_with = NULL, tags = '{}',
    metadata = '{}', redacted_at = coalesce(redacted_at, now()),
    redacted_by = coalesce(redacted_by, %(by)s)
WHERE workspace_id = %(workspace_id)s AND lineage = %(lineage)s AND version = %(version)s
    AND starts_with(key, %(prefix)s)
    AND NOT EXISTS (
        SELECT FROM contexts
        WHERE contexts.workspace_id = %(workspace_id)s AND contexts.lineage = %(lineage)s
            AND contexts.version = %(version)s
    )
RETURNING version
