SELECT key
FROM contexts
WHERE workspace_id = %(workspace_id)s AND expires_at <= %(now)s
ORDER BY expires_at
LIMIT %(limit)s
