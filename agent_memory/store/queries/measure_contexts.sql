WITH live AS (
    SELECT c.key, c.session_id, c.agent_id, c.num_reads, c.created_at, v.made_at,
        v.sealed_with IS NOT NULL AS is_sealed
    FROM contexts AS c
    JOIN context_versions AS v
        ON v.workspace_id = c.workspace_id AND v.lineage = c.lineage AND v.version = c.version
    WHERE c.workspace_id = %(workspace_id)s
        AND (c.expires_at IS NULL OR c.expires_at > %(now)s)
        AND (%(session_id)s::text IS NULL OR c.session_id = %(session_id)s)
        AND (%(agent_id)s::text IS NULL OR c.agent_id = %(agent_id)s)
)
SELECT
    count(*) AS num_contexts,
    count(DISTINCT session_id) AS num_sessions,
    count(DISTINCT agent_id) AS num_agents,
    count(*) FILTER (WHERE is_sealed) AS num_sealed,
    coalesce(sum(num_reads), 0)::bigint AS num_reads,
    min(created_at) AS first_created_at,
    max(made_at) AS last_updated_at,
    (
        SELECT count(*) FROM context_versions
        WHERE workspace_id = %(workspace_id)s AND retired_at IS NULL
            AND key IN (SELECT key FROM live)
    ) AS num_versions,
    (
        SELECT coalesce(sum(size), 0)::bigint FROM context_versions
        WHERE workspace_id = %(workspace_id)s AND retired_at IS NULL
            AND key IN (SELECT key FROM live)
    ) AS num_bytes,
    (
        SELECT coalesce(sum(octet_length(body)), 0)::bigint FROM context_versions
        WHERE workspace_id = %(workspace_id)s AND retired_at IS NULL
            AND key IN (SELECT key FROM live)
    ) AS num_stored_bytes
FROM live
