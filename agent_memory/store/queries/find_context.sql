SELECT
    v.lineage, v.version, v.key, v.cause, v.from_version, v.format, v.media_type, v.size, v.sha256,
    v.encoding, v.sealed_with, v.tags, v.metadata, v.session_id, v.agent_id, v.made_at, v.made_by,
    CASE
        WHEN %(with_body)s AND (octet_length(v.body) <= %(most_bytes)s OR v.sealed_with IS NOT NULL)
        THEN v.body
        ELSE ''::bytea
    END AS body,
    c.ttl_s, c.is_sliding, c.expires_at, c.keep_versions, c.created_at, c.created_by, c.num_reads,
    c.last_read_at
FROM contexts AS c
JOIN context_versions AS v
    ON v.workspace_id = c.workspace_id AND v.lineage = c.lineage AND v.version = c.version
WHERE c.workspace_id = %(workspace_id)s AND c.key = %(key)s
    AND (%(now)s::timestamptz IS NULL OR c.expires_at IS NULL OR c.expires_at > %(now)s)
