SELECT contexts.key, contexts.lineage, contexts.version, context_versions.made_at AS changed_at
FROM contexts JOIN context_versions USING (workspace_id, lineage, version)
WHERE contexts.workspace_id = %(workspace_id)s
    AND (
        contexts.key = ANY(%(keys)s::text[])
        OR EXISTS (
            SELECT FROM unnest(%(prefixes)s::text[]) AS prefix
            WHERE starts_with(contexts.key, prefix)
        )
    )
    AND (contexts.expires_at IS NULL OR contexts.expires_at > now())
ORDER BY contexts.key
