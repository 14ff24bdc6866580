SELECT
    context_texts.text_no, contexts.key, contexts.lineage, contexts.version,
    CASE
        WHEN %(embedding)s::halfvec IS NULL OR embedding IS NULL THEN NULL
        ELSE 1 - (embedding <=> %(embedding)s::halfvec)
    END AS nearness
FROM context_texts
JOIN contexts USING (workspace_id, key, lineage, version)
JOIN context_versions USING (workspace_id, lineage, version)
LEFT JOIN context_vectors
    ON context_vectors.workspace_id = context_texts.workspace_id
    AND context_vectors.text_no = context_texts.text_no
    AND context_vectors.space_id = %(space_id)s::text
WHERE context_texts.workspace_id = %(workspace_id)s
    AND (context_texts.text_no = ANY (%(text_nos)s::bigint[]) OR embedding IS NOT NULL AND %(space_id)s::text IS NOT NULL)
    AND starts_with(contexts.key, %(prefix)s)
    AND contexts.tags @> %(tags)s::text[]
    AND (%(session_id)s::text IS NULL OR contexts.session_id = %(session_id)s)
    AND (%(agent_id)s::text IS NULL OR contexts.agent_id = %(agent_id)s)
    AND (%(since)s::timestamptz IS NULL OR context_versions.made_at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR context_versions.made_at < %(until)s)
    AND (contexts.expires_at IS NULL OR contexts.expires_at > now())
    AND context_versions.metadata @> %(metadata)s::jsonb
