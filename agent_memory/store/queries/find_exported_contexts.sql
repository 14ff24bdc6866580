SELECT
    v.lineage, v.version, v.key, v.cause, v.from_version, v.format, v.media_type, v.size, v.sha256,
    v.encoding, v.sealed_with, v.tags, v.metadata, v.session_id, v.agent_id, v.made_at, v.made_by,
    v.body,
    c.ttl_s, c.is_sliding, c.expires_at, c.keep_versions, c.created_at, c.created_by, c.num_reads,
    c.last_read_at
FROM unnest(%(lineages)s::text[], %(versions)s::bigint[])
    WITH ORDINALITY AS wanted (lineage, version, place)
JOIN context_versions AS v
    ON v.workspace_id = %(workspace_id)s AND v.lineage = wanted.lineage
    AND v.version = wanted.version
JOIN contexts AS c
    ON c.workspace_id = %(workspace_id)s AND c.key = v.key AND c.lineage = v.lineage
ORDER BY wanted.place
