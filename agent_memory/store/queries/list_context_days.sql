WITH written AS (
    SELECT changed_at::date AS day, count(*) FILTER (WHERE op <> 'deleted') AS num_writes,
        count(*) FILTER (WHERE op = 'deleted') AS num_deletes
    FROM context_changes
    WHERE workspace_id = %(workspace_id)s
        AND changed_at >= %(since)s
        AND (%(session_id)s::text IS NULL OR session_id = %(session_id)s)
        AND (%(agent_id)s::text IS NULL OR agent_id = %(agent_id)s)
    GROUP BY 1
), used AS (
    SELECT day, num_reads, num_misses
    FROM context_usage
    WHERE workspace_id = %(workspace_id)s AND day >= %(since)s::timestamptz::date
)
SELECT
    coalesce(written.day, used.day) AS day,
    coalesce(num_reads, 0) AS num_reads,
    coalesce(num_misses, 0) AS num_misses,
    coalesce(num_writes, 0) AS num_writes,
    coalesce(num_deletes, 0) AS num_deletes
FROM written FULL JOIN used ON used.day = written.day
ORDER BY 1
