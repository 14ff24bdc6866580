SELECT key, num_reads
FROM contexts
WHERE workspace_id = %(workspace_id)s AND num_reads > 0
    AND (expires_at IS NULL OR expires_at > %(now)s)
    AND (%(session_id)s::text IS NULL OR session_id = %(session_id)s)
    AND (%(agent_id)s::text IS NULL OR agent_id = %(agent_id)s)
ORDER BY num_reads DESC, key
LIMIT %(limit)s
