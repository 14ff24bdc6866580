SELECT seq, op, cause, key, lineage, version, changed_at, changed_by, session_id, agent_id
FROM context_changes
WHERE workspace_id = %(workspace_id)s AND seq > %(after)s
ORDER BY seq
LIMIT %(limit)s
