SELECT v.key, v.lineage, v.version, octet_length(v.body) AS num_bytes
FROM contexts AS c
JOIN context_versions AS v
    ON v.workspace_id = c.workspace_id AND v.lineage = c.lineage
    AND (%(with_versions)s OR v.version = c.version)
WHERE c.workspace_id = %(workspace_id)s
    AND c.key >= %(prefix)s AND c.key < %(prefix)s || chr(1114111)
    AND (%(after)s::text IS NULL OR (v.key, v.version) > (%(after)s, %(after_version)s::bigint))
    AND (c.expires_at IS NULL OR c.expires_at > %(now)s)
ORDER BY c.key, v.version
LIMIT %(limit)s
