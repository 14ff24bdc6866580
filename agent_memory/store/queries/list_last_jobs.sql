SELECT kind, max(created_at) AS queued_at
FROM jobs
WHERE workspace_id = %(workspace_id)s
GROUP BY kind
